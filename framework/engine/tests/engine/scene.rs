//! A scene: an engine, one job, and a few words to act on it; what follows is rendered as one line.

#![expect(clippy::unwrap_used, reason = "a scene is part of tests, which may unwrap what they built")]

use std::time::Duration;

use dyeline_engine::{
    Answer, Artifact, Batch, Build, CancelJob, Class, Command, CompleteAttempt, Engine, FailAttempt, Fence,
    HandBack, JobId, JobSpec, Millis, NodeCounts, NodeDelta, Output, PauseJob, Place, PolicyChange, Progress,
    PurgeJobs, ReportCheckpoint, RequestId, ResumeJob, RetryJob, SetPolicy, Settings, Shard, SubmitJob,
    TaskId, Tick, WorkerId, WorkerJoined, decode_batch,
    plan::{
        Barrier, NodePolicy, Output as Left, OutputKind, Plan, RecordRef, Retry, Role, ShardSource, Skip,
        Source, SpoolInput, Stage, StageNode,
    },
};

pub const JOB: JobId = JobId(7);
pub const WORKER: WorkerId = WorkerId(1);
pub const REQUEST: Option<RequestId> = Some(RequestId(9));

/// An engine at a time.
pub struct Scene {
    pub engine: Engine,
    pub now: u64,
    pub log: Vec<Vec<u8>>,
}

/// A stage of one node with a place for items and one for parts.
pub fn stage(node: u32, role: Role, shards: ShardSource, source: Source) -> Stage {
    let record = RecordRef { name: "Item".to_owned(), hash: 1 };
    let spool = OutputKind::Spool { exchange: None, record };
    let member = StageNode {
        node,
        name: format!("n{node}"),
        processor: "p".to_owned(),
        role,
        combine: false,
        merge: false,
        parent: None,
        sorted_by: None,
        policy: NodePolicy::default(),
    };
    Stage {
        name: member.name.clone(),
        group: "g".to_owned(),
        shards,
        source,
        nodes: vec![member],
        outputs: vec![
            Left { node: 0, port: 0, kind: spool },
            Left { node: 0, port: 0, kind: OutputKind::Parts },
        ],
        atomic: false,
        policy: NodePolicy::default(),
    }
}

pub fn all(from: u32, tolerate_ppm: u32) -> Source {
    let barrier = Some(Barrier { tolerate_ppm });
    Source::Spool(vec![SpoolInput { stage: from, output: 0, input: 0, all: true, barrier }])
}

pub fn same(from: u32) -> Source {
    Source::Spool(vec![SpoolInput { stage: from, output: 0, input: 0, all: false, barrier: None }])
}

/// One stage of so many shards; two retries without a wait that matters.
pub fn plain(shards: u32) -> Plan {
    let mut plan = Plan { stages: vec![stage(0, Role::Loader, ShardSource::Fixed(shards), Source::Nothing)] };
    set(&mut plan, |p| p.retry = Some(retry(2)));
    plan
}

pub fn retry(max: u32) -> Retry {
    Retry { max, backoff_min: Duration::from_millis(10), backoff_max: Duration::from_millis(10) }
}

/// Changes the policy of the first stage and its node.
pub fn set(plan: &mut Plan, change: impl Fn(&mut NodePolicy)) {
    change(&mut plan.stages[0].policy);
    change(&mut plan.stages[0].nodes[0].policy);
}

pub fn skipping(limit: u64) -> Plan {
    let mut plan = plain(1);
    set(&mut plan, |p| p.skip = Some(Skip { limit }));
    plan
}

pub fn task(stage: u32, shard: u32) -> TaskId {
    TaskId { job: JOB, stage, shard }
}

pub fn progress(seq: u64) -> Progress {
    let counts =
        vec![NodeDelta { node: 0, counts: NodeCounts { read: 2, passed: 2, ..NodeCounts::default() } }];
    let artifacts = vec![Artifact { output: 0, bytes: seq.to_le_bytes().as_slice().into() }];
    Progress { seq, row: seq * 10, bytes: vec![seq as u8], artifacts, counts }
}

impl Scene {
    /// An engine with one worker that takes `credit` tasks, and a submitted job.
    pub fn new(plan: Plan, credit: u32) -> Self {
        let settings = Settings { partition: 0, lease_ms: 1_000, cancel_grace_ms: 100 };
        let mut scene = Self { engine: Engine::new(settings), now: 1_000, log: Vec::new() };
        scene.join(None);
        scene.credit(credit);
        scene.submit(JOB, JobSpec { plan, retain_ms: Some(60_000), ..JobSpec::default() });
        scene
    }

    /// The worker connects, with nothing that runs.
    pub fn join(&mut self, build: Option<Build>) -> String {
        let (worker, group, running) = (WORKER, "g".to_owned(), vec![]);
        let join = WorkerJoined { request: None, worker, group, slots: 2, build, running };
        self.act(Command::WorkerJoined(join))
    }

    pub fn submit(&mut self, job: JobId, spec: JobSpec) -> String {
        self.act(Command::SubmitJob(Box::new(SubmitJob { request: REQUEST, job, spec })))
    }

    pub fn credit(&mut self, credit: u32) -> String {
        let worker = WORKER;
        self.act(Command::GrantCredit(dyeline_engine::GrantCredit { request: None, worker, credit }))
    }

