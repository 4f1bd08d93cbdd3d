//! Rows of text, against the `csv` crate as the reference reader, and whatever bytes there are.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

// Generated code names `::dyeline`, which this crate is behind the facade.
extern crate dyeline_processors as dyeline;

use dyeline::{
    contract::{Chunk, RecordOps},
    prelude::*,
    record::{ColumnMap, Fault, MAX_ROW_BYTES, Ops, RowReject},
};
use jiff::civil::{Date, date};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug, PartialEq, Record)]
struct Row {
    id: u64,
    small: i16,
    amount: Decimal<2>,
    share: Option<Decimal<7>>,
    text: String,
    note: Option<String>,
    flag: bool,
    day: Date,
    ratio: f64,
    far: Option<i64>,
}

/// A row of numbers alone, which the straight path takes.
#[derive(Clone, Debug, PartialEq, Record)]
struct Numbers {
    a: u64,
    b: i32,
    c: Decimal<2>,
    d: Option<u8>,
    e: Decimal<0>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Lonely {
    text: Option<String>,
}

/// Decodes a whole buffer, in pieces that end at `cuts`.
fn decode<T: Record>(text: &[u8], columns: &ColumnMap, cuts: &[usize]) -> (Vec<T>, Vec<RowReject>) {
    let ops = Ops::<T>::NEW;
    let mut decoder = ops.text_decoder(columns).unwrap();
    let (mut out, mut all) = (ops.chunk(0), Vec::new());
    let (mut from, mut rows) = (0, 0);
    let ends = cuts.iter().map(|c| c % (text.len() + 1)).chain([text.len()]);
    let mut ends: Vec<usize> = ends.collect();
    ends.sort_unstable();
    for end in ends {
        loop {
            let last = end == text.len();
            let mut rejects = Vec::new();
            let decoded = decoder.decode(&text[from..end], last, 3, &mut out, &mut rejects);
            for mut reject in rejects {
                reject.offset += from;
                reject.row += rows;
                all.push(reject);
            }
            from += decoded.consumed;
            rows += decoded.rows;
            if decoded.rows < 3 {
                break;
            }
        }
    }
    assert_eq!(from, text.len(), "everything is read");
    assert_eq!(rows, out.len() + all.len(), "every row is counted");
    (std::mem::take(out.items_mut()), all)
}

fn in_order() -> ColumnMap {
    ColumnMap::in_order(b',').unwrap()
}

fn row() -> impl Strategy<Value = Row> {
    let text = "([a-zäß,\"\n\r;' .-]|[0-9]){0,12}";
    let numbers = (any::<u64>(), any::<i16>(), any::<i64>(), any::<Option<i128>>(), any::<Option<i64>>());
    let ratio =
        prop_oneof![Just(0.0), Just(-1.5e300), any::<f64>().prop_filter("a number", |f| f.is_finite())];
    let day = (1..9999i16, 1..13i8, 1..29i8).prop_map(|(y, m, d)| date(y, m, d));
    (numbers, text, proptest::option::of(text), any::<bool>(), day, ratio).prop_map(
        |((id, small, amount, share, far), text, note, flag, day, ratio)| Row {
            id: id >> (id % 64),
            small,
            amount: Decimal::from_mantissa(i128::from(amount >> (amount & 63))),
            share: share.map(|m| Decimal::from_mantissa(m >> (m & 127))),
            // A carriage return before a line ending would be taken for part of it.
            text: text.replace("\r", " "),
            // An empty text and none are the same in a file.
            note: note.map(|n| n.replace("\r", " ")).filter(|n| !n.is_empty()),
            flag,
            day,
            ratio,
            far,
        },
    )
}

proptest! {
    #[test]
    fn rows_come_back_from_text_and_bytes(rows in vec(row(), 0..20), cuts in vec(any::<usize>(), 0..6), delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')]) {
        let ops = Ops::<Row>::NEW;
        let items = Chunk::of(rows.clone());
        let mut text = Vec::new();
        ops.encode_rows(&items, delimiter, &mut text);
        let columns = ColumnMap::in_order(delimiter).unwrap();
        let (back, rejects) = decode::<Row>(&text, &columns, &cuts);
        prop_assert_eq!(&rejects, &[]);
        prop_assert_eq!(&back, &rows);

        // The reference reads the same fields.
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(&text[..]);
        for (row, record) in rows.iter().zip(reader.records()) {
            let record = record.unwrap();
            prop_assert_eq!(record.len(), 10);
            prop_assert_eq!(&record[4], &row.text);
            prop_assert_eq!(&record[2], row.amount.to_string());
            prop_assert_eq!(record[8].parse::<f64>().unwrap(), row.ratio);
        }

        let mut bytes = Vec::new();
        ops.encode(&items, &mut bytes);
        let mut input = &bytes[..];
        let mut back = ops.chunk(0);
        ops.decode(&mut input, rows.len(), &mut back).unwrap();
        prop_assert!(input.is_empty());
        prop_assert_eq!(back.items::<Row>(), &rows);
        for row in &rows {
            for field in 0..10 {
                let hash = dyeline::record::hash_bytes(&hashed_form(row, field));
                prop_assert_eq!(row.hash_field(field), hash, "field {}", field);
                prop_assert!(row.compare_field(row, field).is_eq());
            }
        }
    }

    #[test]
    fn what_the_reference_writes_is_read_mapped_or_in_order(rows in vec(row(), 1..20), cuts in vec(any::<usize>(), 0..6), crlf in any::<bool>(), always in any::<bool>(), shuffle in any::<u64>(), newline_at_end in any::<bool>()) {
        let mut order: Vec<usize> = (0..10).collect();
        order.sort_by_key(|i| (shuffle >> (i * 6)) & 63);
        for order in [order, (0..10).collect()] {
            let names: Vec<&str> = order.iter().map(|i| Row::SCHEMA.fields[*i].name).collect();
            let mut header = names.join(",");
            header.push_str(",extra");
            let mut writer = csv::WriterBuilder::new()
                .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
                .from_writer(Vec::new());
            for row in &rows {
                let fields = texts(row);
                let shuffled = order.iter().map(|i| fields[*i].clone()).chain(["x,\"y\"\n".to_owned()]);
                writer.write_record(shuffled).unwrap();
            }
            let mut text = writer.into_inner().unwrap();
            if !newline_at_end {
                while text.last().is_some_and(|b| b"\r\n".contains(b)) {
                    text.pop();
                }
            }
            let columns = ColumnMap::from_header(header.as_bytes(), b',').unwrap();
            let (back, rejects) = decode::<Row>(&text, &columns, &cuts);
            prop_assert_eq!(&rejects, &[]);
            prop_assert_eq!(&back, &rows);
        }
    }

    /// Numbers go the straight path, and with quotes around them the careful one: the same is read, or the same
    /// rejected.
    #[test]
    fn both_paths_agree(lines in vec("[0-9]{1,22},-?[0-9]{1,11},-?[0-9]{0,20}[.]?[0-9]{0,9},[0-9]{0,4},-?[0-9]{1,40}", 1..12), crlf in any::<bool>(), cuts in vec(any::<usize>(), 0..4)) {
        let end = if crlf { "\r\n" } else { "\n" };
        let plain: String = lines.iter().map(|l| format!("{l}{end}")).collect();
        let quoted: String = lines
            .iter()
            .map(|l| l.split(',').map(|f| format!("\"{f}\"")).collect::<Vec<_>>().join(",") + end)
            .collect();
        // Behind the last row stands more than a block of the mask, and less.
        let (straight, rejected) = decode::<Numbers>(plain.as_bytes(), &in_order(), &cuts);
        let (careful, also_rejected) = decode::<Numbers>(quoted.as_bytes(), &in_order(), &[]);
        prop_assert_eq!(straight, careful);
        let why = |r: &[RowReject]| r.iter().map(|r| (r.row, r.error, r.message.clone())).collect::<Vec<_>>();
        prop_assert_eq!(why(&rejected), why(&also_rejected));
    }

    #[test]
    fn any_bytes_cut_anywhere_are_read_alike(text in vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'1'), Just(b'.'), Just(b'-'), any::<u8>()], 0..200), cuts in vec(any::<usize>(), 0..8)) {
        macro_rules! alike {
            ($($t:ty: $columns:expr),*) => {$(
                let whole = decode::<$t>(&text, &$columns, &[]);
                let pieces = decode::<$t>(&text, &$columns, &cuts);
                prop_assert_eq!(whole, pieces);
            )*};
        }
        let mapped = ColumnMap::from_header(b"text,x", b',').unwrap();
        alike!(Row: in_order(), Numbers: in_order(), Lonely: in_order(), Lonely: mapped);
        let mut chunk = Chunk::new::<Row>(0);
        let _ = Ops::<Row>::NEW.decode(&mut &text[..], 1000, &mut chunk);
    }
}

