//! From headers to a lane.

use super::{
    Baggage, Carrier, DyeStats, Event,
    baggage::{members, percent_decoded},
    header::{self, MEMBER},
};
use crate::dye::{Dye, Lane, Origin, Roll, Trace, TraceParent};

/// What headers say of ours: enough to route a call, without a copy of anything foreign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The dye, of the header or else of the baggage.
    pub dye: Option<Dye>,
    /// The roll.
    pub roll: Option<Roll>,
    /// Who calls.
    pub origin: Option<Origin>,
}

/// Reads what is ours.
///
/// The header `x-dye` decides; `dye` in `baggage` is taken when there is no such header, or none that can be read. All
/// lines of `baggage` are looked at. One dye given several times is that dye; several different ones are none.
pub fn read(carrier: &impl Carrier, stats: &DyeStats) -> Marks {
    let named = only(carrier.lines(&header::DYE).map(Dye::from_bytes), stats);
    let mirrored = only(carrier.lines(&header::BAGGAGE).flat_map(dyes_of), stats);
    if let (Some(named), Some(mirrored)) = (&named, &mirrored)
        && named != mirrored
    {
        stats.add(Event::Disagreement);
    }
    Marks { dye: named.or(mirrored), roll: roll(carrier, stats), origin: origin(carrier, stats) }
}

/// Reads everything that a piece of work has to carry on.
pub fn extract(carrier: &impl Carrier, stats: &DyeStats) -> Lane {
    let marks = read(carrier, stats);
    Lane::undyed()
        .with_dye(marks.dye)
        .with_roll(marks.roll)
        .with_origin(marks.origin)
        .with_trace(trace(carrier, stats))
        .with_baggage(Baggage::read(carrier.lines(&header::BAGGAGE), stats))
}

/// The dyes of a line of `baggage`, decoded: whoever passed them on may have encoded `@` and `:`.
fn dyes_of(line: &[u8]) -> impl Iterator<Item = Result<Dye, crate::dye::BadDye>> {
    let ours = members(line).filter(|member| member.key() == MEMBER);
    ours.map(|member| Dye::from_bytes(&percent_decoded(member.raw_value().unwrap_or_default())))
}

/// The dye that all of them are, if they are one.
fn only<E>(found: impl Iterator<Item = Result<Dye, E>>, stats: &DyeStats) -> Option<Dye> {
    let mut first: Option<Dye> = None;
    let mut conflict = false;
    for dye in found {
        match (dye, &first) {
            (Err(_), _) => stats.add(Event::BadDye),
            (Ok(dye), None) => first = Some(dye),
            (Ok(dye), Some(first)) => {
                stats.add(Event::Duplicate);
                conflict |= dye != *first;
            }
        }
    }
    first.filter(|_| !conflict)
}

/// The roll, if it stands there once and is one: whatever else an Envoy would take for a random number.
fn roll(carrier: &impl Carrier, stats: &DyeStats) -> Option<Roll> {
    let mut lines = carrier.lines(&header::ROLL);
    let roll = Roll::from_bytes(lines.next()?).ok().filter(|_| lines.next().is_none());
    if roll.is_none() {
        stats.add(Event::BadRoll);
    }
    roll
}

fn origin(carrier: &impl Carrier, stats: &DyeStats) -> Option<Origin> {
    let mut lines = carrier.lines(&header::FROM);
    let origin = Origin::from_bytes(lines.next()?).filter(|_| lines.next().is_none());
    if origin.is_none() {
        stats.add(Event::BadOrigin);
    }
    origin
}

/// The trace; a state without a parent that can be read belongs to nothing.
fn trace(carrier: &impl Carrier, stats: &DyeStats) -> Option<Trace> {
    let mut lines = carrier.lines(&header::TRACEPARENT);
    let parent = TraceParent::from_bytes(lines.next()?).filter(|_| lines.next().is_none());
    let Some(parent) = parent else {
        stats.add(Event::BadTrace);
        return None;
    };
    let lines: Vec<&[u8]> = carrier.lines(&header::TRACESTATE).collect();
    let state = match lines.as_slice() {
        [line] => std::str::from_utf8(line).ok().map(str::to_owned),
        lines => String::from_utf8(lines.join(&b',')).ok(),
    };
    Some(Trace::new(parent, state.as_deref()))
}

#[cfg(test)]
mod tests;
