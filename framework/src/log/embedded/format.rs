//! The bytes of the embedded log: encoding and decoding of headers, frames, snapshots and the epoch file.
//!
//! Does no I/O. Everything is little endian. See the parent module for the layout.

use crate::log::{Epoch, Position};

/// The newest version of each of the formats here.
pub(super) const VERSION: u32 = 1;
/// Bytes before the first frame of a segment: one sector, so that no frame is written to the header's sector.
pub(super) const SEGMENT_HEADER: usize = 512;
/// Bytes of a frame before its payload.
pub(super) const FRAME_HEADER: usize = 48;
/// Zero bytes behind the last frame.
pub(super) const TERMINATOR: usize = 8;
/// Bytes of a snapshot before the state.
pub(super) const SNAPSHOT_HEADER: usize = 48;
/// Bytes of the epoch file.
pub(super) const EPOCH_FILE: usize = 40;

const SEGMENT_MAGIC: &[u8; 8] = b"DYELOG\r\n";
const SNAPSHOT_MAGIC: &[u8; 8] = b"DYESNAP\n";
const EPOCH_MAGIC: &[u8; 8] = b"DYEPOCH\n";
/// The first bytes of each frame.
pub(super) const FRAME_MAGIC: [u8; 4] = *b"DYFR";

const GROUP: u16 = 1;
const SEAL: u16 = 2;

/// Why a header is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// Its version is unknown, while its checksum holds.
    Version(u32),
    /// It is damaged.
    Damaged(&'static str),
}

/// What the header of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) number: u64,
    /// Position of the first batch.
    pub(super) base: Position,
    /// Bytes of the file.
    pub(super) size: u64,
    /// Goes into each checksum of the segment, so that no bytes from elsewhere look like a frame.
    pub(super) salt: u64,
    pub(super) epoch: Epoch,
}

impl SegmentHeader {
    /// The header and the terminator behind it.
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER + TERMINATOR] {
        let mut out = [0; SEGMENT_HEADER + TERMINATOR];
        out[..8].copy_from_slice(SEGMENT_MAGIC);
        put_u32(&mut out, 8, VERSION);
        put_u64(&mut out, 16, self.number);
        put_u64(&mut out, 24, self.base.0);
        put_u64(&mut out, 32, self.size);
        put_u64(&mut out, 40, self.salt);
        put_u64(&mut out, 48, self.epoch.0);
        let crc = crc32c::crc32c(&out[..60]);
        put_u32(&mut out, 60, crc);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        check(bytes, SEGMENT_MAGIC, SEGMENT_HEADER, 60)?;
        Ok(Self {
            number: get_u64(bytes, 16),
            base: Position(get_u64(bytes, 24)),
            size: get_u64(bytes, 32),
            salt: get_u64(bytes, 40),
            epoch: Epoch(get_u64(bytes, 48)),
        })
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Batches that were written together.
    Group,
    /// The end of a full segment; the next segment exists.
    Seal,
}

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) kind: FrameKind,
    /// Bytes of the payload, without padding.
    pub(super) payload: u32,
    pub(super) epoch: Epoch,
    /// Position of the first batch; of a seal, the position after the last batch of the segment.
    pub(super) first: Position,
    /// How many batches.
    pub(super) batches: u32,
    payload_crc: u32,
}

impl FrameHeader {
    /// Bytes from the beginning of this frame to that of the next.
    pub(super) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER as u64 + padded(self.payload as usize) as u64
    }

    /// Decodes the header of a frame of the given segment; an error says what does not fit.
    pub(super) fn decode(bytes: &[u8], segment: &SegmentHeader) -> Result<Self, &'static str> {
        if bytes.len() < FRAME_HEADER {
            return Err("the file ends within the header of a frame");
        }
        if bytes[..4] != FRAME_MAGIC {
            return Err("no frame begins here");
        }
        if get_u32(bytes, 44) != salted(segment.salt, &bytes[..44]) {
            return Err("the checksum of the frame's header does not match");
        }
        if get_u64(bytes, 16) != segment.number {
            return Err("the frame belongs to another segment");
        }
        let kind = match u16::from_le_bytes([bytes[12], bytes[13]]) {
            GROUP => FrameKind::Group,
            SEAL => FrameKind::Seal,
            _ => return Err("the frame is of an unknown kind"),
        };
        Ok(Self {
            kind,
            payload: get_u32(bytes, 8),
            epoch: Epoch(get_u64(bytes, 24)),
            first: Position(get_u64(bytes, 32)),
            batches: get_u32(bytes, 40),
            payload_crc: get_u32(bytes, 4),
        })
    }

    /// Checks the payload against the header: its checksum, and that the batches fill it.
    pub(super) fn check_payload(&self, payload: &[u8], segment: &SegmentHeader) -> Result<(), &'static str> {
        if salted(segment.salt, payload) != self.payload_crc {
            return Err("the checksum of the frame's payload does not match");
        }
        let mut rest = payload;
        for _ in 0..self.batches {
            match split_batch(rest) {
                Some((_, behind)) => rest = behind,
                None => return Err("a batch reaches past the end of its frame"),
            }
        }
        if rest.is_empty() { Ok(()) } else { Err("the frame holds more than its batches") }
    }
}

