//! What names and describes one spool file; travels in checkpoints and effects.

use std::{fmt, path::PathBuf};

use crate::contract::{Error, Result};

/// The version of [`SpoolPart::encode`], and of the items in the file: 2 since the length of a number is in its first
/// byte.
const PART_VERSION: u8 = 2;

/// The ending of spool files.
pub(super) const EXTENSION: &str = "spool";

/// Which attempt writes which output of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpoolName {
    /// The stage, by its place in the plan.
    pub stage: u32,
    /// The output, by its place in the stage.
    pub output: u32,
    /// The shard of the stage.
    pub shard: u32,
    /// The attempt's fencing number, which keeps the files of two attempts apart.
    pub fence: u64,
}

/// One spool file: what was written to an output between two checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolPart {
    /// Who wrote it.
    pub name: SpoolName,
    /// Its number in its attempt, from 0.
    pub segment: u32,
    /// How many partitions it has, at least 1.
    pub partitions: u32,
    /// Items in all partitions.
    pub items: u64,
    /// The file's length.
    pub bytes: u64,
    /// Hash of the record's schema.
    pub schema: u64,
}

impl SpoolPart {
    /// The file's name in the job's spool folder.
    pub fn file_name(&self) -> String {
        let SpoolName { stage, output, shard, fence } = self.name;
        format!("s{stage}-o{output}-{shard:06}-f{fence}-{:05}.{EXTENSION}", self.segment)
    }

    /// The compact form, some 30 bytes: a large exchange names a great many files.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        out.push(PART_VERSION);
        let SpoolName { stage, output, shard, fence } = self.name;
        for n in [stage, output, shard, self.segment, self.partitions] {
            put_varint(&mut out, n.into());
        }
        put_varint(&mut out, fence);
        put_varint(&mut out, self.items);
        put_varint(&mut out, self.bytes);
        out.extend_from_slice(&self.schema.to_le_bytes());
        out
    }

    /// Reads what [`SpoolPart::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if let Some(version) = bytes.first().filter(|v| **v != PART_VERSION) {
            return Err(Error::fatal(format!(
                "read the name of a spool file: another version of this program wrote it (version {version} of the \
                 form, not {PART_VERSION})"
            ))
            .with_help("end the job with the program that began it, or start a new one with --new"));
        }
        Self::decode_fields(bytes).ok_or_else(|| {
            Error::fatal(format!("read the name of a spool file: {} bytes are not one", bytes.len()))
        })
    }

    fn decode_fields(bytes: &[u8]) -> Option<Self> {
        let (_, mut rest) = bytes.split_first()?;
        let mut next32 = || take_varint(&mut rest).and_then(|n| u32::try_from(n).ok());
        let (stage, output, shard, segment, partitions) =
            (next32()?, next32()?, next32()?, next32()?, next32()?);
        let fence = take_varint(&mut rest)?;
        let (items, bytes) = (take_varint(&mut rest)?, take_varint(&mut rest)?);
        let schema = u64::from_le_bytes(rest.try_into().ok()?);
        let name = SpoolName { stage, output, shard, fence };
        (partitions > 0).then_some(Self { name, segment, partitions, items, bytes, schema })
    }

    /// A number of this file alone that every checksum in it starts from, so that a block of another file is damage.
    pub(super) fn salt(&self) -> u64 {
        let SpoolName { stage, output, shard, fence } = self.name;
        let words =
            [stage.into(), output.into(), shard.into(), fence, self.segment.into(), self.partitions.into()];
        super::format::hash_words(&words, self.schema)
    }
}

impl fmt::Display for SpoolPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file_name())
    }
}

/// Whether a path could be a spool file's, by its ending.
pub(super) fn is_spool_file(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|e| e == EXTENSION)
}

/// The path of a part in the job's spool folder.
pub(super) fn path_of(folder: &std::path::Path, part: &SpoolPart) -> PathBuf {
    folder.join(part.file_name())
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn take_varint(input: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            return None;
        }
        n |= low << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> SpoolPart {
        let name = SpoolName { stage: 2, output: 0, shard: 99_999, fence: u64::MAX };
        SpoolPart { name, segment: 7, partitions: 16, items: 1 << 40, bytes: 123_456_789, schema: 0xfeed }
    }

    #[test]
    fn a_part_comes_back_as_it_was() {
        let bytes = part().encode();
        assert!(bytes.len() < 48, "{}", bytes.len());
        assert_eq!(SpoolPart::decode(&bytes).unwrap(), part());
        assert_eq!(part().file_name(), "s2-o0-099999-f18446744073709551615-00007.spool");
    }

    #[test]
    fn what_is_not_a_part_is_refused() {
        let good = part().encode();
        for cut in 0..good.len() {
            assert!(SpoolPart::decode(&good[..cut]).is_err(), "cut at {cut}");
        }
        assert!(SpoolPart::decode(&[good.as_slice(), &[0]].concat()).is_err());
        let other = SpoolPart::decode(&[&[1], &good[1..]].concat()).unwrap_err().to_string();
        assert!(other.contains("version 1 of the form, not 2"), "{other}");
    }
}
