//! W3C Baggage: members of others are kept as they came, and ours is found among them.
//!
//! Source: W3C Baggage, sections 3.2 (header content) and 3.3 (limits).

use std::{borrow::Cow, sync::Arc};

use super::{DyeStats, Event, header::MEMBER};

/// The most members that are passed on; the standard wants 64 at least.
pub(super) const MAX_MEMBERS: usize = 64;
/// The most bytes that are passed on, commas counted; the standard wants 8192 at least.
pub(super) const MAX_BYTES: usize = 8192;

/// The members of `baggage` that are not ours, in the order in which they came. Cloning counts a reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baggage {
    /// `None` instead of an empty list, so that traffic without baggage costs nothing.
    members: Option<Arc<[Box<[u8]>]>>,
}

impl Baggage {
    /// Reads lines of the header, our member left out. Members that are not of the standard's form are kept and
    /// counted; those beyond the limits are left out and counted.
    pub fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, stats: &DyeStats) -> Self {
        let mut kept = Vec::new();
        let mut room = Room::default();
        for member in lines.flat_map(members).filter(|member| member.key() != MEMBER) {
            if !member.is_sound() {
                stats.add(Event::BadBaggage);
            }
            if !member.can_travel() {
                continue;
            }
            if room.take(member.text.len()) {
                kept.push(Box::from(member.text));
            } else {
                stats.add(Event::OverLimit);
            }
        }
        Self { members: (!kept.is_empty()).then(|| kept.into()) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_none()
    }

    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = Member<'_>> {
        self.members.iter().flat_map(|members| members.iter()).map(|text| Member { text })
    }
}

/// One member: `key=value;property;property=value`, without the blanks around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    text: &'a [u8],
}

impl<'a> Member<'a> {
    /// The whole, as it came.
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// Its key.
    pub fn key(self) -> &'a [u8] {
        let pair = self.parts().next().unwrap_or_default();
        trim(pair.split(|b| *b == b'=').next().unwrap_or_default())
    }

    /// Its value, as it came; none if there is no `=`.
    pub fn raw_value(self) -> Option<&'a [u8]> {
        value_of(self.parts().next().unwrap_or_default())
    }

    /// Its value, percent-decoded; bytes that are not UTF-8 then are replaced by `U+FFFD`, as the standard has it.
    pub fn value(self) -> Option<Cow<'a, str>> {
        self.raw_value().map(decoded)
    }

    /// Its properties.
    pub fn properties(self) -> impl Iterator<Item = Property<'a>> {
        self.parts().skip(1).map(|text| Property { text: trim(text) })
    }

    fn parts(self) -> impl Iterator<Item = &'a [u8]> {
        self.text.split(|b| *b == b';')
    }

    /// Whether it is of the standard's form.
    fn is_sound(self) -> bool {
        let value_fits = self.raw_value().is_some_and(|value| value.iter().copied().all(is_octet));
        let properties_fit = self.properties().all(|property| {
            is_token(property.key()) && property.raw_value().is_none_or(|v| v.iter().copied().all(is_octet))
        });
        is_token(self.key()) && value_fits && properties_fit
    }

    /// Whether it can stand in a header at all.
    pub(super) fn can_travel(self) -> bool {
        self.text.iter().all(|b| matches!(b, b'\t' | b' '..=b'~' | 0x80..))
    }
}

/// What is said of a member: a key, or a key with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    text: &'a [u8],
}

impl<'a> Property<'a> {
    /// Its key.
    pub fn key(self) -> &'a [u8] {
        trim(self.text.split(|b| *b == b'=').next().unwrap_or_default())
    }

    /// Its value, as it came; none if there is no `=`.
    pub fn raw_value(self) -> Option<&'a [u8]> {
        value_of(self.text)
    }

    /// Its value, percent-decoded.
    pub fn value(self) -> Option<Cow<'a, str>> {
        self.raw_value().map(decoded)
    }
}

/// The members of one line; what is empty between two commas is none.
pub(super) fn members(line: &[u8]) -> impl Iterator<Item = Member<'_>> {
    line.split(|b| *b == b',')
        .map(|text| Member { text: trim(text) })
        .filter(|member| !member.text.is_empty())
}

/// What of the limits is left.
#[derive(Debug)]
pub(super) struct Room {
    members: usize,
    /// One more than the limit, since every member pays for a comma and the first one has none.
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { members: MAX_MEMBERS, bytes: MAX_BYTES + 1 }
    }
}

impl Room {
    /// Takes the place for a member of this length, if there is any left.
    pub(super) fn take(&mut self, length: usize) -> bool {
        let fits = self.members > 0 && length < self.bytes;
        if fits {
            self.members -= 1;
            self.bytes -= length + 1;
        }
        fits
    }
}

/// The text after the first `=`, which may have more of them in it.
fn value_of(pair: &[u8]) -> Option<&[u8]> {
    let equals = pair.iter().position(|b| *b == b'=')?;
    Some(trim(&pair[equals + 1..]))
}

/// Percent-decodes; a `%` without two hexadecimal digits after it stands for itself.
pub(super) fn percent_decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'%') {
        return Cow::Borrowed(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, after @ ..] = rest {
        let pair = if *first == b'%' { after.first_chunk::<2>() } else { None };
        match pair.and_then(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(bytes)
}

fn decoded(raw: &[u8]) -> Cow<'_, str> {
    match percent_decoded(raw) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|digit| digit as u8)
}

/// Without the blanks (SP, HTAB) around it.
fn trim(text: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = text.iter().position(|b| !blank(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// `token` of RFC 9110, section 5.6.2.
fn is_token(text: &[u8]) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    !text.is_empty() && text.iter().all(fits)
}

/// `baggage-octet`: printable ASCII without blank, `"`, `,`, `;` and `\`.
fn is_octet(b: u8) -> bool {
    matches!(b, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests;
