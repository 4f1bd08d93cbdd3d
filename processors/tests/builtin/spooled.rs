//! The spool: what crosses a cut arrives as it was, in order, or not at all.

use std::{collections::BTreeSet, path::Path};

use dyeline_processors::{
    contract::{Chunk, NodeCounts, RecordType},
    disk::os_disk,
    prelude::Record,
    spool::{Cut, SpoolInput, SpoolName, SpoolPart, SpoolReader, SpoolWriter, remove, sweep},
};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[record(name = "SpooledItem")]
struct Item {
    key: u64,
    text: String,
}

fn item_type() -> RecordType {
    RecordType::of::<Item>()
}

fn item(n: u64) -> Item {
    Item { key: n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40, text: "x".repeat((n % 7) as usize) }
}

fn writer(folder: &Path, shard: u32, fence: u64, cut: Cut) -> SpoolWriter {
    let name = SpoolName { stage: 1, output: 0, shard, fence };
    SpoolWriter::new(os_disk(), folder, name, item_type(), cut)
}

/// Writes chunks; a checkpoint behind each of the chunk numbers in `checkpoints`, and at the end.
fn write(writer: &mut SpoolWriter, chunks: &[Vec<Item>], checkpoints: &BTreeSet<usize>) -> Vec<SpoolPart> {
    let mut parts = Vec::new();
    let close = |writer: &mut SpoolWriter, parts: &mut Vec<SpoolPart>| {
        if let Some(closed) = writer.close().unwrap() {
            (closed.settle)().unwrap();
            parts.push(SpoolPart::decode(&closed.part).unwrap());
        }
    };
    for (n, chunk) in chunks.iter().enumerate() {
        writer.write(&Chunk::of(chunk.clone())).unwrap();
        if checkpoints.contains(&n) {
            close(writer, &mut parts);
        }
    }
    close(writer, &mut parts);
    parts
}

fn reader(folder: &Path, partition: u32, parts: &[SpoolPart], chunk_rows: usize) -> SpoolReader {
    let input = SpoolInput { port: 0, record: item_type(), partition, parts: parts.to_vec() };
    SpoolReader::new(os_disk(), folder, vec![input], chunk_rows).unwrap()
}

fn read(reader: &mut SpoolReader) -> Result<Vec<Vec<Item>>, dyeline_processors::Error> {
    let (mut chunk, mut counts, mut chunks) = (reader.chunk(0), NodeCounts::default(), Vec::new());
    loop {
        let more = reader.load(&mut chunk, &mut counts)?;
        if !chunk.is_empty() {
            chunks.push(chunk.items::<Item>().clone());
        }
        if !more {
            return Ok(chunks);
        }
    }
}

fn partition_of(items: &[Item], partition: u32, partitions: u32) -> Vec<Item> {
    let belongs = |item: &&Item| item.hash_field(0) % u64::from(partitions) == u64::from(partition);
    items.iter().filter(belongs).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_partition_arrives_in_order_and_resumes_anywhere(
        lens in proptest::collection::vec(0usize..20, 0..12),
        checkpoints in proptest::collection::btree_set(0usize..12, 0..4),
        partitions in 1u32..6,
        whole in any::<bool>(),
        chunk_rows in 1usize..17,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("spool");
        let mut n = 0;
        let chunks: Vec<Vec<Item>> =
            lens.iter().map(|len| (0..*len).map(|_| { n += 1; item(n) }).collect()).collect();
        let items = chunks.concat();
        let cut = if whole { Cut::Whole } else { Cut::By { field: 0, partitions } };
        let parts = write(&mut writer(&folder, 0, 1, cut), &chunks, &checkpoints);
        prop_assert_eq!(parts.iter().map(|p| p.items).sum::<u64>(), items.len() as u64);
        for partition in 0..cut.partitions() {
            let expect = partition_of(&items, partition, cut.partitions());
            let chunks = read(&mut reader(&folder, partition, &parts, chunk_rows)).unwrap();
            prop_assert_eq!(chunks.concat(), expect.as_slice());
            prop_assert!(chunks.iter().rev().skip(1).all(|c| c.len() == chunk_rows));
            for done in 0..=chunks.len() {
                let mut first = reader(&folder, partition, &parts, chunk_rows);
                let (mut chunk, mut cursor) = (first.chunk(0), Vec::new());
                for _ in 0..done {
                    first.load(&mut chunk, &mut NodeCounts::default()).unwrap();
                }
                first.save(&mut cursor);
                let mut second = reader(&folder, partition, &parts, chunk_rows);
                second.resume(&cursor).unwrap();
                prop_assert_eq!(read(&mut second).unwrap(), &chunks[done..]);
            }
        }
    }
}

