//! Makes views from the engine's state, on the owner's thread.

use dyeline_engine::{
    Build, Failure, JobId, JobView, Note, State,
    plan::{Plan, Role, Source},
};
use serde_json::{Map, Value};

use super::{
    At, JobLine, JobStatus, NodeStatus, Nodes,
    stage::{FailureStatus, NoteStatus, OutputStatus, PlaceStatus, StageStatus},
};
use crate::partition::{Clock, Gone, Inbox};

impl At {
    /// Now, by the machine's clock.
    pub fn now() -> Self {
        Clock::start().now().into()
    }
}

impl JobLine {
    /// One line for each job, by age.
    pub fn all(state: &State) -> Vec<Self> {
        let now = At::now();
        state.jobs().map(|view| Self::of(&view, now)).collect()
    }

    /// The line of a job.
    pub fn of(view: &JobView<'_>, now: At) -> Self {
        let stages = view.stages();
        let shards = stages.iter().map(|s| u64::from(s.shards.unwrap_or(0))).sum();
        // Succeeded, failed, cancelled: the last three phases.
        let ended = stages.iter().map(|s| s.tasks[4..].iter().map(|n| u64::from(*n)).sum::<u64>()).sum();
        Self {
            job: view.id(),
            chain: view.spec().chain.clone(),
            version: version(view),
            phase: view.phase(),
            attended: true,
            reason: reason(view),
            created: view.created().into(),
            ended: view.ended().map(At::from),
            elapsed_ms: elapsed_ms(view, now),
            shards,
            shards_ended: ended,
        }
    }
}

impl JobStatus {
    /// The status of a job of a running partition; `None` when it has no such job.
    ///
    /// # Errors
    /// When the partition has ended.
    pub fn read(inbox: &Inbox, job: JobId) -> Result<Option<Self>, Gone> {
        inbox.read(move |state| state.job(job).map(|view| Self::of(&view, At::now())))
    }

    /// The status of a job.
    pub fn of(view: &JobView<'_>, now: At) -> Self {
        let spec = view.spec();
        Self {
            job: view.id(),
            chain: spec.chain.clone(),
            version: version(view),
            phase: view.phase(),
            attended: true,
            reason: reason(view),
            params: object(spec.params_resolved.as_bytes()),
            live_params: object(&view.params().bytes),
            params_version: view.params().version,
            created: view.created().into(),
            started: view.started().map(At::from),
            ended: view.ended().map(At::from),
            elapsed_ms: elapsed_ms(view, now),
            run: view.run(),
            concurrency: view.concurrency(),
            priority: view.priority(),
            live: view.live(),
            nodes: nodes(view),
            stages: stages(view),
            failures: view.failures().iter().map(|failure| failed(view, failure)).collect(),
            outputs: outputs(view),
            history: view
                .notes()
                .iter()
                .map(|n| NoteStatus { at: n.at.into(), text: note_text(n) })
                .collect(),
        }
    }
}

fn version(view: &JobView<'_>) -> Option<String> {
    Some(view.spec().version.clone()).filter(|version| !version.is_empty())
}

fn reason(view: &JobView<'_>) -> Option<String> {
    view.fail_reason().or(view.pause_reason()).filter(|reason| !reason.is_empty()).map(str::to_owned)
}

fn elapsed_ms(view: &JobView<'_>, now: At) -> u64 {
    view.ended().map_or(now, At::from).since_ms(view.created().into())
}

/// A line of history. Of another build of the program it says which, since who mended what is found by that.
fn note_text(note: &Note) -> String {
    let Some(rebuilt) = note.rebuilt else { return note.text.clone() };
    let build = |b: Build| format!("{:016x} of {} UTC", b.id, At::from(b.at).short());
    let from = rebuilt.from.map_or_else(|| "one that was not noted".to_owned(), build);
    format!("{}: {} instead of {from}", note.text, build(rebuilt.to))
}

/// A JSON object that was logged; what is not one is shown as nothing, since showing must not fail.
fn object(bytes: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// The graph's nodes by place, as far as the plan names them.
fn plan_nodes(plan: &Plan, count: usize) -> Vec<Option<(&str, Role)>> {
    let mut nodes = vec![None; count];
    for node in plan.stages.iter().flat_map(|stage| &stage.nodes) {
        if let Some(entry @ None) = nodes.get_mut(node.node as usize) {
            *entry = Some((node.name.as_str(), node.role));
        }
    }
    nodes
}

fn nodes(view: &JobView<'_>) -> Nodes<NodeStatus> {
    let totals = view.totals();
    let named = plan_nodes(view.plan(), totals.len()).into_iter().zip(totals);
    Nodes(
        named
            .filter_map(|(node, counts)| node.map(|(n, role)| (n.to_owned(), NodeStatus::new(role, counts))))
            .collect(),
    )
}

fn stages(view: &JobView<'_>) -> Vec<StageStatus> {
    let (plan, totals) = (view.plan(), view.totals());
    let stages = view.stages().into_iter().zip(&plan.stages);
    stages
        .map(|(stage, planned)| {
            let publishes = matches!(planned.source, Source::Parts(..));
            // The halves of a combined aggregate share their counts, which then are not those of one stage.
            let first = planned.nodes.first().filter(|n| !n.merge && !publishes && n.role != Role::Splitter);
            let items =
                first.and_then(|n| totals.get(n.node as usize).map(|c| NodeStatus::new(n.role, c).items()));
            StageStatus {
                name: stage.name.to_owned(),
                group: stage.group.to_owned(),
                shards: stage.shards,
                tasks: stage.tasks.into(),
                live: stage.live,
                items,
                nodes: planned.nodes.iter().map(|n| n.name.clone()).collect(),
            }
        })
        .collect()
}

fn failed(view: &JobView<'_>, failure: &Failure) -> FailureStatus {
    let plan = view.plan();
    let stage = plan.stages.get(failure.task.stage as usize);
    let named = |node: u32| plan.stages.iter().flat_map(|s| &s.nodes).find(|n| n.node == node);
    let shard = view.task(failure.task.stage, failure.task.shard).and_then(|task| task.shard().cloned());
    FailureStatus {
        stage: stage.map_or_else(String::new, |s| s.name.clone()),
        shard: failure.task.shard,
        label: shard.map(|s| s.label.to_string()).filter(|label| !label.is_empty()),
        attempt: failure.attempt,
        at: failure.at.into(),
        node: failure.node.and_then(named).map(|n| n.name.clone()),
        class: failure.class.word().to_owned(),
        place: failure.place.map(|p| PlaceStatus { row: p.row, index: p.index }),
        code: failure.code.clone(),
        text: failure.text.clone(),
        gave_up: failure.last,
    }
}

/// What publishers returned. Each is a stage of one task.
fn outputs(view: &JobView<'_>) -> Vec<OutputStatus> {
    let publishers =
        view.plan().stages.iter().enumerate().filter(|(_, s)| matches!(s.source, Source::Parts(..)));
    let published = publishers.filter_map(|(at, stage)| {
        let result = view.task(at as u32, 0)?.result()?;
        let location = String::from_utf8_lossy(result).into_owned();
        let node = stage.nodes.first().map_or_else(|| stage.name.clone(), |n| n.name.clone());
        (!location.is_empty()).then_some(OutputStatus { node, location })
    });
    published.collect()
}