/// What the hash of a field is taken of.
fn hashed_form(row: &Row, field: usize) -> Vec<u8> {
    let packed = i64::from(row.day.year()) << 9 | i64::from(row.day.month()) << 5 | i64::from(row.day.day());
    match field {
        0 => row.id.to_le_bytes().to_vec(),
        1 => i64::from(row.small).to_le_bytes().to_vec(),
        2 => row.amount.mantissa().to_le_bytes().to_vec(),
        3 => row.share.map(|s| s.mantissa().to_le_bytes().to_vec()).unwrap_or_default(),
        4 => row.text.clone().into_bytes(),
        5 => row.note.clone().unwrap_or_default().into_bytes(),
        6 => vec![u8::from(row.flag)],
        7 => packed.to_le_bytes().to_vec(),
        8 => row.ratio.to_le_bytes().to_vec(),
        _ => row.far.map(|f| f.to_le_bytes().to_vec()).unwrap_or_default(),
    }
}

fn texts(row: &Row) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.small.to_string(),
        row.amount.to_string(),
        row.share.map(|s| s.to_string()).unwrap_or_default(),
        row.text.clone(),
        row.note.clone().unwrap_or_default(),
        row.flag.to_string(),
        row.day.to_string(),
        row.ratio.to_string(),
        row.far.map(|f| f.to_string()).unwrap_or_default(),
    ]
}

