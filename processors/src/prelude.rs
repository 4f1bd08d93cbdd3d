//! What a file with processors imports: `use dyeline::prelude::*;`.

pub use crate::{
    contract::{
        Aggregate, AsyncProcess, Class, Context, Emitter, Error, Load, Process, Record, Reduce, Result,
        Secret, Split, Write, error::ResultExt,
    },
    decimal::{Decimal, Rounding},
};
pub use dyeline_derive::{Loader, Processor, Record, Reducer, Sink, Splitter};