/// The first batch of a payload, and what is behind it.
pub(super) fn split_batch(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = payload.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*len) as usize)
}

/// Payload bytes that a batch takes.
pub(super) fn batch_bytes(len: usize) -> usize {
    len + 4
}

/// Bytes of a frame with this payload, header and padding included.
pub(super) fn frame_bytes(payload: usize) -> usize {
    FRAME_HEADER + padded(payload)
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// Encodes a group and the terminator behind it into `out`, which is cleared before.
pub(super) fn encode_group<'a>(
    out: &mut Vec<u8>,
    segment: &SegmentHeader,
    epoch: Epoch,
    first: Position,
    batches: impl Iterator<Item = &'a [u8]>,
) {
    out.clear();
    out.resize(FRAME_HEADER, 0);
    let mut count = 0;
    for batch in batches {
        // Sizes fit: a batch is limited to MAX_BATCH_BYTES, and a group to little more.
        out.extend_from_slice(&(batch.len() as u32).to_le_bytes());
        out.extend_from_slice(batch);
        count += 1;
    }
    finish_frame(out, segment, GROUP, epoch, first, count);
    out.resize(out.len() + TERMINATOR, 0);
}

/// Encodes a seal.
pub(super) fn encode_seal(segment: &SegmentHeader, epoch: Epoch, end: Position) -> Vec<u8> {
    let mut out = vec![0; FRAME_HEADER];
    finish_frame(&mut out, segment, SEAL, epoch, end, 0);
    out
}

fn finish_frame(
    out: &mut Vec<u8>,
    segment: &SegmentHeader,
    kind: u16,
    epoch: Epoch,
    first: Position,
    batches: u32,
) {
    let payload = out.len() - FRAME_HEADER;
    let crc = salted(segment.salt, &out[FRAME_HEADER..]);
    out[..4].copy_from_slice(&FRAME_MAGIC);
    put_u32(out, 4, crc);
    put_u32(out, 8, payload as u32);
    out[12..14].copy_from_slice(&kind.to_le_bytes());
    put_u64(out, 16, segment.number);
    put_u64(out, 24, epoch.0);
    put_u64(out, 32, first.0);
    put_u32(out, 40, batches);
    let crc = salted(segment.salt, &out[..44]);
    put_u32(out, 44, crc);
    out.resize(FRAME_HEADER + padded(payload), 0);
}

/// What the header of a snapshot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SnapshotHeader {
    pub(super) at: Position,
    /// Bytes of the state.
    pub(super) bytes: u64,
    /// crc32c of the state.
    pub(super) crc: u32,
}

impl SnapshotHeader {
    pub(super) fn encode(&self) -> [u8; SNAPSHOT_HEADER] {
        let mut out = [0; SNAPSHOT_HEADER];
        out[..8].copy_from_slice(SNAPSHOT_MAGIC);
        put_u32(&mut out, 8, VERSION);
        put_u64(&mut out, 16, self.at.0);
        put_u64(&mut out, 24, self.bytes);
        put_u32(&mut out, 32, self.crc);
        let crc = crc32c::crc32c(&out[..44]);
        put_u32(&mut out, 44, crc);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        check(bytes, SNAPSHOT_MAGIC, SNAPSHOT_HEADER, 44)?;
        Ok(Self { at: Position(get_u64(bytes, 16)), bytes: get_u64(bytes, 24), crc: get_u32(bytes, 32) })
    }
}

/// What the epoch file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EpochFile {
    pub(super) epoch: Epoch,
    /// The end of the log when this epoch began: a log that ends before it has lost something.
    pub(super) reached: Position,
}

