//! Whether nodes stand where their roles belong: what follows what, what is fed, what goes nowhere.

use dyeline_engine::plan::{Exchange, Role, role_name, why_not_after, why_not_alone};
use dyeline_router::toml::{Mistake, Mistakes};

use super::{
    by::By,
    catalog::{Catalog, ProcessorSpec},
    code,
    draft::{Draft, declares},
    wire::Wire,
};

/// The parameter by which splitters cut between keys.
const KEY_OF_SPLIT: &str = "on_key";

/// What may follow what, and whether every input is fed.
pub(super) fn roles(draft: &Draft<'_>, wires: &[Wire<'_>], drafts: &[Draft<'_>], mistakes: &mut Mistakes) {
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
        if let Some(help) = why_not_after(from.role, spec.role, wire.carries_letters()) {
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
pub(super) fn record_key(draft: &Draft<'_>, catalog: &Catalog, mistakes: &mut Mistakes) {
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

pub(super) fn nothing_after(drafts: &[Draft<'_>], wires: &[Vec<Wire<'_>>], mistakes: &mut Mistakes) {
    for (place, draft) in drafts.iter().enumerate() {
        let Some(spec) = draft.spec else { continue };
        if wires.iter().flatten().any(|wire| wire.from == place && !wire.carries_letters()) {
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

/// Without a `skip` the first bad item ends the job, and there never is a dead letter.
pub(super) fn no_dead_letters(drafts: &[Draft<'_>], wires: &[Vec<Wire<'_>>], mistakes: &mut Mistakes) {
    for wire in wires.iter().flatten().filter(|wire| wire.carries_letters()) {
        let producer = &drafts[wire.from];
        if wire.output.is_some()
            && producer.policy.skip.is_none()
            && !producer.pending.iter().any(|key| key == "skip" || key == "policy")
        {
            let message = format!("node `{}` gives nothing up, so it has no dead letters", producer.name);
            mistakes.push(
                Mistake::warning(code::NO_DEAD_LETTERS, message)
                    .at(wire.after.place.clone())
                    .label("never any items")
                    .also(producer.place.clone(), "has no `skip`")
                    .help(format!("let `{}` skip bad items: `skip = {{ limit = 100 }}`", producer.name)),
            );
        }
    }
}

/// `sorted = true` promises that all items of a key are in one shard. A splitter that can cut by a key and was not
/// told to breaks that promise, and the results would be wrong without a word.
pub(super) fn uncut_keys(drafts: &[Draft<'_>], wires: &[Vec<Wire<'_>>], mistakes: &mut Mistakes) {
    for (place, draft) in drafts.iter().enumerate() {
        let (Some(Exchange::Sorted { field }), Some(By::All(_, by))) =
            (&draft.moves.exchange, &draft.moves.by)
        else {
            continue;
        };
        // Up the first inputs to what makes the shards; with a cycle there is no end, so the steps are counted.
        let mut at = place;
        for _ in 0..drafts.len() {
            match wires[at].first() {
                Some(wire) if drafts[wire.from].moves.exchange.is_none() => at = wire.from,
                _ => break,
            }
        }
        let cuts = |spec: &ProcessorSpec| spec.params.iter().any(|param| param.name == KEY_OF_SPLIT);
        let splitter = &drafts[at];
        let able = splitter.spec.is_some_and(|spec| spec.role == Role::Splitter && cuts(spec));
        let unknown = splitter.pending.iter().any(|key| key == KEY_OF_SPLIT);
        if !able || unknown || splitter.params.get(KEY_OF_SPLIT).is_some_and(|key| key == field) {
            continue;
        }
        let message = format!(
            "node `{}` is said to be sorted by `{field}`, but `{}` does not cut by it",
            draft.name, splitter.name
        );
        mistakes.push(
            Mistake::warning(code::UNCUT_KEY, message)
                .at(by.clone())
                .label("all items of a key have to be in one shard")
                .also(splitter.place.clone(), "makes the shards")
                .help(format!("give `{}` the parameter `{KEY_OF_SPLIT} = \"{field}\"`", splitter.name)),
        );
    }
}