/// Several blocks for each partition, since not everything fits in memory.
#[test]
fn what_does_not_fit_in_memory_goes_to_the_file_early() {
    let dir = tempfile::tempdir().unwrap();
    for cut in [Cut::Whole, Cut::By { field: 0, partitions: 3 }] {
        let folder = dir.path().join(format!("{}", cut.partitions()));
        let chunks: Vec<Vec<Item>> =
            (0..60).map(|c| (0..4096).map(|n| item(c * 4096 + n)).collect()).collect();
        let parts = write(&mut writer(&folder, 0, 1, cut), &chunks, &BTreeSet::new());
        assert_eq!(parts.len(), 1);
        assert!(parts[0].bytes > 1 << 20, "{}", parts[0].bytes);
        for partition in 0..cut.partitions() {
            let expect = partition_of(&chunks.concat(), partition, cut.partitions());
            let chunks = read(&mut reader(&folder, partition, &parts, 1000)).unwrap();
            assert!(chunks.concat() == expect);
            let mut middle = reader(&folder, partition, &parts, 1000);
            let (mut chunk, mut cursor) = (middle.chunk(0), Vec::new());
            for _ in 0..50 {
                middle.load(&mut chunk, &mut NodeCounts::default()).unwrap();
            }
            middle.save(&mut cursor);
            let mut resumed = reader(&folder, partition, &parts, 1000);
            resumed.resume(&cursor).unwrap();
            assert!(read(&mut resumed).unwrap() == chunks[50..]);
        }
    }
}

#[test]
fn inputs_are_read_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (vec![item(1), item(2), item(3)], vec![item(4)]);
    let left = write(&mut writer(dir.path(), 0, 1, Cut::Whole), std::slice::from_ref(&a), &BTreeSet::new());
    let right = write(&mut writer(dir.path(), 1, 2, Cut::Whole), std::slice::from_ref(&b), &BTreeSet::new());
    let input = |port, parts: &[SpoolPart]| SpoolInput {
        port,
        record: item_type(),
        partition: 0,
        parts: parts.to_vec(),
    };
    let inputs = || vec![input(3, &left), input(4, &[]), input(5, &right)];
    let mut reader = SpoolReader::new(os_disk(), dir.path(), inputs(), 2).unwrap();
    let mut seen = Vec::new();
    let mut cursors = vec![Vec::new()];
    reader.save(&mut cursors[0]);
    while let Some(port) = reader.port() {
        let mut chunk = reader.chunk(port);
        reader.load(&mut chunk, &mut NodeCounts::default()).unwrap();
        seen.extend(chunk.items::<Item>().iter().map(|i| (port, i.clone())));
        let mut cursor = Vec::new();
        reader.save(&mut cursor);
        cursors.push(cursor);
    }
    let expect: Vec<_> = a.iter().map(|i| (3, i.clone())).chain(b.iter().map(|i| (5, i.clone()))).collect();
    assert_eq!(seen, expect);
    for cursor in cursors {
        let mut resumed = SpoolReader::new(os_disk(), dir.path(), inputs(), 2).unwrap();
        resumed.resume(&cursor).unwrap();
        let mut rest = Vec::new();
        while let Some(port) = resumed.port() {
            let mut chunk = resumed.chunk(port);
            resumed.load(&mut chunk, &mut NodeCounts::default()).unwrap();
            rest.extend(chunk.items::<Item>().iter().map(|i| (port, i.clone())));
        }
        assert!(expect.ends_with(&rest));
    }
}

#[test]
fn the_bytes_that_are_counted_are_those_that_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 0, 1, Cut::By { field: 0, partitions: 4 });
    let items: Vec<Item> = (0..5000).map(item).collect();
    let written = writer.write(&Chunk::of(items)).unwrap();
    let part = SpoolPart::decode(&writer.close().unwrap().unwrap().part).unwrap();
    let mut counts = NodeCounts::default();
    for partition in 0..4 {
        let mut reader = reader(dir.path(), partition, &[part], 100);
        let mut chunk = reader.chunk(0);
        while reader.load(&mut chunk, &mut counts).unwrap() {}
    }
    assert_eq!(counts.bytes_in, written);
}

