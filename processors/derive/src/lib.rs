//! The derive macros of Dyeline: `Record` for items, and one for each role a processor can have.
//!
//! Each goes the same way: attributes are read (`attr`), become a model (`record`, `processor`), which is
//! checked, and expanded (`expand`). Mistakes are collected on the way (`mistakes`) and reported all at once, each
//! at its place; what is expanded then is a stub that lets the rest of the program compile.

mod attr;
mod expand;
mod mistakes;
mod names;
mod params;
mod ports;
mod processor;
mod record;
mod role;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use role::Role;

/// Makes a struct an item that moves between processors: a schema, rows of text, a binary form.
///
/// `#[record(name = "Position", rename_all = "kebab-case")]` on the struct, `#[field(name = "user-id")]` on a field.
#[proc_macro_derive(Record, attributes(record, field))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    record::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Registers a splitter: `#[splitter(name = "by-day", shard = Day)]`. The struct then implements `Split`.
#[proc_macro_derive(Splitter, attributes(splitter, loader, processor, reducer, sink, param, state))]
pub fn derive_splitter(input: TokenStream) -> TokenStream {
    processor::derive(&parse_macro_input!(input as DeriveInput), Role::Splitter).into()
}

/// Registers a loader: `#[loader(name = "load-day", shard = Day, cursor = u64, output = Order)]`. The struct then
/// implements `Load`.
#[proc_macro_derive(Loader, attributes(splitter, loader, processor, reducer, sink, param, state))]
pub fn derive_loader(input: TokenStream) -> TokenStream {
    processor::derive(&parse_macro_input!(input as DeriveInput), Role::Loader).into()
}

/// Registers a processor: `#[processor(name = "price", input = Order, output = Priced)]`, or
/// `outputs(accepted = Priced, rejected = Order)` for several outputs. The struct then implements `Process`, or
/// `AsyncProcess` if the attribute says `async`.
///
/// With `inputs(left = A, right = B)` it is a join: for a struct `Match` the derive makes
/// `enum MatchInput { Left(A), Right(B) }`, which `process` takes. Within a shard all items of `left` come before the
/// first of `right`.
#[proc_macro_derive(Processor, attributes(splitter, loader, processor, reducer, sink, param, state))]
pub fn derive_processor(input: TokenStream) -> TokenStream {
    processor::derive(&parse_macro_input!(input as DeriveInput), Role::Processor).into()
}

/// Registers a reducer: `#[reducer(name = "total", input = Priced, output = Total)]`. The struct then implements
/// `Reduce`, or `Aggregate` if the attribute says `aggregate`.
#[proc_macro_derive(Reducer, attributes(splitter, loader, processor, reducer, sink, param, state))]
pub fn derive_reducer(input: TokenStream) -> TokenStream {
    processor::derive(&parse_macro_input!(input as DeriveInput), Role::Reducer).into()
}

/// Registers a sink: `#[sink(name = "post", input = Priced)]`. The struct then implements `Write`.
#[proc_macro_derive(Sink, attributes(splitter, loader, processor, reducer, sink, param, state))]
pub fn derive_sink(input: TokenStream) -> TokenStream {
    processor::derive(&parse_macro_input!(input as DeriveInput), Role::Sink).into()
}
