//! A reader of HTTP/1.1 for what was found to be well formed: it splits, and knows nothing of limits and faults.

use std::collections::BTreeMap;

/// A head: its first line in three parts, its fields by name in their order.
#[derive(Debug, PartialEq)]
pub(super) struct PlainHead {
    pub(super) line: [Vec<u8>; 3],
    pub(super) fields: BTreeMap<String, Vec<Vec<u8>>>,
}

/// How a body is delimited, as the fields say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlainFraming {
    Chunked,
    Length(u64),
}

/// Reads a head with the empty line at its end.
pub(super) fn head(bytes: &[u8]) -> Option<PlainHead> {
    let text = bytes.strip_suffix(b"\r\n\r\n")?;
    let mut lines = lines(text)?.into_iter();
    let mut parts = lines.next()?.splitn(3, |&b| b == b' ').map(<[u8]>::to_vec);
    let line = [parts.next()?, parts.next()?, parts.next().unwrap_or_default()];
    let mut fields: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for field in lines {
        let colon = field.iter().position(|&b| b == b':')?;
        let name = std::str::from_utf8(&field[..colon]).ok()?.to_ascii_lowercase();
        fields.entry(name).or_default().push(blank_trimmed(&field[colon + 1..]).to_vec());
    }
    Some(PlainHead { line, fields })
}

impl PlainHead {
    /// How the body is delimited.
    pub(super) fn framing(&self) -> Option<PlainFraming> {
        if self.fields.contains_key("transfer-encoding") {
            return Some(PlainFraming::Chunked);
        }
        let [length] = &self.fields.get("content-length")?[..] else { return None };
        Some(PlainFraming::Length(std::str::from_utf8(length).ok()?.parse().ok()?))
    }

    /// The fields without those about one connection: RFC 9110 §7.6.1.
    pub(super) fn end_to_end(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        const ABOUT_IT: &[&str] = &[
            "connection",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "transfer-encoding",
            "upgrade",
        ];
        let named: Vec<String> =
            self.fields.get("connection").into_iter().flatten().flat_map(|value| options(value)).collect();
        let mut left = self.fields.clone();
        left.retain(|name, _| !ABOUT_IT.contains(&name.as_str()) && !named.contains(name));
        left
    }
}

/// The data of a chunked body, and where it ends.
pub(super) fn chunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut data, mut at) = (Vec::new(), 0);
    loop {
        let line = line(&bytes[at..])?;
        let digits = line.split(|&b| b == b';').next()?;
        let size = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        at += line.len() + 2;
        if size == 0 {
            break;
        }
        data.extend_from_slice(bytes.get(at..at + size)?);
        at += size + 2;
    }
    loop {
        let line = line(&bytes[at..])?;
        at += line.len() + 2;
        if line.is_empty() {
            return Some((data, at));
        }
    }
}

/// The lines of a head, which have nothing that could be taken for another end of a line.
fn lines(text: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while let Some(next) = line(rest) {
        lines.push(next);
        rest = &rest[next.len() + 2..];
    }
    lines.push(rest);
    lines.iter().all(|line| !line.iter().any(|b| b"\r\n\0".contains(b))).then_some(lines)
}

fn line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.windows(2).position(|pair| pair == b"\r\n").map(|end| &bytes[..end])
}

fn blank_trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn options(value: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(value).split(',').map(|option| option.trim().to_ascii_lowercase()).collect()
}
