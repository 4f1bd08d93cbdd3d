//! From a lane to headers, and off them again.

use http::HeaderValue;

use super::{
    CarrierMut, DyeStats, Event,
    baggage::{Baggage, Member, Room, members},
    header::{self, MEMBER},
};
use crate::dye::{Dye, Lane, Roll};

/// Stamps a lane on what goes out.
///
/// What is ours is put in the place of whatever stands there: an undyed lane takes a dye off. Members of `baggage`
/// that stand there stay, and the lane's foreign ones join those whose key is not there yet. A trace that stands there
/// stays, since whoever wrote it knows more; else the lane's is passed on as it is.
pub fn inject(lane: &Lane, carrier: &mut impl CarrierMut, stats: &DyeStats) {
    put(carrier, &header::DYE, lane.dye().map(Dye::as_str));
    put(carrier, &header::ROLL, lane.roll().map(|roll| roll.to_string()).as_deref());
    put(carrier, &header::FROM, lane.origin().map(|origin| origin.as_str()));
    carrier.remove(&header::MAC);
    stamp_baggage(lane.dye(), lane.baggage(), carrier, stats);
    if let Some(trace) = lane.trace()
        && carrier.lines(&header::TRACEPARENT).next().is_none()
    {
        put(carrier, &header::TRACEPARENT, Some(&trace.parent.to_string()));
        put(carrier, &header::TRACESTATE, trace.state());
    }
}

/// Stamps the roll of one hop in the place of the job's, for a chain that rolls per hop or per call.
pub fn stamp_roll(roll: Roll, carrier: &mut impl CarrierMut) {
    put(carrier, &header::ROLL, Some(&roll.to_string()));
}

/// Takes off everything that is ours, and leaves the rest as it is. Says whether there was a dye, a roll, a caller or
/// someone to vouch for them.
pub fn strip(carrier: &mut impl CarrierMut) -> bool {
    let mut found = false;
    for name in header::OURS {
        if carrier.lines(name).next().is_some() {
            carrier.remove(name);
            found = true;
        }
    }
    let mirrored = |line| members(line).any(|member| member.key() == MEMBER);
    if carrier.lines(&header::BAGGAGE).any(mirrored) {
        let foreign = |member: &Member<'_>| member.key() != MEMBER;
        let kept =
            joined(carrier.lines(&header::BAGGAGE).flat_map(members).filter(foreign).map(Member::text));
        write_baggage(carrier, &kept);
        found = true;
    }
    found
}

fn put(carrier: &mut impl CarrierMut, name: &http::HeaderName, value: Option<&str>) {
    // Every text that comes here is printable ASCII, so that none is lost.
    match value.and_then(|text| HeaderValue::from_str(text).ok()) {
        Some(value) => carrier.set(name, value),
        None => carrier.remove(name),
    }
}

/// Puts the dye into `baggage` once, and keeps the limits: our member comes first, and what does not fit any more is
/// left out whole, the last ones first.
fn stamp_baggage(dye: Option<&Dye>, foreign: &Baggage, carrier: &mut impl CarrierMut, stats: &DyeStats) {
    if is_stamped(dye, foreign, carrier) {
        return;
    }
    let ours = dye.map(|dye| [MEMBER, b"=", dye.as_str().as_bytes()].concat());
    let mut there: Vec<Member<'_>> =
        carrier.lines(&header::BAGGAGE).flat_map(members).filter(|m| m.key() != MEMBER).collect();
    let before = there.len();
    there.retain(|member| member.can_travel());
    stats.add_many(Event::BadBaggage, (before - there.len()) as u64);
    let joining = foreign.iter().filter(|new| there.iter().all(|old| old.key() != new.key()));
    let mut room = Room::default();
    let mut kept = Vec::new();
    let all = there.iter().copied().chain(joining).map(Member::text);
    for text in ours.as_deref().into_iter().chain(all) {
        if room.take(text.len()) {
            kept.push(text);
        } else {
            stats.add(Event::OverLimit);
        }
    }
    let kept = joined(kept.into_iter());
    write_baggage(carrier, &kept);
}

/// Whether the carrier says already what it should, so that nothing has to be written: foreign members then stay byte
/// for byte, and a proxy allocates nothing.
fn is_stamped(dye: Option<&Dye>, foreign: &Baggage, carrier: &impl CarrierMut) -> bool {
    if !foreign.is_empty() {
        return false;
    }
    let mut ours = carrier.lines(&header::BAGGAGE).flat_map(members).filter(|m| m.key() == MEMBER);
    let first = ours.next();
    match (dye, first) {
        (None, None) => true,
        (Some(dye), Some(member)) => {
            member.raw_value() == Some(dye.as_str().as_bytes()) && ours.next().is_none()
        }
        _ => false,
    }
}

fn joined<'a>(members: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut line = Vec::new();
    for member in members {
        if !line.is_empty() {
            line.push(b',');
        }
        line.extend_from_slice(member);
    }
    line
}

fn write_baggage(carrier: &mut impl CarrierMut, line: &[u8]) {
    // What came in headers fits into one; what came from elsewhere was looked at when it was read.
    match HeaderValue::from_bytes(line) {
        Ok(value) if !line.is_empty() => carrier.set(&header::BAGGAGE, value),
        _ => carrier.remove(&header::BAGGAGE),
    }
}
