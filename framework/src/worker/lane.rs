//! The lane of an attempt: what its calls carry.

use dyeline_engine::HandOut;
use dyeline_processors::{Error, Result};
use dyeline_router::dye::{Dye, Lane, Trace, TraceParent};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The lane of an attempt: chain, version and job, and a trace that begins with the job. All attempts of a job are in
/// one trace, each a span of it.
///
/// The trace is not sampled: most tracers follow the flag of their parent, and a job makes more calls than anybody
/// wants recorded. A service that wants some samples by itself, and finds the job by the trace's id.
pub(super) fn lane_of(out: &HandOut) -> Result<Lane> {
    let job = out.task.job.to_string();
    let version = Some(out.spec.version.as_str()).filter(|version| !version.is_empty());
    // What a launch checks; a job of another build may have been logged without.
    let dye = Dye::new(&out.spec.chain, version, Some(&job))
        .map_err(|why| Error::fatal(format!("dye the calls of the job: {why}")))?;
    let span = format!("{job}/{}/{}/{}", out.task.stage, out.task.shard, out.fence.0);
    Ok(Lane::of(dye).with_trace(Some(trace(&job, &span))))
}

/// The trace of a job, with a span of it.
fn trace(job: &str, span: &str) -> Trace {
    // All zeros stand for no trace and no span.
    let (trace, span) = (xxh3_128(job.as_bytes()).max(1), xxh3_64(span.as_bytes()).max(1));
    let text = format!("00-{trace:032x}-{span:016x}-00");
    let parent = TraceParent::from_bytes(text.as_bytes()).unwrap_or_else(|| TraceParent::start(false));
    Trace::new(parent, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_of_a_job_are_spans_of_one_trace() {
        let (first, second) = (trace("01J9Z", "01J9Z/0/0/1"), trace("01J9Z", "01J9Z/0/0/2"));
        assert_eq!(first.parent.trace, second.parent.trace);
        assert_ne!(first.parent.span, second.parent.span);
        assert_eq!(first, trace("01J9Z", "01J9Z/0/0/1"), "a repeated look gives the same");
        assert_ne!(first.parent.trace, trace("01J9Y", "01J9Z/0/0/1").parent.trace);
        assert_eq!(first.parent.flags, 0);
    }
}
