//! A row of delimited text, field by field: for what cannot be done through a record's own decoder.

use std::borrow::Cow;

/// The fields of one row (RFC 4180). The row's line ending is not part of its last field.
pub(super) struct Fields<'a> {
    rest: Option<&'a [u8]>,
    delimiter: u8,
}

impl<'a> Fields<'a> {
    pub(super) fn of(row: &'a [u8], delimiter: u8) -> Self {
        let row = row.strip_suffix(b"\n").unwrap_or(row);
        Self { rest: Some(row.strip_suffix(b"\r").unwrap_or(row)), delimiter }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let (field, behind) = match rest {
            [b'"', quoted @ ..] => unquote(quoted, self.delimiter),
            _ => {
                let end = memchr::memchr(self.delimiter, rest).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            }
        };
        self.rest = behind.split_first().map(|(_, rest)| rest);
        Some(field)
    }
}

/// A field whose opening quote was taken, and what follows it, beginning with the delimiter.
fn unquote(text: &[u8], delimiter: u8) -> (Cow<'_, [u8]>, &[u8]) {
    let mut field = Cow::Borrowed(&text[..0]);
    let mut from = 0;
    loop {
        let end = memchr::memchr(b'"', &text[from..]).map_or(text.len(), |at| from + at);
        extend(&mut field, &text[from..end]);
        match text.get(end + 1) {
            Some(b'"') => {
                extend(&mut field, b"\"");
                from = end + 2;
            }
            _ => {
                // What stands between the closing quote and the delimiter belongs to the field, too.
                let behind = text.get(end + 1..).unwrap_or_default();
                let stop = memchr::memchr(delimiter, behind).unwrap_or(behind.len());
                extend(&mut field, &behind[..stop]);
                return (field, &behind[stop..]);
            }
        }
    }
}

fn extend<'a>(field: &mut Cow<'a, [u8]>, more: &'a [u8]) {
    if field.is_empty() {
        *field = Cow::Borrowed(more);
    } else if !more.is_empty() {
        field.to_mut().extend_from_slice(more);
    }
}

/// Appends a field, quoted where RFC 4180 asks for it.
pub(super) fn put_field(field: &[u8], delimiter: u8, out: &mut Vec<u8>) {
    let special = |b: &u8| matches!(*b, b'"' | b'\n' | b'\r') || *b == delimiter;
    if !field.iter().any(special) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for byte in field {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(row: &str) -> Vec<String> {
        Fields::of(row.as_bytes(), b',').map(|f| String::from_utf8(f.into_owned()).unwrap()).collect()
    }

    #[test]
    fn fields_are_read_as_rfc_4180_says() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[""]),
            ("a", &["a"]),
            ("a,b\r\n", &["a", "b"]),
            (",", &["", ""]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"a\"\"b\",\"\"\n", &["a\"b", ""]),
            ("\"\"\"\",x", &["\"", "x"]),
            ("\"two\nlines\",x\n", &["two\nlines", "x"]),
            ("5\" pipe,x", &["5\" pipe", "x"]),
            ("\"a\"b,c", &["ab", "c"]),
            ("\"open", &["open"]),
        ];
        for (row, expect) in cases {
            assert_eq!(fields(row), *expect, "{row:?}");
        }
    }

    #[test]
    fn a_field_comes_back_as_it_was() {
        for field in ["", "a", "a,b", "\"", "a\"b\nc", "\r"] {
            let mut row = Vec::new();
            put_field(field.as_bytes(), b',', &mut row);
            assert_eq!(fields(std::str::from_utf8(&row).unwrap()), [field], "{field:?}");
        }
    }
}
