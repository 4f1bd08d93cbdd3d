//! `[chains]`: each chain, or each iteration of one, with its hops.

use super::{
    super::{ChainRule, HopRule, Mode, Placed, RollBy, code},
    hop, limit, name,
    value::{choice, entries, placed, wrong_type},
};
use crate::toml::{Entry, Fields, Mistake, Mistakes, Value, format_count};

const MODES: &[(&str, Mode)] = &[("strict", Mode::Strict), ("permissive", Mode::Permissive)];
const ROLLS: &[(&str, RollBy)] = &[("job", RollBy::Job), ("hop", RollBy::Hop), ("call", RollBy::Call)];

/// Reads `[chains]`.
pub(super) fn chains(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<ChainRule> {
    let list = entries(file, "chains", limit::CHAINS, mistakes);
    let chains: Vec<ChainRule> = list.iter().filter_map(|entry| chain(entry, mistakes)).collect();
    let hops: usize = chains.iter().map(|chain| chain.hops.len()).sum();
    if let (true, Some(entry)) = (hops > limit::HOPS, file.get("chains")) {
        let (hops, most) = (format_count(hops as u64), format_count(limit::HOPS as u64));
        let mistake =
            Mistake::error(code::TOO_MANY, format!("the chains have {hops} hops, and {most} is the limit"));
        mistakes.push(mistake.at(entry.key_place.clone()));
    }
    chains
}

fn chain(entry: &Entry, mistakes: &mut Mistakes) -> Option<ChainRule> {
    let good = name::check_iteration(&entry.key, &entry.key_place, mistakes);
    let mut fields = Fields::of(format!("chain `{}`", entry.key), &entry.item, mistakes)?;
    let workers = placed(&mut fields, "workers", mistakes)
        .filter(|workers| name::check("group", &workers.value, &workers.place, mistakes));
    let mode = choice(&mut fields, "mode", MODES, mistakes);
    let roll = choice(&mut fields, "roll", ROLLS, mistakes);
    let hops = fields.get("hops").map(|hops| hops_of(&entry.key, hops, mistakes)).unwrap_or_default();
    fields.finish(mistakes);
    let iteration = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
    good.then_some(ChainRule { iteration, workers, mode, roll, hops })
}

fn hops_of(chain: &str, entry: &Entry, mistakes: &mut Mistakes) -> Vec<HopRule> {
    match &entry.item.value {
        Value::Table(table) => table.entries.iter().filter_map(|entry| hop::read(entry, mistakes)).collect(),
        Value::Pending(_) => Vec::new(),
        _ => {
            let what = format!("`hops` of chain `{chain}`");
            wrong_type(&what, &entry.item, "a table of hops and groups", mistakes);
            Vec::new()
        }
    }
}