    /// Applies a command and renders its effects and outputs: `effects | outputs`.
    pub fn act(&mut self, command: Command) -> String {
        let mut batch = Batch::new();
        self.engine.apply(command, Millis(self.now), &mut batch);
        dyeline_engine::invariant::check(self.engine.state()).unwrap();
        let sealed = batch.seal().unwrap();
        let effects = decode_batch(&sealed.bytes).unwrap();
        if !sealed.bytes.is_empty() {
            self.log.push(sealed.bytes);
        }
        let effects: Vec<_> = effects.iter().map(dyeline_engine::Effect::name).collect();
        let outputs: Vec<_> = sealed.outputs.iter().map(render).collect();
        format!("{} | {}", effects.join(" "), outputs.join(", "))
    }

    pub fn fence(&self, id: TaskId) -> Fence {
        self.engine.state().task(id).unwrap().fence()
    }

    pub fn checkpoint(&mut self, id: TaskId, seq: u64) -> String {
        let (fence, progress) = (self.fence(id), progress(seq));
        self.act(Command::ReportCheckpoint(ReportCheckpoint { request: REQUEST, task: id, fence, progress }))
    }

    pub fn complete(&mut self, id: TaskId) -> String {
        let fence = self.fence(id);
        self.complete_as(id, fence, vec![])
    }

    pub fn split(&mut self, id: TaskId, shards: u32) -> String {
        let shard = |i: u32| Shard { bytes: i.to_le_bytes().as_slice().into(), label: i.to_string().into() };
        let fence = self.fence(id);
        self.complete_as(id, fence, (0..shards).map(shard).collect())
    }

    pub fn complete_as(&mut self, id: TaskId, fence: Fence, shards: Vec<Shard>) -> String {
        let seq = self.engine.state().task(id).map_or(0, |t| t.checkpoint_seq()) + 1;
        let mut progress = progress(seq);
        progress.counts[0].node = id.stage;
        let (request, task, result) = (REQUEST, id, vec![]);
        self.act(Command::CompleteAttempt(CompleteAttempt { request, task, fence, progress, shards, result }))
    }

    pub fn fail(&mut self, id: TaskId, class: Class, place: Option<Place>) -> String {
        let (fence, code, text) = (self.fence(id), String::new(), "it broke".to_owned());
        let (request, task, retry_after_ms) = (REQUEST, id, None);
        self.act(Command::FailAttempt(FailAttempt {
            request,
            task,
            fence,
            class,
            place,
            node: None,
            code,
            text,
            retry_after_ms,
        }))
    }

    pub fn hand_back(&mut self, id: TaskId, progress: Option<Progress>) -> String {
        let fence = self.fence(id);
        self.act(Command::HandBack(HandBack { request: REQUEST, task: id, fence, progress }))
    }

    /// Lets time pass, and fires what is due then.
    pub fn wait(&mut self, ms: u64) -> String {
        self.now += ms;
        self.act(Command::Tick(Tick))
    }

    pub fn phase(&self) -> String {
        self.engine.state().job(JOB).map_or("purged".to_owned(), |j| j.phase().to_string())
    }
}

fn render(output: &Output) -> String {
    match output {
        Output::HandOut(out) => {
            let seq = out.checkpoint.as_ref().map_or(String::new(), |c| format!(" from {}", c.seq));
            let give_up = if out.exhausted.is_empty() { "" } else { " giving up" };
            format!("out {}/{}#{}{seq}{give_up}", out.task.stage, out.task.shard, out.attempt)
        }
        Output::CancelAttempt { task, why, .. } => format!("cancel {}/{} {why:?}", task.stage, task.shard),
        Output::ReportRefused { task, why, .. } => format!("refuse {}/{}: {why}", task.stage, task.shard),
        Output::LiveParams { task, params, .. } => {
            format!("params {} to {}/{}", params.version, task.stage, task.shard)
        }
        Output::JobChanged { phase, .. } => format!("job {phase}"),
        Output::StageEnded { stage, .. } => format!("stage {stage} ended"),
        Output::JobPurged { .. } => "job purged".to_owned(),
        Output::Reply(reply) => match &reply.result {
            Ok(Answer::Done | Answer::Accepted) => "ok".to_owned(),
            Ok(Answer::Submitted { existing: true, job }) => format!("existing {}", job.0),
            Ok(Answer::Submitted { .. }) => "submitted".to_owned(),
            Ok(Answer::ParamsSet { version }) => format!("version {version}"),
            Ok(Answer::Purged { jobs }) => format!("{jobs} purged"),
            Err(refusal) => format!("refused: {refusal}"),
        },
    }
}

pub fn pause(reason: &str) -> Command {
    Command::PauseJob(PauseJob { request: REQUEST, job: JOB, reason: reason.to_owned() })
}

pub fn resume() -> Command {
    Command::ResumeJob(ResumeJob { request: REQUEST, job: JOB })
}

pub fn cancel() -> Command {
    Command::CancelJob(CancelJob { request: REQUEST, job: JOB })
}

pub fn again(failed_only: bool) -> Command {
    Command::RetryJob(RetryJob { request: REQUEST, job: JOB, failed_only })
}

pub fn purge(job: JobId) -> Command {
    Command::PurgeJobs(PurgeJobs { request: REQUEST, jobs: vec![job] })
}

pub fn policy(change: PolicyChange) -> Command {
    Command::SetPolicy(SetPolicy { request: REQUEST, job: JOB, change })
}

pub const ITEM: Option<Place> = Some(Place { row: 3, node: 0, index: 0 });

/// Compares what followed, and shows both when they differ.
#[track_caller]
pub fn check(got: &str, want: &str) {
    assert_eq!(got, want, "\n got: {got}\nwant: {want}\n");
}