/// Damage anywhere is an error that names the file, or harms nobody.
#[test]
fn damage_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let chunks: Vec<Vec<Item>> = vec![(0..30).map(item).collect()];
    let cut = Cut::By { field: 0, partitions: 3 };
    let parts = write(&mut writer(dir.path(), 0, 1, cut), &chunks, &BTreeSet::new());
    let path = dir.path().join(parts[0].file_name());
    let good = std::fs::read(&path).unwrap();
    assert_eq!(good.len() as u64, parts[0].bytes);
    let read_all =
        || (0..3).map(|p| read(&mut reader(dir.path(), p, &parts, 7))).collect::<Result<Vec<_>, _>>();
    let expect = read_all().unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bad).unwrap();
        match read_all() {
            Ok(read) => assert!(at < 8 && read == expect, "a changed byte {at} was not noticed"),
            Err(e) => assert!(e.to_string().contains(&parts[0].file_name()), "{e}"),
        }
        std::fs::write(&path, &good[..at]).unwrap();
        let error = read_all().unwrap_err().to_string();
        assert!(error.contains(&parts[0].file_name()) && error.contains("at byte"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(read_all().unwrap_err().to_string().contains(&parts[0].file_name()));
}

#[test]
fn a_file_of_another_attempt_in_the_same_place_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let one = write(&mut writer(dir.path(), 0, 1, Cut::Whole), &[vec![item(1)]], &BTreeSet::new());
    let other = write(&mut writer(dir.path(), 0, 2, Cut::Whole), &[vec![item(1)]], &BTreeSet::new());
    std::fs::rename(dir.path().join(other[0].file_name()), dir.path().join(one[0].file_name())).unwrap();
    assert!(read(&mut reader(dir.path(), 0, &one, 10)).is_err());
}

#[test]
fn a_record_that_changed_is_noticed_before_anything_is_read() {
    #[derive(Clone, Record)]
    #[record(name = "SpooledKey")]
    struct Changed {
        key: u64,
    }
    let dir = tempfile::tempdir().unwrap();
    let parts = write(&mut writer(dir.path(), 0, 1, Cut::Whole), &[vec![item(1)]], &BTreeSet::new());
    let record = RecordType::of::<Changed>();
    let input = SpoolInput { port: 0, record, partition: 0, parts };
    let error = SpoolReader::new(os_disk(), dir.path(), vec![input], 10).unwrap_err();
    assert!(error.to_string().contains("it does not hold `SpooledKey{key:u64}`"), "{error}");
}

#[test]
fn files_die_when_nothing_names_them() {
    let dir = tempfile::tempdir().unwrap();
    let disk = os_disk();
    let parts =
        write(&mut writer(dir.path(), 0, 1, Cut::Whole), &[vec![item(1)], vec![item(2)]], &[0].into());
    let lost = write(&mut writer(dir.path(), 0, 2, Cut::Whole), &[vec![item(3)]], &BTreeSet::new());
    std::fs::write(dir.path().join("other.txt"), "").unwrap();
    let named: BTreeSet<String> = parts.iter().map(SpoolPart::file_name).collect();
    assert_eq!(sweep(&*disk, dir.path(), &named).unwrap(), 1);
    assert!(!dir.path().join(lost[0].file_name()).exists());
    assert!(dir.path().join("other.txt").exists());
    assert_eq!(read(&mut reader(dir.path(), 0, &parts, 10)).unwrap().concat(), [item(1), item(2)]);
    assert_eq!(remove(&*disk, dir.path(), &parts).unwrap(), 2);
    assert_eq!(remove(&*disk, dir.path(), &parts).unwrap(), 0);
    assert_eq!(sweep(&*disk, &dir.path().join("none"), &named).unwrap(), 0);
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write(&mut writer(dir.path(), 0, 1, Cut::Whole), &[vec![item(1)]], &BTreeSet::new());
    for cursor in [&b""[..], b"\x00", b"\x00\x02", b"\x00\x00\x00", b"\x05\x01"] {
        assert!(reader(dir.path(), 0, &parts, 10).resume(cursor).is_err(), "{cursor:?}");
    }
}
