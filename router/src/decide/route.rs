//! The decision: by dye, else by the caller's own group, else the default group.

use super::{
    Ask, Decision, Leak, NoRoute, Reason, RolledShare,
    decision::Choice,
    error::table_key,
    explain::Recorder,
    vitals::{Told, Vitals},
};
use crate::{
    rules::{Mode, RollBy},
    table::{Hit, Lane, Part, Table, Target},
};

/// A rule that was found, and of which chain it is.
struct Found {
    hit: Hit,
    of_base: bool,
}

impl Table {
    /// Where a call goes.
    ///
    /// # Errors
    /// [`NoRoute`] when nothing says where: it is never a silent default for a dyed call of a strict chain.
    #[inline]
    pub fn decide<'t>(&'t self, ask: &Ask<'_>) -> Result<Decision<'t>, NoRoute> {
        self.route(ask, &Told, &mut ())
    }

    /// The same, with what knows of health and what takes note of reasons.
    #[inline]
    pub(super) fn route<'t>(
        &'t self,
        ask: &Ask<'_>,
        vitals: &impl Vitals,
        note: &mut impl Recorder,
    ) -> Result<Decision<'t>, NoRoute> {
        let Some(to) = self.names.id(ask.to) else {
            return Err(NoRoute::UnknownService { file: self.file.clone(), to: ask.to.to_owned() });
        };
        let lane = ask.iteration.and_then(|iteration| self.chains.lane(iteration));
        let Some(lane) = lane else {
            note.note(|| match ask.iteration {
                Some(iteration) => Reason::UnknownChain { iteration: iteration.to_owned() },
                None => Reason::Undyed,
            });
            return self.outside(ask, to, None, note);
        };
        match self.rule(ask, to, &lane) {
            Some(found) => Ok(self.by_rule(ask, &lane, found, vitals, note)),
            None if lane.own.mode == Mode::Strict => Err(self.no_rule(ask, &lane)),
            None => {
                note.note(|| Reason::Permissive { chain: self.chains.name(lane.own).to_owned() });
                self.outside(ask, to, Some(&lane), note)
            }
        }
    }

    #[inline]
    fn rule(&self, ask: &Ask<'_>, to: u32, lane: &Lane<'_>) -> Option<Found> {
        let from = || ask.from.and_then(|from| self.names.id(from));
        if let Some(hit) = self.hops.find(lane.own.run, to, from) {
            return Some(Found { hit, of_base: false });
        }
        let hit = self.hops.find(lane.base?.run, to, from)?;
        Some(Found { hit, of_base: true })
    }

    #[inline]
    fn by_rule<'t>(
        &'t self,
        ask: &Ask<'_>,
        lane: &Lane<'_>,
        found: Found,
        vitals: &impl Vitals,
        note: &mut impl Recorder,
    ) -> Decision<'t> {
        self.note_rule(ask, lane, &found, note);
        let target = self.targets.get(found.hit.target);
        let parts = self.targets.parts(target);
        let roll = ask.rolled(lane.own.roll);
        let meant = self.rolled_part(lane.own.roll, roll, target, parts, note);
        let (cluster, fell_back) = self.healthy(target, meant, vitals, note);
        let to_default = self.members[cluster as usize].group == self.default_group;
        let left = to_default && !parts.iter().any(|part| part.cluster == cluster);
        let choice = Choice {
            cluster,
            balance: target.balance,
            line: Some(found.hit.line),
            roll: Some(roll),
            fell_back,
            leak: left.then_some(Leak::LeftLane),
        };
        Decision::new(self, choice)
    }

    #[inline]
    fn rolled_part(
        &self,
        by: RollBy,
        roll: u64,
        target: &Target,
        parts: &[Part],
        note: &mut impl Recorder,
    ) -> u32 {
        if let [only] = parts {
            note.note(|| Reason::OnlyGroup { group: self.group_of(only.cluster) });
            return only.cluster;
        }
        let at = (roll % u64::from(target.sum)) as u32;
        // The last one ends at the sum, so that one is always found.
        let part = parts.iter().find(|part| at < part.below).unwrap_or(&parts[0]);
        note.note(|| {
            let froms = std::iter::once(0).chain(parts.iter().map(|part| part.below));
            let share = |(part, from): (&Part, u32)| RolledShare {
                group: self.group_of(part.cluster),
                from,
                below: part.below,
            };
            let shares = parts.iter().zip(froms).map(share).collect();
            Reason::Rolled { by, roll, sum: target.sum, shares, group: self.group_of(part.cluster) }
        });
        part.cluster
    }

    /// The group that was meant, or the first fallback that is written and healthy when it is down.
    #[inline]
    fn healthy(
        &self,
        target: &Target,
        meant: u32,
        vitals: &impl Vitals,
        note: &mut impl Recorder,
    ) -> (u32, bool) {
        let fallbacks = self.targets.fallbacks(target);
        if fallbacks.is_empty() || !vitals.is_down(self, meant) {
            return (meant, false);
        }
        note.note(|| Reason::Down { group: self.group_of(meant) });
        for fallback in fallbacks.iter().filter(|fallback| fallback.cluster != meant) {
            if !vitals.is_down(self, fallback.cluster) {
                note.note(|| Reason::FellBack { group: self.group_of(fallback.cluster) });
                return (fallback.cluster, true);
            }
            note.note(|| Reason::Down { group: self.group_of(fallback.cluster) });
        }
        note.note(|| Reason::NoFallback { group: self.group_of(meant) });
        (meant, false)
    }

    /// Outside of what rules say: the caller's own group, else the default group.
    fn outside<'t>(
        &'t self,
        ask: &Ask<'_>,
        to: u32,
        lane: Option<&Lane<'_>>,
        note: &mut impl Recorder,
    ) -> Result<Decision<'t>, NoRoute> {
        let own = ask.group.and_then(|group| self.groups.id(group));
        let balance = self.services[to as usize].balance;
        let decided = |cluster: u32, leak: Option<Leak>| {
            let choice = Choice { cluster, balance, line: None, roll: None, fell_back: false, leak };
            Decision::new(self, choice)
        };
        let undyed = lane.is_none() && own.is_some_and(|own| self.in_lane[own as usize]);
        if let Some(cluster) = own.and_then(|own| self.cluster(to, own)) {
            note.note(|| Reason::OwnGroup { group: self.group_of(cluster) });
            let left = lane.is_some() && own == Some(self.default_group);
            let leak = if left { Some(Leak::LeftLane) } else { undyed.then_some(Leak::Undyed) };
            return Ok(decided(cluster, leak));
        }
        if let Some(group) = ask.group {
            note.note(|| Reason::NotOwnGroup { group: group.to_owned() });
        }
        match self.cluster(to, self.default_group) {
            Some(cluster) => {
                note.note(|| Reason::DefaultGroup { group: self.group_of(cluster) });
                let leak = if lane.is_some() { Some(Leak::LeftLane) } else { undyed.then_some(Leak::Undyed) };
                Ok(decided(cluster, leak))
            }
            None => Err(NoRoute::NoGroup {
                file: self.file.clone(),
                to: ask.to.to_owned(),
                own: ask.group.map(str::to_owned),
                default: self.default_group().to_owned(),
            }),
        }
    }

    fn note_rule(&self, ask: &Ask<'_>, lane: &Lane<'_>, found: &Found, note: &mut impl Recorder) {
        let chain = match lane.base {
            Some(base) if found.of_base => base,
            _ => lane.own,
        };
        if found.of_base {
            note.note(|| Reason::NotOfIteration {
                iteration: self.chains.name(lane.own).to_owned(),
                chain: self.chains.name(chain).to_owned(),
            });
        }
        note.note(|| Reason::Rule {
            file: self.file.clone(),
            line: found.hit.line,
            hop: if found.hit.is_about_caller { hop(ask) } else { ask.to.to_owned() },
            chain: self.chains.name(chain).to_owned(),
        });
    }

    #[cold]
    fn no_rule(&self, ask: &Ask<'_>, lane: &Lane<'_>) -> NoRoute {
        NoRoute::NoRule {
            file: self.file.clone(),
            chain: self.chains.name(lane.own).to_owned(),
            hop: hop(ask),
            key: table_key(ask.to),
        }
    }

    fn group_of(&self, cluster: u32) -> String {
        self.groups.get(self.members[cluster as usize].group).to_owned()
    }
}

/// `ledger -> risk`, or `risk` if the caller is not known.
pub(super) fn hop(ask: &Ask<'_>) -> String {
    match ask.from {
        Some(from) => format!("{from} -> {}", ask.to),
        None => ask.to.to_owned(),
    }
}
