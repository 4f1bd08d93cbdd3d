//! Finds in which state of quotes a file is at many of its places, with all cores.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    input::Input,
    quotes::{Fold, Folder, Quoting, State},
};
use crate::contract::{Context, Error, Result};

/// What is read at a time: it stays in the cache between being read and being looked at.
const READ_BYTES: usize = 256 << 10;
/// What a thread takes on at least.
const UNIT_BYTES: u64 = 4 << 20;
/// More threads than this wait for memory only.
const MAX_THREADS: usize = 16;

/// Where a reader of quotes can begin: the state of a place and the byte before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) state: State,
    pub(super) before: u8,
}

/// What was found at a place, without knowing in which state its unit begins.
#[derive(Clone, Copy, Debug)]
struct Found {
    fold: Fold,
    before: u8,
}

/// Neighbouring places that one thread looks for.
struct Unit {
    start: u64,
    /// Their range in the list of places.
    places: std::ops::Range<usize>,
}

/// Finds the state at each of some places, in ascending order, none before `from`, where a row begins.
pub(super) fn states_at(
    input: &Input<'_>,
    quoting: Quoting,
    from: u64,
    places: &[u64],
    cx: &Context,
) -> Result<Vec<Start>> {
    let units = units(from, places);
    let next = AtomicUsize::new(0);
    let found: Vec<OnceLock<Vec<Found>>> = units.iter().map(|_| OnceLock::new()).collect();
    let work = || -> Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(unit) = units.get(index) else { return Ok(()) };
            if cx.stopped().is_some() {
                return Err(Error::retryable("the attempt was stopped while it looked for quotes"));
            }
            let places = &places[unit.places.clone()];
            let in_unit = scan_unit(input, quoting, from, unit.start, places, &mut buffer)?;
            // Each unit is taken by one thread.
            found[index].get_or_init(|| in_unit);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS).min(units.len());
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            let panicked = |_| Err(Error::fatal("look for quotes: a thread panicked"));
            all = all.and(other.join().unwrap_or_else(panicked));
        }
        all
    })?;
    Ok(compose(found.into_iter().filter_map(OnceLock::into_inner)))
}

/// The states, from what each unit does to every state it may begin in.
fn compose(units: impl Iterator<Item = Vec<Found>>) -> Vec<Start> {
    let mut starts = Vec::new();
    let mut state = State::Outside;
    for unit in units {
        starts.extend(unit.iter().map(|f| Start { state: f.fold.apply(state), before: f.before }));
        if let Some(last) = unit.last() {
            state = last.fold.apply(state);
        }
    }
    starts
}

fn units(from: u64, places: &[u64]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut unit = Unit { start: from, places: 0..0 };
    for (index, place) in places.iter().enumerate() {
        unit.places.end = index + 1;
        if place - unit.start >= UNIT_BYTES || index + 1 == places.len() {
            units.push(unit);
            unit = Unit { start: *place, places: index + 1..index + 1 };
        }
    }
    units
}

fn scan_unit(
    input: &Input<'_>,
    quoting: Quoting,
    from: u64,
    start: u64,
    places: &[u64],
    buffer: &mut [u8],
) -> Result<Vec<Found>> {
    let mut before = [b'\n'];
    if start > from {
        read_all(input, &mut before, start - 1)?;
    }
    let mut folder = Folder::new(quoting, before[0]);
    let mut at = start;
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        while at < *place {
            let len = buffer.len().min(usize::try_from(place - at).unwrap_or(usize::MAX));
            read_all(input, &mut buffer[..len], at)?;
            folder.pass(&buffer[..len]);
            at += len as u64;
        }
        found.push(Found { fold: folder.fold(), before: folder.before() });
    }
    Ok(found)
}

fn read_all(input: &Input<'_>, buffer: &mut [u8], offset: u64) -> Result<()> {
    if input.read(buffer, offset)? < buffer.len() {
        return Err(input
            .error_at(offset, "the file became shorter while it was split: start again when it is whole"));
    }
    Ok(())
}
