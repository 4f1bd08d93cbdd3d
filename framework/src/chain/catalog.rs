//! What processors and records exist, as far as a chain has to know them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use dyeline_engine::plan::{NodeState, RecordRef, Role};
use dyeline_processors::contract::{
    self, ParamType, PortRecord, ProcessorType, RecordType, StateKind, registry::Registry,
};
use dyeline_router::toml::{Mistake, Mistakes};

use super::code;

/// Processors and records by name; cheap to clone.
#[derive(Clone, Default)]
pub struct Catalog(Arc<Contents>);

#[derive(Default)]
struct Contents {
    processors: BTreeMap<String, ProcessorSpec>,
    records: BTreeMap<String, RecordSpec>,
    /// What is wrong with the program itself: names that are used twice.
    duplicates: Vec<String>,
}

/// One processor.
#[derive(Clone, Debug)]
pub struct ProcessorSpec {
    /// The name chain files use.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// What it is for.
    pub doc: String,
    /// Its parameters.
    pub params: Vec<ParamType>,
    /// Its input ports; none for splitters and loaders.
    pub inputs: Vec<PortSpec>,
    /// Its output ports, the main one first; none for splitters and sinks.
    pub outputs: Vec<PortSpec>,
    /// For splitters and loaders: the type of the shards they write or read.
    pub shard: Option<String>,
    /// Whether a checkpoint can be taken in the middle of a shard.
    pub state: NodeState,
    /// Whether it is an aggregate that can combine before an exchange.
    pub combines: bool,
    /// The registry's entry, which can build one; `None` in a catalog made by hand.
    pub registered: Option<&'static ProcessorType>,
}

/// One input or output.
#[derive(Clone, Debug)]
pub struct PortSpec {
    /// Its name.
    pub name: String,
    /// What it carries.
    pub items: PortItems,
}

/// What a port carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortItems {
    /// This record.
    Record(RecordRef),
    /// The record that the node's `record` key names.
    Declared,
    /// Whatever arrives.
    Any,
}

/// One record.
#[derive(Clone, Debug)]
pub struct RecordSpec {
    /// Its name.
    pub name: String,
    /// The hash of its schema.
    pub hash: u64,
    /// Names and types of its fields.
    pub fields: Vec<(String, String)>,
    /// The registry's entry; `None` in a catalog made by hand.
    pub registered: Option<RecordType>,
}

impl RecordSpec {
    /// What edges say of it.
    pub fn reference(&self) -> RecordRef {
        RecordRef { name: self.name.clone(), hash: self.hash }
    }
}

impl Catalog {
    /// A catalog made by hand.
    pub fn new(
        processors: impl IntoIterator<Item = ProcessorSpec>,
        records: impl IntoIterator<Item = RecordSpec>,
    ) -> Self {
        Self(Arc::new(Contents {
            processors: processors.into_iter().map(|p| (p.name.clone(), p)).collect(),
            records: records.into_iter().map(|r| (r.name.clone(), r)).collect(),
            duplicates: Vec::new(),
        }))
    }

    /// Everything that is linked into this program. A name that is used twice is a mistake of every chain that is
    /// read with it.
    pub fn registered() -> Self {
        let registry = match Registry::linked() {
            Ok(registry) => registry,
            Err(duplicates) => {
                let duplicates = duplicates.iter().map(ToString::to_string).collect();
                return Self(Arc::new(Contents { duplicates, ..Contents::default() }));
            }
        };
        let mut records: BTreeMap<String, RecordSpec> = BTreeMap::new();
        let mut learn = |record: &RecordType| {
            let spec = record_spec(record);
            let reference = spec.reference();
            records.insert(spec.name.clone(), spec);
            reference
        };
        registry.records.values().for_each(|record| {
            learn(record);
        });
        let processors: Vec<ProcessorSpec> =
            registry.processors.values().map(|p| processor_spec(p, &mut learn)).collect();
        Self::new(processors, records.into_values())
    }

    /// Names that are used twice in this program, a mistake each.
    pub fn mistakes(&self) -> Mistakes {
        let mut mistakes = Mistakes::new();
        for duplicate in &self.0.duplicates {
            mistakes.push(Mistake::error(code::DUPLICATE_NAME, duplicate.as_str()));
        }
        mistakes
    }

    /// A processor.
    pub fn processor(&self, name: &str) -> Option<&ProcessorSpec> {
        self.0.processors.get(name)
    }

    /// All processors by name.
    pub fn processors(&self) -> impl Iterator<Item = &ProcessorSpec> {
        self.0.processors.values()
    }

    /// A record.
    pub fn record(&self, name: &str) -> Option<&RecordSpec> {
        self.0.records.get(name)
    }

    /// All records by name.
    pub fn records(&self) -> impl Iterator<Item = &RecordSpec> {
        self.0.records.values()
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalog({} processors, {} records)", self.0.processors.len(), self.0.records.len())
    }
}

fn record_spec(record: &RecordType) -> RecordSpec {
    let schema = record.schema;
    let kind = |f: &contract::SchemaField| format!("{}{}", f.kind, if f.optional { "?" } else { "" });
    RecordSpec {
        name: schema.name.to_owned(),
        hash: schema.hash(),
        fields: schema.fields.iter().map(|f| (f.name.to_owned(), kind(f))).collect(),
        registered: Some(*record),
    }
}

fn processor_spec(
    processor: &'static ProcessorType,
    learn: &mut impl FnMut(&RecordType) -> RecordRef,
) -> ProcessorSpec {
    let mut ports = |ports: &[contract::PortType]| -> Vec<PortSpec> {
        let port = |port: &contract::PortType| PortSpec {
            name: port.name.to_owned(),
            items: match port.record {
                PortRecord::Typed(record) => PortItems::Record(learn(&record())),
                PortRecord::Declared => PortItems::Declared,
                PortRecord::Any => PortItems::Any,
            },
        };
        ports.iter().map(port).collect()
    };
    ProcessorSpec {
        name: processor.name.to_owned(),
        role: match processor.role {
            contract::Role::Splitter => Role::Splitter,
            contract::Role::Loader => Role::Loader,
            contract::Role::Processor => Role::Processor,
            contract::Role::Reducer => Role::Reducer,
            contract::Role::Sink => Role::Sink,
        },
        doc: processor.doc.trim().to_owned(),
        params: (processor.params)(),
        inputs: ports(processor.inputs),
        outputs: ports(processor.outputs),
        shard: processor.shard.map(str::to_owned),
        state: match processor.state {
            StateKind::None => NodeState::None,
            StateKind::Saved => NodeState::Saved,
            StateKind::Unsaved => NodeState::Unsaved,
        },
        combines: processor.combines,
        registered: Some(processor),
    }
}