impl EpochFile {
    pub(super) fn encode(&self) -> [u8; EPOCH_FILE] {
        let mut out = [0; EPOCH_FILE];
        out[..8].copy_from_slice(EPOCH_MAGIC);
        put_u32(&mut out, 8, VERSION);
        put_u64(&mut out, 16, self.epoch.0);
        put_u64(&mut out, 24, self.reached.0);
        let crc = crc32c::crc32c(&out[..36]);
        put_u32(&mut out, 36, crc);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        check(bytes, EPOCH_MAGIC, EPOCH_FILE, 36)?;
        Ok(Self { epoch: Epoch(get_u64(bytes, 16)), reached: Position(get_u64(bytes, 24)) })
    }
}

/// Checks length, magic, checksum (stored at `crc_at`) and version, in this order.
fn check(bytes: &[u8], magic: &[u8; 8], len: usize, crc_at: usize) -> Result<(), BadHeader> {
    if bytes.len() < len {
        return Err(BadHeader::Damaged("the file is shorter than its header"));
    }
    if bytes[..8] != *magic {
        return Err(BadHeader::Damaged("the header does not begin as it should"));
    }
    if get_u32(bytes, crc_at) != crc32c::crc32c(&bytes[..crc_at]) {
        return Err(BadHeader::Damaged("the checksum of the header does not match"));
    }
    match get_u32(bytes, 8) {
        VERSION => Ok(()),
        found => Err(BadHeader::Version(found)),
    }
}

fn salted(salt: u64, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&salt.to_le_bytes()), bytes)
}

fn put_u32(out: &mut [u8], at: usize, value: u32) {
    out[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn put_u64(out: &mut [u8], at: usize, value: u64) {
    out[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn get_u32(bytes: &[u8], at: usize) -> u32 {
    let mut out = [0; 4];
    out.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(out)
}

fn get_u64(bytes: &[u8], at: usize) -> u64 {
    let mut out = [0; 8];
    out.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: SegmentHeader = SegmentHeader {
        number: 7,
        base: Position(40),
        size: 4096,
        salt: 0x1234_5678_9abc_def0,
        epoch: Epoch(3),
    };

    #[test]
    fn a_group_reads_back_as_it_was_written() {
        let batches: [&[u8]; 3] = [b"one", b"", b"three batches"];
        let mut frame = Vec::new();
        encode_group(&mut frame, &SEGMENT, Epoch(4), Position(44), batches.into_iter());
        let header = FrameHeader::decode(&frame, &SEGMENT).unwrap();
        assert_eq!((header.kind, header.epoch, header.first), (FrameKind::Group, Epoch(4), Position(44)));
        assert_eq!(header.batches, 3);
        assert_eq!(header.frame_bytes() as usize + TERMINATOR, frame.len());
        let payload = &frame[FRAME_HEADER..FRAME_HEADER + header.payload as usize];
        assert_eq!(payload.len(), batches.iter().map(|b| batch_bytes(b.len())).sum::<usize>());
        header.check_payload(payload, &SEGMENT).unwrap();
        let mut rest = payload;
        for batch in batches {
            let (first, behind) = split_batch(rest).unwrap();
            assert_eq!(first, batch);
            rest = behind;
        }
    }

    #[test]
    fn a_frame_of_another_segment_is_none_of_ours() {
        let frame = encode_seal(&SEGMENT, Epoch(4), Position(44));
        assert_eq!(FrameHeader::decode(&frame, &SEGMENT).unwrap().kind, FrameKind::Seal);
        for other in [SegmentHeader { salt: 1, ..SEGMENT }, SegmentHeader { number: 8, ..SEGMENT }] {
            FrameHeader::decode(&frame, &other).unwrap_err();
        }
    }

    /// The bytes of version 1, which later versions go on reading.
    #[test]
    fn headers_have_the_bytes_of_version_1() {
        let segment = SEGMENT.encode();
        assert_eq!(segment[..8], *b"DYELOG\r\n");
        assert_eq!(segment[8..24], [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(segment[40..48], SEGMENT.salt.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&segment), Ok(SEGMENT));
        let snapshot = SnapshotHeader { at: Position(9), bytes: 70, crc: 0xfeed };
        assert_eq!(SnapshotHeader::decode(&snapshot.encode()), Ok(snapshot));
        let epoch = EpochFile { epoch: Epoch(5), reached: Position(6) };
        assert_eq!(EpochFile::decode(&epoch.encode()), Ok(epoch));
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let mut header = SEGMENT.encode();
        header[8] = 2;
        assert!(matches!(SegmentHeader::decode(&header), Err(BadHeader::Damaged(_))));
        let crc = crc32c::crc32c(&header[..60]);
        put_u32(&mut header, 60, crc);
        assert_eq!(SegmentHeader::decode(&header), Err(BadHeader::Version(2)));
    }
}
