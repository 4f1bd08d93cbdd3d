//! Counts per node, and how a task holds its own in few bytes.

use crate::failure::Class;

/// Fields of a [`NodeCounts`].
const FIELDS: usize = 15;

/// What one node did, over committed work. Per node: `read = passed + filtered + skipped + dead_lettered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeCounts {
    /// Items that came in.
    pub read: u64,
    /// Items that went through.
    pub passed: u64,
    /// Items that the node dropped on purpose.
    pub filtered: u64,
    /// Items given up without a trace but this count.
    pub skipped: u64,
    /// Items given up and kept as dead letters.
    pub dead_lettered: u64,
    /// Items that went out; one item in may make several.
    pub emitted: u64,
    /// Attempts or items tried again because of this node.
    pub retried: u64,
    /// Failures by class, in the order of [`CLASSES`](crate::CLASSES).
    pub failed: [u64; 6],
    /// Bytes that came in.
    pub bytes_in: u64,
    /// Bytes that went out.
    pub bytes_out: u64,
}

impl NodeCounts {
    /// The count of failures of one class.
    #[must_use]
    pub fn failed_of(&self, class: Class) -> u64 {
        self.failed[class.index()]
    }

    /// Items given up: skipped and dead-lettered.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.skipped.saturating_add(self.dead_lettered)
    }

    /// Adds another node's counts, field by field.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
    }

    /// Takes counts away that were added before.
    pub fn take(&mut self, other: &Self) {
        self.combine(other, u64::saturating_sub);
    }

    fn combine(&mut self, other: &Self, f: impl Fn(u64, u64) -> u64) {
        let (mut a, b) = (self.fields(), other.fields());
        for (a, b) in a.iter_mut().zip(b) {
            *a = f(*a, b);
        }
        *self = Self::from_fields(&a);
    }

    fn fields(&self) -> [u64; FIELDS] {
        let f = &self.failed;
        [
            self.read,
            self.passed,
            self.filtered,
            self.skipped,
            self.dead_lettered,
            self.emitted,
            self.retried,
            f[0],
            f[1],
            f[2],
            f[3],
            f[4],
            f[5],
            self.bytes_in,
            self.bytes_out,
        ]
    }

    fn from_fields(f: &[u64; FIELDS]) -> Self {
        Self {
            read: f[0],
            passed: f[1],
            filtered: f[2],
            skipped: f[3],
            dead_lettered: f[4],
            emitted: f[5],
            retried: f[6],
            failed: [f[7], f[8], f[9], f[10], f[11], f[12]],
            bytes_in: f[13],
            bytes_out: f[14],
        }
    }
}

/// What a node did since the task's last checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeDelta {
    /// The node, by its place in the graph.
    pub node: u32,
    /// The difference.
    pub counts: NodeCounts,
}

/// The counts of one task in few bytes: node after node, ascending, only what is not zero.
///
/// Each node is `varint(node) varint(mask of fields) varint(field)…`. A task of one node that read and passed one
/// item takes five bytes where a [`NodeCounts`] takes 120.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Box<[u8]>);

impl Tally {
    /// A tally from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let tally = Self(bytes.into());
        let mut rest = &*tally.0;
        while !rest.is_empty() {
            read_node(&mut rest)?;
        }
        Some(tally)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The counts, node after node.
    pub fn iter(&self) -> impl Iterator<Item = NodeDelta> + '_ {
        let mut rest = &*self.0;
        std::iter::from_fn(move || if rest.is_empty() { None } else { read_node(&mut rest) })
    }

    /// Adds deltas.
    pub fn add(&mut self, deltas: &[NodeDelta]) {
        if deltas.is_empty() {
            return;
        }
        let mut nodes: Vec<NodeDelta> = self.iter().collect();
        for delta in deltas {
            match nodes.binary_search_by_key(&delta.node, |n| n.node) {
                Ok(at) => nodes[at].counts.add(&delta.counts),
                Err(at) => nodes.insert(at, *delta),
            }
        }
        let mut bytes = Vec::with_capacity(16 * nodes.len());
        for node in &nodes {
            write_node(node, &mut bytes);
        }
        self.0 = bytes.into();
    }
}

fn write_node(node: &NodeDelta, bytes: &mut Vec<u8>) {
    let fields = node.counts.fields();
    let mask = fields.iter().enumerate().fold(0u64, |mask, (i, f)| mask | (u64::from(*f != 0) << i));
    if mask == 0 {
        return;
    }
    write_varint(u64::from(node.node), bytes);
    write_varint(mask, bytes);
    for field in fields.iter().filter(|f| **f != 0) {
        write_varint(*field, bytes);
    }
}

fn read_node(bytes: &mut &[u8]) -> Option<NodeDelta> {
    let node = u32::try_from(read_varint(bytes)?).ok()?;
    let mask = read_varint(bytes)?;
    if mask >> FIELDS != 0 {
        return None;
    }
    let mut fields = [0u64; FIELDS];
    for (i, field) in fields.iter_mut().enumerate() {
        if mask >> i & 1 == 1 {
            *field = read_varint(bytes)?;
        }
    }
    Some(NodeDelta { node, counts: NodeCounts::from_fields(&fields) })
}

fn write_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_gives_back_the_sum_of_what_was_added() {
        let one =
            NodeCounts { read: 3, passed: 2, failed: [0, 0, 9, 0, 0, u64::MAX], ..NodeCounts::default() };
        let two = NodeCounts { read: 1, bytes_out: 1 << 40, ..NodeCounts::default() };
        let mut tally = Tally::default();
        tally.add(&[NodeDelta { node: 7, counts: one }, NodeDelta { node: 0, counts: two }]);
        tally.add(&[NodeDelta { node: 7, counts: two }]);
        let got: Vec<_> = tally.iter().collect();
        let mut sum = one;
        sum.add(&two);
        assert_eq!(got, [NodeDelta { node: 0, counts: two }, NodeDelta { node: 7, counts: sum }]);
        assert_eq!(Tally::from_bytes(tally.as_bytes()), Some(tally.clone()));
        sum.take(&two);
        assert_eq!(sum.read, 3);
        for cut in 1..tally.as_bytes().len() {
            let _ = Tally::from_bytes(&tally.as_bytes()[..cut]);
        }
        assert_eq!(Tally::from_bytes(&[0xff]), None);
    }

    #[test]
    fn a_task_of_one_item_takes_five_bytes() {
        let mut tally = Tally::default();
        let counts = NodeCounts { read: 1, passed: 1, ..NodeCounts::default() };
        tally.add(&[NodeDelta { node: 3, counts }]);
        assert!(tally.as_bytes().len() <= 5, "{tally:?}");
    }
}