#[test]
fn a_bad_row_is_rejected_with_its_place_and_reading_goes_on() {
    let text = concat!(
        "1,2,3.00,4,5\n",
        "x,2,3.00,4,5\n",
        "1,2,3.001,4,5\r\n",
        "\n",
        "1,2,3.00\n",
        "1,2,3.00,256,5\n",
        ",2,3.00,,5\n",
        "1,2,\"3.00,4,5\n6\",7,8\n",
        "1,2,3.00,4\"4\",5\n",
        "1,\"2\"x,3.00,4,5\n",
        "1,2,3.00,4,5,6\n",
        "1,9999999999,3.00,4,5\n",
        "7,-8,-9.1,,-10",
    );
    let (rows, rejects) = decode::<Numbers>(text.as_bytes(), &in_order(), &[]);
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[1].b, rows[1].c.to_string(), rows[1].d), (-8, "-9.10".to_owned(), None));
    let found: Vec<String> =
        rejects.iter().map(|r| format!("{} at {}: {}", r.row, r.offset, r.message)).collect();
    let expected = [
        "1 at 13: column `a`: expected a whole number from 0 to 18446744073709551615, found `x`",
        "2 at 26: column `c`: expected a number with at most 2 places after the point, found `3.001`",
        "3 at 42: expected 5 fields for `Numbers` (a, b, c, d, e), found 3",
        "4 at 51: column `d`: expected a whole number from 0 to 255, found `256`",
        "5 at 66: column `a`: expected a whole number from 0 to 18446744073709551615, found nothing",
        "6 at 77: column `c`: expected a number with at most 2 places after the point, found `3.00,4,5\\n6`",
        "7 at 98: column 4: a quote inside an unquoted field: quote the whole field and double the quote",
        "8 at 114: column 2: text behind a closing quote: expected a delimiter or a line ending",
        "9 at 130: expected 5 fields for `Numbers` (a, b, c, d, e), found 6",
        "10 at 145: column `b`: expected a whole number from -2147483648 to 2147483647, found `9999999999`",
    ];
    assert_eq!(found, expected);
    assert_eq!(rejects[5].text, "1,2,\"3.00,4,5\n6\",7,8");
}

#[test]
fn a_quote_that_nothing_closes_rejects_its_line_alone() {
    let mut text = b"1,\"2,3.00,4,5\n6,7,8.00,9,10\n".to_vec();
    let (rows, rejects) = decode::<Numbers>(&text, &in_order(), &[]);
    assert_eq!((rows.len(), rejects.len()), (1, 1));
    assert_eq!((rejects[0].error.fault, rejects[0].offset), (Fault::Unclosed, 0));
    // The same where the end of the buffer is not the end of the file.
    text.resize(MAX_ROW_BYTES + 100, b'\n');
    let (mut out, mut rejects) = (Chunk::new::<Numbers>(0), Vec::new());
    let mut decoder = Ops::<Numbers>::NEW.text_decoder(&in_order()).unwrap();
    let decoded = decoder.decode(&text[..1000], false, 9, &mut out, &mut rejects);
    assert_eq!((decoded.rows, decoded.consumed), (0, 0));
    let decoded = decoder.decode(&text, false, 9, &mut out, &mut rejects);
    assert_eq!((decoded.rows, out.len(), rejects.len()), (2, 1, 1));
    assert_eq!(decoded.consumed, text.len());
}

