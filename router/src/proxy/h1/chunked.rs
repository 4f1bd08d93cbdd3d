//! The chunked coding, RFC 9112 §7.1: read strictly, with limits on what is not data.

use bytes::{Buf, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    framing::{Step, take},
    head::Malformed,
};
use crate::proxy::settings::{Limits, MOST_FIELDS};

/// Limits of what stands between the data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLimits {
    /// Bytes of extensions over a whole body.
    pub(crate) extensions: usize,
    /// Bytes of the trailer section.
    pub(crate) trailers: usize,
}

impl ChunkLimits {
    /// Those of the settings.
    pub(super) fn of(limits: &Limits) -> Self {
        Self { extensions: limits.chunk_extensions, trailers: limits.trailers }
    }
}

/// Digits of a chunk's size: all that a `u64` holds. Leading zeros count.
const MOST_DIGITS: usize = 16;

/// Where in a chunked body we are.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    place: Place,
    extensions: usize,
}

#[derive(Debug, Default)]
enum Place {
    /// Before a chunk's size.
    #[default]
    Size,
    /// In a chunk, with so many bytes left.
    Data(u64),
    /// After a chunk's data, before its line end.
    After,
    /// After the last chunk.
    Trailers,
}

impl Chunked {
    /// Takes what can be taken from what was read.
    pub(super) fn step(&mut self, input: &mut BytesMut, limits: ChunkLimits) -> Result<Step, Malformed> {
        loop {
            match &mut self.place {
                Place::Size => match self.size(input, limits)? {
                    Some(0) => self.place = Place::Trailers,
                    Some(size) => self.place = Place::Data(size),
                    None => return Ok(Step::Wait),
                },
                Place::Data(_) if input.is_empty() => return Ok(Step::Wait),
                Place::Data(left) => {
                    let data = take(input, left);
                    if *left == 0 {
                        self.place = Place::After;
                    }
                    return Ok(Step::Data(data));
                }
                Place::After => match &input[..] {
                    [b'\r', b'\n', ..] => {
                        input.advance(2);
                        self.place = Place::Size;
                    }
                    [] | [b'\r'] => return Ok(Step::Wait),
                    _ => return Err(Malformed::bad("a chunk is longer than its size")),
                },
                Place::Trailers => return trailers(input, limits.trailers),
            }
        }
    }

    /// A chunk's size; its extensions mean nothing to us, and what is not understood is dropped (§7.1.1).
    fn size(&mut self, input: &mut BytesMut, limits: ChunkLimits) -> Result<Option<u64>, Malformed> {
        let allowed = limits.extensions - self.extensions;
        let Some(line) = line_length(input)? else {
            return match input.len() > MOST_DIGITS + allowed + 1 {
                true => Err(Malformed::large("a chunk's size and extensions are too long")),
                false => Ok(None),
            };
        };
        let digits = input[..line].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits == 0 || digits > MOST_DIGITS || !matches!(input[digits], b'\r' | b';') {
            return Err(Malformed::bad("a chunk's size is not a plain hexadecimal number"));
        }
        if line - digits > allowed {
            return Err(Malformed::large("a body's chunk extensions are too long"));
        }
        if input[digits..line].iter().any(|&b| b != b'\t' && (b < b' ' || b == 0x7f)) {
            return Err(Malformed::bad("a chunk extension has control characters"));
        }
        self.extensions += line - digits;
        let size = std::str::from_utf8(&input[..digits]).ok().and_then(|d| u64::from_str_radix(d, 16).ok());
        input.advance(line + 2);
        size.map(Some).ok_or(Malformed::bad("a chunk's size is not a plain hexadecimal number"))
    }
}

/// The length of the line at the front, without its end; `None` if it has none yet. A line feed without a carriage
/// return, and the other way round, is what parsers disagree about.
fn line_length(input: &[u8]) -> Result<Option<usize>, Malformed> {
    match memchr::memchr2(b'\r', b'\n', input) {
        Some(at) if input[at] == b'\r' => match input.get(at + 1) {
            Some(b'\n') => Ok(Some(at)),
            Some(_) => Err(Malformed::bad("a carriage return stands without a line feed")),
            None => Ok(None),
        },
        Some(_) => Err(Malformed::bad("a line feed stands without a carriage return")),
        None => Ok(None),
    }
}

/// The trailer section with the empty line at its end.
fn trailers(input: &mut BytesMut, limit: usize) -> Result<Step, Malformed> {
    let mut end = 0;
    loop {
        match line_length(&input[end..])? {
            _ if end > limit || input.len() - end > limit && line_length(&input[end..])?.is_none() => {
                return Err(Malformed::large("a body's trailers are too long"));
            }
            Some(0) if end == 0 => {
                input.advance(2);
                return Ok(Step::End);
            }
            Some(0) => break,
            Some(length) => end += length + 2,
            None => return Ok(Step::Wait),
        }
    }
    let section = input.split_to(end + 2).freeze();
    let mut places = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let fields = match httparse::parse_headers(&section, &mut places) {
        Ok(httparse::Status::Complete((_, fields))) => fields,
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Malformed::large("a body has too many trailers"));
        }
        Ok(httparse::Status::Partial) | Err(_) => {
            return Err(Malformed::bad("a body's trailers are no fields"));
        }
    };
    let mut map = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(section.slice_ref(field.value));
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Malformed::bad("a body's trailers are no fields"));
        };
        if may_trail(&name) {
            map.append(name, value);
        }
    }
    Ok(if map.is_empty() { Step::End } else { Step::Trailers(map) })
}

/// Whether a field may come after a body: not what frames, routes, authenticates or modifies the message, RFC 9110
/// §6.5.1. A recipient that merges trailers into its fields would take them for those of the head.
pub(crate) fn may_trail(name: &HeaderName) -> bool {
    let never = matches!(
        *name,
        header::TRANSFER_ENCODING
            | header::CONTENT_LENGTH
            | header::HOST
            | header::CONNECTION
            | header::UPGRADE
            | header::TE
            | header::TRAILER
            | header::EXPECT
            | header::MAX_FORWARDS
            | header::CACHE_CONTROL
            | header::RANGE
            | header::AUTHORIZATION
            | header::PROXY_AUTHORIZATION
            | header::COOKIE
            | header::SET_COOKIE
            | header::CONTENT_ENCODING
            | header::CONTENT_TYPE
            | header::CONTENT_RANGE
            | header::FORWARDED
    );
    let name = name.as_str();
    !never && !name.starts_with("x-dye") && !name.starts_with("x-forwarded-") && name != "baggage"
}
