//! From drafts to a graph: edges found by name, their types, roles, fields, cycles.

use dyeline_engine::plan::{
    Edge, Exchange, RecordRef, Role, role_name, topological, why_not_after, why_not_alone,
};
use dyeline_router::toml::{Mistake, Mistakes, suggestion};

use super::{
    after::After,
    catalog::{Catalog, PortItems, PortSpec},
    code,
    draft::{Draft, declares},
};

/// An edge with both ends found.
#[derive(Clone, Debug)]
struct Wire<'d> {
    from: usize,
    /// The output port, when the producer's processor is known and has it.
    output: Option<u32>,
    input: Option<u32>,
    after: &'d After,
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
    let inputs: Vec<Vec<usize>> = wires.iter().map(|w| w.iter().map(|wire| wire.from).collect()).collect();
    match topological(&inputs) {
        Ok(order) => Typing { drafts, wires: &wires, catalog, arriving: vec![None; drafts.len()] }
            .run(&order, mistakes),
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
            (Some(spec), Some(port)) => {
                let message = || format!("node `{}` (`{}`) has no output `{port}`", after.node, spec.name);
                port_place(&spec.outputs, port, after, message, mistakes)
            }
        };
        let input = match (&draft.spec, &after.input) {
            (None, _) => None,
            (Some(_), None) => Some(0),
            (Some(spec), Some(port)) => {
                let message = || format!("node `{}` (`{}`) has no input `{port}`", draft.name, spec.name);
                port_place(&spec.inputs, port, after, message, mistakes)
            }
        };
        wires.push(Wire { from, output, input, after });
    }
    wires
}

fn port_place(
    ports: &[PortSpec],
    name: &str,
    after: &After,
    message: impl Fn() -> String,
    mistakes: &mut Mistakes,
) -> Option<u32> {
    let found = ports.iter().position(|port| port.name == name);
    if found.is_none() {
        let help = suggestion(name, ports.iter().map(|port| port.name.as_str()));
        let mistake = Mistake::error(code::UNKNOWN_PORT, message()).at(after.place.clone());
        mistakes.push(mistake.label("unknown port").help(help));
    }
    found.and_then(|place| u32::try_from(place).ok())
}

/// What may follow what, and whether every input is fed.
fn roles(draft: &Draft<'_>, wires: &[Wire<'_>], drafts: &[Draft<'_>], mistakes: &mut Mistakes) {
    let Some(spec) = draft.spec else { return };
    let this = role_name(spec.role);
    if let Some((why, help)) = why_not_alone(spec.role, draft.after.len()) {
        let message = format!("node `{}` is a {this} {why}", draft.name);
        let place = draft.after.first().map_or(&draft.place, |after| &after.place);
        mistakes.push(Mistake::error(code::ROLE, message).at(place.clone()).help(help));
        return;
    }
    for wire in wires {
        let producer = &drafts[wire.from];
        let Some(from) = producer.spec else { continue };
        if let Some(help) = why_not_after(from.role, spec.role) {
            let that = role_name(from.role);
            let message =
                format!("node `{}`, a {this}, cannot follow `{}`, a {that}", draft.name, producer.name);
            let mistake = Mistake::error(code::ROLE, message).at(wire.after.place.clone());
            mistakes.push(
                mistake
                    .label(format!("a {that}"))
                    .also(producer.place.clone(), format!("the {that}"))
                    .help(help),
            );
        }
    }
    let moves = draft.moves.exchange.is_some() || draft.barrier.is_some();
    if moves && matches!(spec.role, Role::Splitter | Role::Loader) {
        let message = format!("node `{}`, a {this}, cannot have an exchange or a barrier", draft.name);
        let help = "give it to the node that reads the items";
        mistakes.push(Mistake::error(code::ROLE, message).at(draft.place.clone()).help(help));
    }
    let known = wires.len() == draft.after.len() && wires.iter().all(|wire| wire.input.is_some());
    for (place, port) in spec.inputs.iter().enumerate().filter(|_| known && spec.inputs.len() > 1) {
        if !wires.iter().any(|wire| wire.input == u32::try_from(place).ok()) {
            let message = format!("nothing feeds the input `{}` of node `{}`", port.name, draft.name);
            let names: Vec<String> = spec.inputs.iter().map(|p| format!("{} = \"…\"", p.name)).collect();
            let mistake = Mistake::error(code::UNKNOWN_PORT, message).at(draft.place.clone());
            mistakes.push(mistake.help(format!("write `after = {{ {} }}`", names.join(", "))));
        }
    }
}

