//! Building every node once, for its mistakes: what a processor can say of its parameters before any work.
//!
//! Building reads nothing from outside, so this is as cheap as the other checks. What is built is thrown away.

use dyeline_engine::plan::{Edge, Exchange};
use dyeline_processors::contract::{BuildArgs, ParamMap, RecordType};
use dyeline_router::toml::{Entry, Mistake, Mistakes, Value};

use super::{catalog::Catalog, code, draft::Draft};

/// Builds each node whose processor is registered and whose inputs are known.
pub(super) fn try_build(
    drafts: &[Draft<'_>],
    edges: &[Vec<Edge>],
    entries: &[Entry],
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) {
    for ((draft, edges), entry) in drafts.iter().zip(edges).zip(entries) {
        let Some(registered) = draft.spec.and_then(|spec| spec.registered) else { continue };
        let Some(inputs) = inputs(registered.inputs.len(), edges, catalog) else { continue };
        let params: ParamMap = draft.params.clone().into_iter().collect();
        let sorted_by = match &draft.moves.exchange {
            Some(Exchange::Sorted { field }) => Some(field.as_str()),
            _ => None,
        };
        let args = BuildArgs {
            params: &params,
            record: draft.record.and_then(|record| record.registered),
            inputs: &inputs,
            sorted_by,
            combine: false,
            merge: false,
            concurrency: draft.policy.concurrency,
        };
        let Err(errors) = (registered.build)(&args) else { continue };
        for error in errors {
            let what = if error.param.is_empty() { String::new() } else { format!("`{}` of ", error.param) };
            let message = format!("{what}node `{}` (`{}`): {}", draft.name, registered.name, error.message);
            let mistake = Mistake::error(code::BAD_PARAM, message);
            mistakes.push(mistake.at(place_of(entry, &error.param).unwrap_or_else(|| draft.place.clone())));
        }
    }
}

/// What arrives at each input port; `None` when it is not known of one.
fn inputs(ports: usize, edges: &[Edge], catalog: &Catalog) -> Option<Vec<RecordType>> {
    let of_port = |port: usize| {
        let edge = edges.iter().find(|edge| edge.input as usize == port)?;
        catalog.record(&edge.record.name)?.registered
    };
    (0..ports).map(of_port).collect()
}

fn place_of(entry: &Entry, param: &str) -> Option<dyeline_router::toml::Place> {
    match &entry.item.value {
        Value::Table(table) => table.get(param).map(|entry| entry.item.place.clone()),
        _ => None,
    }
}