#[test]
fn headers_are_matched_by_name() {
    let places = |header: &str| {
        let columns = ColumnMap::from_header(header.as_bytes(), b',').map_err(|e| e.to_string())?;
        let decoder = Ops::<Numbers>::NEW.text_decoder(&columns);
        decoder.map(drop).map_err(|e| e.to_string())
    };
    assert_eq!(places("\u{feff}e, d ,\"c\",b,a\r\n"), Ok(()));
    assert_eq!(places("a,b,c,e"), Ok(()), "an optional column may be missing");
    for (header, expected) in [
        (
            "a,B,c,d",
            "read `Numbers` from the columns `a,B,c,d`: there is no column `b` (is it `B`?); there is no column `e`",
        ),
        ("a,b,c,d,e,b", "read `Numbers` from the columns `a,b,c,d,e,b`: the column `b` stands there twice"),
        ("a,,c", "column 2 of the header has no name"),
        ("a,\"b", "the header is not readable: field 1: a quote that is never closed"),
    ] {
        assert_eq!(places(header), Err(expected.to_owned()));
    }
    for bad in *b"\"\n.-7a" {
        assert!(ColumnMap::in_order(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_empty_line_is_no_row_but_an_empty_text_is_one() {
    let items = Chunk::of(vec![Lonely { text: None }, Lonely { text: Some("x".into()) }]);
    let mut text = Vec::new();
    Ops::<Lonely>::NEW.encode_rows(&items, b',', &mut text);
    assert_eq!(text, b"\"\"\nx\n");
    text.extend_from_slice(b"\n\r\ny");
    let (rows, rejects) = decode::<Lonely>(&text, &in_order(), &[]);
    let found: Vec<Option<&str>> = rows.iter().map(|r| r.text.as_deref()).collect();
    assert_eq!((found, rejects.len()), (vec![None, Some("x"), Some("y")], 0));
}

#[test]
fn bytes_that_are_not_utf8_are_rejected_with_their_column() {
    let (rows, rejects) = decode::<Lonely>(b"a\xFFb\ngood\n", &in_order(), &[]);
    assert_eq!(rows, [Lonely { text: Some("good".into()) }]);
    assert_eq!(rejects[0].message, "column `text`: bytes that are not UTF-8");
    assert_eq!(rejects[0].text, "a\u{fffd}b");
}

#[test]
fn a_small_file_is_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("numbers.csv");
    std::fs::write(&path, "\u{feff}a,b,c,e\r\n1,2,3,4\r\n5,6,7.5,8\r\n").unwrap();
    let rows: Vec<Numbers> = dyeline::record::read_csv(&path).unwrap();
    assert_eq!((rows.len(), rows[1].c.to_string()), (2, "7.50".to_owned()));
    std::fs::write(&path, "a,b,c,e\n1,2,3,4\n5,6,seven,8\n").unwrap();
    let error = dyeline::record::read_csv::<Numbers>(&path).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "line 3: column `c`: expected a number with at most 2 places after the point, found `seven`"
        ),
        "{error}"
    );
    std::fs::write(&path, "").unwrap();
    let error = dyeline::record::read_csv::<Numbers>(&path).unwrap_err().to_string();
    assert!(error.ends_with("it is empty, expected a header"), "{error}");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Keys {
    small: u8,
    medium: u16,
    whole: u32,
    large: u64,
    signed_small: i8,
    signed_medium: i16,
    signed: i32,
    signed_large: i64,
    two: Decimal<2>,
    four: Decimal<4>,
    text: String,
    optional: Option<u64>,
}

#[test]
fn fields_that_meet_hash_equal_values_alike() {
    let fields = Keys::SCHEMA.fields;
    for n in 0..=127i8 {
        let u = n.unsigned_abs();
        let row = Keys {
            small: u,
            medium: u.into(),
            whole: u.into(),
            large: u.into(),
            signed_small: -n,
            signed_medium: i16::from(-n),
            signed: i32::from(-n),
            signed_large: i64::from(-n),
            two: Decimal::from_mantissa(i128::from(n) * 100),
            four: Decimal::from_mantissa(i128::from(n) * 10_000),
            text: n.to_string(),
            optional: Some(u.into()),
        };
        for group in [0..4, 4..8] {
            for (a, b) in group.clone().flat_map(|a| group.clone().map(move |b| (a, b))) {
                assert!(fields[a].meets(fields[b]), "{} and {}", fields[a].name, fields[b].name);
                assert_eq!(
                    row.hash_field(a),
                    row.hash_field(b),
                    "{n} in {} and {}",
                    fields[a].name,
                    fields[b].name
                );
            }
        }
    }
    let meets = |a: &str, b: &str| {
        let field = |name| fields[Keys::SCHEMA.field(name).unwrap()];
        field(a).meets(field(b))
    };
    for (a, b) in [("large", "signed_large"), ("two", "four"), ("large", "optional"), ("large", "text")] {
        assert!(!meets(a, b) && !meets(b, a), "{a} and {b}");
    }
}
