//! What travels along each edge, and whether its consumer takes it.

use dyeline_engine::plan::{DEAD_LETTER, Edge, Exchange, RecordRef, Role};
use dyeline_router::toml::{Mistake, Mistakes, suggestion};

use super::{
    catalog::{Catalog, PortItems},
    code,
    draft::Draft,
    keys::keys_fit,
    wire::{Wire, dead_letter_port},
};

/// Finds what travels along each edge, producers first.
pub(super) struct Typing<'d, 'c> {
    drafts: &'d [Draft<'c>],
    wires: &'d [Vec<Wire<'d>>],
    catalog: &'d Catalog,
    /// For each node what arrives at its first input, once it is known.
    arriving: Vec<Option<RecordRef>>,
}

impl<'d, 'c> Typing<'d, 'c> {
    pub(super) fn new(drafts: &'d [Draft<'c>], wires: &'d [Vec<Wire<'d>>], catalog: &'d Catalog) -> Self {
        Self { drafts, wires, catalog, arriving: vec![None; drafts.len()] }
    }

    /// The edges of each node; those whose type is not known are left out.
    pub(super) fn run(mut self, order: &[usize], mistakes: &mut Mistakes) -> Vec<Vec<Edge>> {
        let mut edges = vec![Vec::new(); self.drafts.len()];
        for place in order {
            let draft = &self.drafts[*place];
            let mut arriving = Vec::new();
            for wire in &self.wires[*place] {
                let Some(record) = self.given_by(wire) else { continue };
                self.fit(draft, wire, &record, mistakes);
                self.field(draft, wire, &record, mistakes);
                if wire.input == Some(0) && self.arriving[*place].is_none() {
                    self.arriving[*place] = Some(record.clone());
                }
                if let (Some(output), Some(input)) = (wire.output, wire.input) {
                    edges[*place].push(Edge { from: wire.from, output, input, record: record.clone() });
                }
                arriving.push((wire, record));
            }
            keys_fit(draft, &arriving, self.catalog, mistakes);
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
        if Some(output) == dead_letter_port(spec) {
            let hash = self.catalog.record(DEAD_LETTER).map_or(0, |record| record.hash);
            return Some(RecordRef { name: DEAD_LETTER.to_owned(), hash });
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
        let by = draft.moves.by.as_ref().zip(wire.input);
        let Some((field, place)) = by.and_then(|(by, input)| by.of_input(input)) else { return };
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
        let at = draft.moves.by.as_ref().and_then(|by| by.of_input(0)).map(|(_, place)| place.clone());
        let mistake = Mistake::error(code::UNKNOWN_FIELD, message).at(at).label("not in the result");
        mistakes.push(mistake.help(help).help("an aggregate is exchanged by its key"));
    }
}
