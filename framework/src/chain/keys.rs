//! Whether the keys by which the inputs of a join are exchanged can meet.

use dyeline_engine::plan::RecordRef;
use dyeline_router::toml::{Mistake, Mistakes, Place};

use super::{
    by::By,
    catalog::{Catalog, RecordSpec},
    code,
    draft::Draft,
    wire::Wire,
};

/// What decides the shard of the items of one input.
struct Key<'c> {
    record: &'c RecordSpec,
    field: &'c str,
    kind: &'c str,
    /// Where the field is named.
    by: &'c Place,
    /// Where the producer is named.
    after: &'c Place,
}

/// Keys of other types are never equal, and equal values of two types need not be hashed alike: their items would miss
/// each other without a word.
pub(super) fn keys_fit(
    draft: &Draft<'_>,
    arriving: &[(&Wire<'_>, RecordRef)],
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) {
    let Some(by) = &draft.moves.by else { return };
    let keys = || arriving.iter().filter_map(|(wire, record)| key(by, wire, record, catalog));
    let Some(wanted) = keys().next() else { return };
    let Some(found) = keys().find(|key| !same(&wanted, key)) else { return };
    let of = |key: &Key<'_>| format!("`{}` of `{}`, {}", key.field, key.record.name, key.kind);
    let (one, other) = (of(&wanted), of(&found));
    let message = format!("node `{}` is exchanged by keys that do not meet: {one}, and {other}", draft.name);
    let mut mistake = Mistake::error(code::KEY_MISMATCH, message).at(found.by.clone());
    mistake = match by {
        By::All(..) => mistake.label(format!("{} and {}", wanted.kind, found.kind)),
        By::Each(_) => mistake.label(found.kind).also(wanted.by.clone(), wanted.kind),
    };
    for key in [wanted, found] {
        let label = format!("gives `{}`, whose `{}` is {}", key.record.name, key.field, key.kind);
        mistake = mistake.also(key.after.clone(), label);
    }
    mistakes.push(mistake.help("give both fields one type, or put a processor before one that changes it"));
}

fn key<'c>(by: &'c By, wire: &'c Wire<'_>, record: &RecordRef, catalog: &'c Catalog) -> Option<Key<'c>> {
    let (field, by) = by.of_input(wire.input?)?;
    let record = catalog.record(&record.name)?;
    let (_, kind) = record.fields.iter().find(|(name, _)| name == field)?;
    Some(Key { record, field, kind, by, after: &wire.after.place })
}

/// Whether equal values of both are in the same shard.
fn same(a: &Key<'_>, b: &Key<'_>) -> bool {
    let registered = |key: &Key<'_>| {
        let schema = key.record.registered?.schema;
        schema.fields.get(schema.field(key.field)?).copied()
    };
    match (registered(a), registered(b)) {
        (Some(a), Some(b)) => a.meets(b),
        _ => a.kind == b.kind,
    }
}