/// A `record` where it is needed, and only there.
fn record_key(draft: &Draft<'_>, catalog: &Catalog, mistakes: &mut Mistakes) {
    let Some(spec) = draft.spec else { return };
    match (&draft.record_place, declares(spec)) {
        (None, true) => {
            let names: Vec<String> = catalog.records().map(|r| format!("`{}`", r.name)).collect();
            let known =
                if names.is_empty() { String::new() } else { format!("; there is {}", names.join(", ")) };
            let message = format!("node `{}` (`{}`) needs a `record`", draft.name, spec.name);
            let mistake = Mistake::error(code::RECORD_KEY, message).at(draft.place.clone());
            mistakes.push(
                mistake
                    .label("`record` is missing")
                    .help(format!("name what its items are: `record = \"…\"`{known}")),
            );
        }
        (Some(place), false) => {
            let message = format!("node `{}` (`{}`) takes no `record`", draft.name, spec.name);
            let mistake = Mistake::error(code::RECORD_KEY, message).at(place.clone());
            mistakes.push(
                mistake
                    .label("not used")
                    .help("take it out: its types are fixed, or follow from what arrives"),
            );
        }
        _ => {}
    }
}

fn nothing_after(drafts: &[Draft<'_>], wires: &[Vec<Wire<'_>>], mistakes: &mut Mistakes) {
    for (place, draft) in drafts.iter().enumerate() {
        let Some(spec) = draft.spec else { continue };
        if wires.iter().flatten().any(|wire| wire.from == place) {
            continue;
        }
        // With an unknown name somewhere, that may have been meant to be this node.
        let unsure = drafts.iter().zip(wires).any(|(draft, wires)| wires.len() < draft.after.len());
        let lost = |what: &str| format!("nothing comes after node `{}`: {what}", draft.name);
        let mistake = match spec.role {
            Role::Splitter if !unsure => {
                let help = format!("add a loader with `after = \"{}\"`", draft.name);
                Mistake::error(code::NOTHING_AFTER, lost("its shards are never read")).help(help)
            }
            Role::Loader | Role::Reducer if !unsure => {
                Mistake::warning(code::NOTHING_AFTER, lost("its items go nowhere"))
                    .help("add a sink after it")
            }
            _ => continue,
        };
        mistakes.push(mistake.at(draft.place.clone()));
    }
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

/// Finds what travels along each edge, producers first.
struct Typing<'d, 'c> {
    drafts: &'d [Draft<'c>],
    wires: &'d [Vec<Wire<'d>>],
    catalog: &'d Catalog,
    /// For each node what arrives at its first input, once it is known.
    arriving: Vec<Option<RecordRef>>,
}

impl Typing<'_, '_> {
    fn run(mut self, order: &[usize], mistakes: &mut Mistakes) -> Vec<Vec<Edge>> {
        let mut edges = vec![Vec::new(); self.drafts.len()];
        for place in order {
            let draft = &self.drafts[*place];
            for wire in &self.wires[*place] {
                let Some(record) = self.given_by(wire) else { continue };
                self.fit(draft, wire, &record, mistakes);
                self.field(draft, wire, &record, mistakes);
                if wire.input == Some(0) && self.arriving[*place].is_none() {
                    self.arriving[*place] = Some(record.clone());
                }
                if let (Some(output), Some(input)) = (wire.output, wire.input) {
                    edges[*place].push(Edge { from: wire.from, output, input, record });
                }
            }
            self.result_field(*place, mistakes);
        }
        edges
    }

    /// What the producer of an edge gives.
    fn given_by(&self, wire: &Wire<'_>) -> Option<RecordRef> {
        self.output_of(wire.from, wire.output?)
    }

