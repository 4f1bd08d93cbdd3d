//! Building every node once, for its mistakes: what a processor can say of its parameters before any work.
//!
//! Building reads nothing from outside, so this is as cheap as the other checks. What is built is thrown away.

use std::path::PathBuf;

use dyeline_engine::plan::{Edge, Exchange};
use dyeline_processors::contract::{BuildArgs, Node, ParamMap, RecordType};
use dyeline_router::toml::{Entry, Mistake, Mistakes, Place, Value};

use super::{catalog::Catalog, code, draft::Draft};

/// A folder that belongs to one sink.
struct Folder<'a> {
    node: &'a str,
    place: Place,
    path: PathBuf,
}

/// Builds each node whose processor is registered and whose inputs and parameters are known.
pub(super) fn try_build(
    drafts: &[Draft<'_>],
    edges: &[Vec<Edge>],
    entries: &[Entry],
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) {
    let mut folders: Vec<Folder<'_>> = Vec::new();
    for ((draft, edges), entry) in drafts.iter().zip(edges).zip(entries) {
        let Some(registered) = draft.spec.and_then(|spec| spec.registered) else { continue };
        if !draft.pending.is_empty() {
            continue;
        }
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
        let errors = match (registered.build)(&args) {
            Ok(Node::Sink(sink)) => {
                let Some((param, path)) = sink.folder() else { continue };
                let place = place_of(entry, param).unwrap_or_else(|| draft.place.clone());
                own(Folder { node: &draft.name, place, path: path.to_owned() }, &mut folders, mistakes);
                continue;
            }
            Ok(_) => continue,
            Err(errors) => errors,
        };
        for error in errors {
            let what = if error.param.is_empty() { String::new() } else { format!("`{}` of ", error.param) };
            let message = format!("{what}node `{}` (`{}`): {}", draft.name, registered.name, error.message);
            let mistake = Mistake::error(code::BAD_PARAM, message);
            mistakes.push(mistake.at(place_of(entry, &error.param).unwrap_or_else(|| draft.place.clone())));
        }
    }
}

/// Takes note of a sink's folder, which no other sink may have: each would remove what the other one wrote.
fn own<'a>(folder: Folder<'a>, folders: &mut Vec<Folder<'a>>, mistakes: &mut Mistakes) {
    let Some(first) = folders.iter().find(|other| other.path == folder.path) else {
        folders.push(folder);
        return;
    };
    let message = format!(
        "nodes `{}` and `{}` write into the same folder, {}",
        first.node,
        folder.node,
        folder.path.display()
    );
    mistakes.push(
        Mistake::error(code::SHARED_FOLDER, message)
            .at(folder.place)
            .label(format!("`{}` writes there already", first.node))
            .also(first.place.clone(), "first given here")
            .help("give each sink a folder of its own, such as one below this"),
    );
}

/// What arrives at each input port; `None` when it is not known of one.
fn inputs(ports: usize, edges: &[Edge], catalog: &Catalog) -> Option<Vec<RecordType>> {
    let of_port = |port: usize| {
        let edge = edges.iter().find(|edge| edge.input as usize == port)?;
        catalog.record(&edge.record.name)?.registered
    };
    (0..ports).map(of_port).collect()
}

fn place_of(entry: &Entry, param: &str) -> Option<Place> {
    match &entry.item.value {
        Value::Table(table) => table.get(param).map(|entry| entry.item.place.clone()),
        _ => None,
    }
}
