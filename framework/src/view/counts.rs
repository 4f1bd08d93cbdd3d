//! Counts per node, by name and in the order of the chain file.

use std::fmt;

use dyeline_engine::{CLASSES, NodeCounts, plan::Role};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};

/// What one node has done, over committed work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// What it does.
    pub role: Role,
    /// Items that came in.
    pub read: u64,
    /// Items that went through.
    pub passed: u64,
    /// Items dropped on purpose.
    pub filtered: u64,
    /// Items given up.
    pub skipped: u64,
    /// Items given up and kept.
    pub dead_lettered: u64,
    /// Items that went out.
    pub emitted: u64,
    /// Attempts or items tried again because of it.
    pub retried: u64,
    /// Failures by class.
    pub failed: FailedCounts,
    /// Bytes that came in.
    pub bytes_in: u64,
    /// Bytes that went out.
    pub bytes_out: u64,
}

impl NodeStatus {
    /// The counts of a node.
    pub fn new(role: Role, counts: &NodeCounts) -> Self {
        Self {
            role,
            read: counts.read,
            passed: counts.passed,
            filtered: counts.filtered,
            skipped: counts.skipped,
            dead_lettered: counts.dead_lettered,
            emitted: counts.emitted,
            retried: counts.retried,
            failed: FailedCounts(counts.failed),
            bytes_in: counts.bytes_in,
            bytes_out: counts.bytes_out,
        }
    }

    /// Items that the node has dealt with: a loader's are those it made.
    pub fn items(&self) -> u64 {
        self.read.max(if self.role == Role::Loader { self.emitted } else { 0 })
    }
}

/// Failures by class, in the order of [`CLASSES`]; a map by the classes' words in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailedCounts(pub [u64; 6]);

impl FailedCounts {
    /// Failures of all classes.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Serialize for FailedCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(CLASSES.iter().map(|class| (class.word(), self.0[class.index()])))
    }
}

impl<'de> Deserialize<'de> for FailedCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = std::collections::BTreeMap::<String, u64>::deserialize(deserializer)?;
        Ok(Self(CLASSES.map(|class| words.get(class.word()).copied().unwrap_or(0))))
    }
}

/// Something for each node, in the order of the chain file; a map in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes<T>(pub Vec<(String, T)>);

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Nodes<T> {
    /// A node's.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<T: Serialize> Serialize for Nodes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nodes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodesVisitor(std::marker::PhantomData))
    }
}

/// Reads a map and keeps its order.
struct NodesVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NodesVisitor<T> {
    type Value = Nodes<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with an entry for each node")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(entry) = map.next_entry()? {
            nodes.push(entry);
        }
        Ok(Nodes(nodes))
    }
}