    fn output_of(&self, place: usize, output: u32) -> Option<RecordRef> {
        let draft = &self.drafts[place];
        let spec = draft.spec?;
        if spec.role == Role::Splitter {
            return Some(RecordRef { name: spec.shard.clone().unwrap_or_default(), hash: 0 });
        }
        match &spec.outputs.get(output as usize)?.items {
            PortItems::Record(record) => Some(record.clone()),
            PortItems::Declared => draft.record.map(|record| record.reference()),
            PortItems::Any => self.arriving[place].clone(),
        }
    }

    /// Whether what arrives is what the consumer takes.
    fn fit(&self, draft: &Draft<'_>, wire: &Wire<'_>, record: &RecordRef, mistakes: &mut Mistakes) {
        let (Some(spec), Some(input)) = (draft.spec, wire.input) else { return };
        let producer = &self.drafts[wire.from];
        let (what, wanted) = if spec.role == Role::Loader {
            let shard = spec.shard.clone().unwrap_or_default();
            ("shards", RecordRef { name: shard, hash: 0 })
        } else {
            let wanted = match spec.inputs.get(input as usize).map(|port| &port.items) {
                Some(PortItems::Record(record)) => Some(record.clone()),
                Some(PortItems::Declared) => draft.record.map(|record| record.reference()),
                Some(PortItems::Any) | None => None,
            };
            let Some(wanted) = wanted else { return };
            ("items", wanted)
        };
        let splitter = producer.spec.is_some_and(|spec| spec.role == Role::Splitter);
        if wanted == *record || splitter != (spec.role == Role::Loader) {
            return;
        }
        let (takes, gives) = (&wanted.name, &record.name);
        let message =
            format!("node `{}` takes `{takes}`, but `{}` gives `{gives}`", draft.name, producer.name);
        let help = if takes == gives {
            "two builds of one record have different fields: build both from the same struct".to_owned()
        } else if what == "shards" {
            format!("put a loader of `{gives}` after it, or use a splitter of `{takes}`")
        } else {
            format!("put a processor between them that takes `{gives}` and gives `{takes}`")
        };
        mistakes.push(
            Mistake::error(code::TYPE_MISMATCH, message)
                .at(wire.after.place.clone())
                .label(format!("gives {what} of `{gives}`"))
                .also(draft.place.clone(), format!("takes {what} of `{takes}`"))
                .help(help),
        );
    }

    /// Whether the field of an exchange is one of what arrives.
    fn field(&self, draft: &Draft<'_>, wire: &Wire<'_>, record: &RecordRef, mistakes: &mut Mistakes) {
        let Some((field, place)) = &draft.moves.by else { return };
        let Some(spec) = self.catalog.record(&record.name) else { return };
        if !spec.fields.iter().any(|(name, _)| name == field) {
            let producer = &self.drafts[wire.from].name;
            let message =
                format!("record `{}` of `{producer}` has no field `{field}` to exchange by", spec.name);
            let help = suggestion(field, spec.fields.iter().map(|(name, _)| name.as_str()));
            let mistake = Mistake::error(code::UNKNOWN_FIELD, message).at(place.clone());
            mistakes.push(mistake.label("unknown field").help(help));
        }
    }

    /// An aggregate that combines first is exchanged by a field of its result.
    fn result_field(&self, place: usize, mistakes: &mut Mistakes) {
        let draft = &self.drafts[place];
        let combines = draft.spec.is_some_and(|spec| spec.combines);
        let (Some(Exchange::By { field, .. }), true) = (&draft.moves.exchange, combines) else { return };
        let Some(result) = self.output_of(place, 0).and_then(|r| self.catalog.record(&r.name)) else {
            return;
        };
        let arrives = self.arriving[place].as_ref().and_then(|r| self.catalog.record(&r.name));
        let has = |record: &super::catalog::RecordSpec| record.fields.iter().any(|(name, _)| name == field);
        if has(result) || arrives.is_some_and(|record| !has(record)) {
            return;
        }
        let message = format!(
            "node `{}` combines before its exchange, but its result `{}` has no field `{field}`",
            draft.name, result.name
        );
        let help = suggestion(field, result.fields.iter().map(|(name, _)| name.as_str()));
        let at = draft.moves.by.as_ref().map(|(_, place)| place.clone());
        let mistake = Mistake::error(code::UNKNOWN_FIELD, message).at(at).label("not in the result");
        mistakes.push(mistake.help(help).help("an aggregate is exchanged by its key"));
    }
}
