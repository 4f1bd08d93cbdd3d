//! From drafts to a graph: edges found by name, then checked for cycles, roles and types.

use dyeline_engine::plan::{Edge, Role, topological};
use dyeline_router::toml::{Mistake, Mistakes, suggestion};

use super::{
    after::After,
    catalog::{Catalog, PortSpec, ProcessorSpec},
    code,
    draft::Draft,
    roles::{no_dead_letters, nothing_after, record_key, roles, uncut_keys},
    typing::Typing,
};

/// The output that every node but a splitter has beside those of its processor: items that were given up.
pub(super) const DEAD_LETTERS: &str = "dead-letters";

/// Where a processor's dead letters come out: behind its own outputs.
pub(super) fn dead_letter_port(spec: &ProcessorSpec) -> Option<u32> {
    u32::try_from(spec.outputs.len()).ok()
}

/// An edge with both ends found.
#[derive(Clone, Debug)]
pub(super) struct Wire<'d> {
    pub from: usize,
    /// The output port, when the producer's processor is known and has it.
    pub output: Option<u32>,
    pub input: Option<u32>,
    pub after: &'d After,
}

impl Wire<'_> {
    /// Whether it carries what was given up.
    pub(super) fn carries_letters(&self) -> bool {
        self.after.port.as_deref() == Some(DEAD_LETTERS)
    }
}

/// Connects the drafts: for each node its edges. Whatever is wrong is a mistake; what could not be looked up is left
/// out, so that one mistake does not become several.
pub(super) fn wire(drafts: &[Draft<'_>], catalog: &Catalog, mistakes: &mut Mistakes) -> Vec<Vec<Edge>> {
    let wires: Vec<Vec<Wire<'_>>> = drafts.iter().map(|draft| find(draft, drafts, mistakes)).collect();
    for (draft, wires) in drafts.iter().zip(&wires) {
        roles(draft, wires, drafts, mistakes);
        record_key(draft, catalog, mistakes);
    }
    nothing_after(drafts, &wires, mistakes);
    no_dead_letters(drafts, &wires, mistakes);
    uncut_keys(drafts, &wires, mistakes);
    let inputs: Vec<Vec<usize>> = wires.iter().map(|w| w.iter().map(|wire| wire.from).collect()).collect();
    match topological(&inputs) {
        Ok(order) => Typing::new(drafts, &wires, catalog).run(&order, mistakes),
        Err(cycle) => {
            report_cycle(&cycle, drafts, &wires, mistakes);
            Vec::new()
        }
    }
}

/// Looks up the names in `after`.
fn find<'d>(draft: &'d Draft<'_>, drafts: &'d [Draft<'_>], mistakes: &mut Mistakes) -> Vec<Wire<'d>> {
    let mut wires = Vec::new();
    for after in &draft.after {
        let Some(from) = drafts.iter().position(|other| other.name == after.node) else {
            let names = drafts.iter().map(|d| d.name.as_str()).filter(|name| *name != draft.name);
            let message = format!("node `{}` comes after `{}`, which does not exist", draft.name, after.node);
            let mistake = Mistake::error(code::UNKNOWN_NODE, message).at(after.place.clone());
            mistakes.push(mistake.label("no node has this name").help(suggestion(&after.node, names)));
            continue;
        };
        let output = match (&drafts[from].spec, &after.port) {
            (None, _) => None,
            (Some(_), None) => Some(0),
            (Some(spec), Some(port)) if port == DEAD_LETTERS && spec.role != Role::Splitter => {
                dead_letter_port(spec)
            }
            (Some(spec), Some(port)) => {
                let message = || format!("node `{}` (`{}`) has no output `{port}`", after.node, spec.name);
                let more = (spec.role != Role::Splitter).then_some(DEAD_LETTERS);
                port_place(&spec.outputs, more, port, after, message, mistakes)
            }
        };
        let input = match (&draft.spec, &after.input) {
            (None, _) => None,
            (Some(_), None) => Some(0),
            (Some(spec), Some(port)) => {
                let message = || format!("node `{}` (`{}`) has no input `{port}`", draft.name, spec.name);
                port_place(&spec.inputs, None, port, after, message, mistakes)
            }
        };
        wires.push(Wire { from, output, input, after });
    }
    wires
}

fn port_place(
    ports: &[PortSpec],
    more: Option<&str>,
    name: &str,
    after: &After,
    message: impl Fn() -> String,
    mistakes: &mut Mistakes,
) -> Option<u32> {
    let found = ports.iter().position(|port| port.name == name);
    if found.is_none() {
        let help = suggestion(name, ports.iter().map(|port| port.name.as_str()).chain(more));
        let mistake = Mistake::error(code::UNKNOWN_PORT, message()).at(after.place.clone());
        mistakes.push(mistake.label("unknown port").help(help));
    }
    found.and_then(|place| u32::try_from(place).ok())
}

fn report_cycle(cycle: &[usize], drafts: &[Draft<'_>], wires: &[Vec<Wire<'_>>], mistakes: &mut Mistakes) {
    let mut names: Vec<&str> = cycle.iter().map(|place| drafts[*place].name.as_str()).collect();
    names.extend(names.first().copied());
    let message = format!("nodes wait for each other: {}", names.join(" → "));
    // The edge that closes the cycle: the first node's, from the last.
    let closing = cycle.first().zip(cycle.last());
    let place = closing.and_then(|(first, last)| wires[*first].iter().find(|wire| wire.from == *last));
    let mistake = Mistake::error(code::CYCLE, message).at(place.map(|wire| wire.after.place.clone()));
    mistakes.push(mistake.label("closes the cycle").help("take out one of these edges"));
}
