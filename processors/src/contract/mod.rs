//! What a processor is: the traits a user implements, the types they speak of, and the erased forms that the worker
//! drives.
//!
//! Read in this order: [`error`] (how things fail), [`record`] and [`chunk`] (what moves), [`roles`] (what a user
//! implements), [`erased`] (what the worker calls, once per chunk), [`registry`] (how a chain file finds them).

pub mod chunk;
pub mod context;
pub mod emit;
pub mod erased;
pub mod error;
pub mod inputs;
pub mod param;
pub mod record;
pub mod registry;
pub mod roles;
pub mod run;

pub use chunk::Chunk;
pub use context::{Context, Stop};
pub use emit::{Emitter, Ports};
pub use erased::{Closed, LoadNode, Node, ProcessNode, SinkNode, SplitNode};
pub use error::{Class, Error, Result};
pub use inputs::Inputs;
pub use param::{Param, ParamError, ParamMap, Secret};
pub use record::{FieldType, Record, RecordOps, RecordType, Schema, SchemaField};
pub use registry::{BuildArgs, ParamType, PortRecord, PortType, ProcessorType, Role, StateKind};
pub use roles::{Aggregate, AsyncProcess, Load, Process, Reduce, Split, Write};
pub use run::{DeadLetter, Failure, ItemPlace, ItemRun, NodeCounts};
