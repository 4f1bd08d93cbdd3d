//! Runs a drawn chain: in this process on a disk that forgets, or as a program that is killed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use dyeline::{
    builtin::parts::{MANIFEST, read_manifest},
    chain::Given,
    disk::{Disk, Open, os_disk},
    host::{DataDir, Host, HostError, HostOptions},
    launch::{Choice, Ended, How, LaunchError, LaunchRequest, Observer, launch},
    view::{JobDocument, JobStatus, reconcile},
};

use crate::disk::{ForgetfulDisk, Random};

use super::{
    failing::DRAWN_PANIC,
    file::chain_file,
    model::{Crash, Drawn, Sink},
};

/// The job's id for the user: a launch after its end finds that it is done.
const ID: &str = "drawn";

/// The most launches that one chain needs: each crash costs one.
const MAX_LAUNCHES: usize = 20;

/// How long a chain may take as a program, all kills included.
const LIMIT: Duration = Duration::from_secs(120);

/// What became of a chain.
#[derive(Debug)]
pub struct Played {
    /// Whether the job succeeded.
    pub succeeded: bool,
    /// The job's id.
    pub job: String,
    /// By sink: the files in the order of the manifest; none if there is no manifest.
    pub files: BTreeMap<String, Option<Vec<Vec<u8>>>>,
    /// What was shown of the job at its end; `None` if it had failed before the last launch, which refused to go on.
    pub document: Option<JobDocument>,
    /// Files that should not be there any more.
    pub left_over: Vec<PathBuf>,
    /// Crashes and kills that came before the end.
    pub ended_early: usize,
}

/// Sees nothing: the end is enough.
struct Blind;

impl Observer for Blind {
    fn started(&mut self, _: &Host, _: &JobStatus, _: bool) {}
    fn running(&mut self, _: &JobStatus) {}
    fn stalled(&mut self, _: &str) {}
    fn unstalled(&mut self) {}
    fn draining(&mut self) {}
    fn closing(&mut self) {}
}

/// Makes room as soon as the log lacks some.
struct Roomy<'a> {
    disk: &'a ForgetfulDisk,
    said: &'a mut Vec<String>,
}

impl Observer for Roomy<'_> {
    fn started(&mut self, _: &Host, _: &JobStatus, _: bool) {}
    fn running(&mut self, _: &JobStatus) {}
    fn stalled(&mut self, why: &str) {
        self.said.push(why.to_owned());
        self.disk.set_quota(None);
    }
    fn unstalled(&mut self) {}
    fn draining(&mut self) {}
    fn closing(&mut self) {}
}

/// Drawn panics are part of the plan; all others are told as ever.
fn silence_drawn_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<String>();
            let drawn = text.is_some_and(|text| text.contains(DRAWN_PANIC));
            if !drawn {
                before(info);
            }
        }));
    });
}

/// Runs a chain in this process, on a disk that forgets at each crash what was not synced.
///
/// # Errors
/// What a launch said although no crash explains it.
pub fn play(drawn: &Drawn) -> Result<Played, String> {
    silence_drawn_panics();
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("drawn.toml");
    fs::write(&file, chain_file(drawn, "/out")).map_err(|e| e.to_string())?;
    let disk = ForgetfulDisk::new("/");
    let request = request(&file)?;
    let mut crashes = drawn.crashes.iter();
    let mut ended_early = 0;
    for _ in 0..MAX_LAUNCHES {
        let crash = crashes.next();
        if let Some(crash) = crash {
            disk.cut_power_after(crash.after);
        }
        let options =
            HostOptions { slots: drawn.slots, disk: Arc::new(disk.clone()), ..HostOptions::default() };
        match (launch(&request, DataDir::new("/data"), options, Choice::Same, &mut Blind), crash) {
            // The power may have gone behind the job's end: the next launch finds it, and tidies up.
            (Ok(ended), Some(_)) if ended.how == How::Succeeded => disk.kill(),
            (Ok(ended), _) => {
                disk.kill();
                // What was removed may come back after a loss of power; what was acknowledged must.
                let kept = disk.files().into_iter().map(|(path, _)| path).collect();
                disk.crash(drawn.seed);
                return gather(drawn, &disk, kept, &ended, ended_early);
            }
            (Err(_), Some(crash)) => {
                ended_early += 1;
                end_process(&disk, *crash, drawn.seed + ended_early as u64);
            }
            (Err(LaunchError::Host(HostError::Request(_))), None) if ended_early > 0 => {
                return refused(drawn, &disk, Path::new("/out"), ended_early);
            }
            (Err(error), None) => return Err(format!("the launch ended with: {error}")),
        }
    }
    Err(format!("no end within {MAX_LAUNCHES} launches"))
}

/// Runs a chain on a disk that holds so many bytes, twice, then on one with room: what was said of the full disk, if it
/// was, and what became of the chain. A launch that waits for room in the log gets it.
///
/// # Errors
/// An end that a full disk does not explain.
pub fn play_on_full_disk(drawn: &Drawn, quota: u64) -> Result<(Vec<String>, Played), String> {
    silence_drawn_panics();
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("drawn.toml");
    fs::write(&file, chain_file(drawn, "/out")).map_err(|e| e.to_string())?;
    let disk = ForgetfulDisk::new("/");
    let request = request(&file)?;
    let mut said = Vec::new();
    for room in [Some(quota), Some(quota), None] {
        disk.set_quota(room);
        let options =
            HostOptions { slots: drawn.slots, disk: Arc::new(disk.clone()), ..HostOptions::default() };
        let mut observer = Roomy { disk: &disk, said: &mut said };
        match launch(&request, DataDir::new("/data"), options, Choice::Same, &mut observer) {
            Ok(ended) => match (&ended.how, room) {
                (How::Environment(why), Some(_)) if ended.how.exit_code() == 4 => said.push(why.clone()),
                _ => {
                    let kept = disk.files().into_iter().map(|(path, _)| path).collect();
                    return Ok((said, gather(drawn, &disk, kept, &ended, 0)?));
                }
            },
            Err(error) if room.is_some() && error.exit_code() == 4 => said.push(error.to_string()),
            Err(error) => return Err(format!("with {room:?} bytes: {error}")),
        }
        // What is lost by a loss of power now must not have been needed.
        disk.crash(drawn.seed);
    }
    Err("no end with room".into())
}

fn end_process(disk: &ForgetfulDisk, crash: Crash, seed: u64) {
    if crash.power {
        disk.crash(seed);
    } else {
        disk.kill();
    }
}

fn request(file: &Path) -> Result<LaunchRequest, String> {
    let as_of = Given::parse_as_of("2026-03-01").map_err(|e| e.to_string())?;
    let folder = file.parent().unwrap_or(file);
    Ok(LaunchRequest {
        file: file.to_owned(),
        given: Given::new(as_of, folder),
        limit: None,
        id: Some(ID.to_owned()),
        rules: None,
    })
}

fn gather(
    drawn: &Drawn,
    disk: &ForgetfulDisk,
    mut kept: Vec<PathBuf>,
    ended: &Ended,
    ended_early: usize,
) -> Result<Played, String> {
    let (out, status) = (Path::new("/out"), &ended.status);
    let succeeded = match &ended.how {
        How::Succeeded => true,
        How::Failed => false,
        other => return Err(format!("the job ended in an odd way: {other:?}, {:?}", status.reason)),
    };
    if let Some(mismatch) = reconcile(status).first() {
        return Err(mismatch.to_string());
    }
    let files = read_outputs(drawn, disk, out)?;
    let named: Vec<&PathBuf> = files.values().flatten().flatten().map(|(path, _)| path).collect();
    // What was removed from the output may come back when the power goes; that is in nobody's way, and the next job
    // into the folder removes it.
    let steady = drawn.crashes.iter().all(|crash| !crash.power);
    kept.retain(|path| succeeded && (path.starts_with("/data/spool") || steady && path.starts_with(out)));
    kept.retain(|path| !path.ends_with(MANIFEST) && !named.contains(&path));
    Ok(Played {
        succeeded,
        job: status.job.to_string(),
        files: files.into_iter().map(|(node, files)| (node, contents(files))).collect(),
        document: Some(JobDocument::from(status)),
        left_over: kept,
        ended_early,
    })
}

/// The job had failed for good when the process ended, and the next launch said so instead of going on.
fn refused(drawn: &Drawn, disk: &dyn Disk, out: &Path, ended_early: usize) -> Result<Played, String> {
    let files = read_outputs(drawn, disk, out)?;
    Ok(Played {
        succeeded: false,
        job: String::new(),
        files: files.into_iter().map(|(node, files)| (node, contents(files))).collect(),
        document: None,
        left_over: Vec::new(),
        ended_early,
    })
}

fn contents(files: Option<Vec<(PathBuf, Vec<u8>)>>) -> Option<Vec<Vec<u8>>> {
    files.map(|files| files.into_iter().map(|(_, bytes)| bytes).collect())
}

type Outputs = BTreeMap<String, Option<Vec<(PathBuf, Vec<u8>)>>>;

/// The files that each sink's manifest names.
fn read_outputs(drawn: &Drawn, disk: &dyn Disk, out: &Path) -> Result<Outputs, String> {
    let mut outputs = Outputs::new();
    for (node, _) in drawn.sinks() {
        let root = out.join(&node.name);
        let manifest = read_manifest(disk, &root).map_err(|e| e.to_string())?;
        let files = manifest.map(|manifest| {
            let paths = manifest.files.iter().map(|part| root.join(&part.path));
            paths.map(|path| read_file(disk, &path).map(|bytes| (path, bytes))).collect::<Result<Vec<_>, _>>()
        });
        outputs.insert(node.name.clone(), files.transpose().map_err(|e| format!("{}: {e}", node.name))?);
    }
    Ok(outputs)
}

fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Open::Read)?;
    let mut bytes = vec![0; usize::try_from(file.len()?).unwrap_or(usize::MAX)];
    let read = dyeline::disk::read_full_at(&*file, &mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Runs a chain as a program that has the test processors, killed with SIGKILL after drawn times.
///
/// # Errors
/// What a launch said although it was not killed, or no end in time.
pub fn play_program(drawn: &Drawn, program: &Path, kills: usize) -> Result<Played, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("drawn.toml");
    fs::write(&file, chain_file(drawn, "out")).map_err(|e| e.to_string())?;
    let mut random = Random::new(drawn.seed);
    let (began, mut ended_early) = (Instant::now(), 0);
    while began.elapsed() < LIMIT {
        let mut child = Command::new(program)
            .args(["launch", "drawn.toml", "--id", ID, "--output", "json"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        if ended_early < kills {
            std::thread::sleep(Duration::from_millis(1 + random.below(60)));
            // One that has ended by itself is not killed any more.
            let _ = child.kill();
        }
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        let Some(code) = output.status.code() else {
            ended_early += 1;
            continue;
        };
        if code == 2 && ended_early > 0 {
            return refused(drawn, &*os_disk(), &folder.path().join("out"), ended_early);
        }
        let document: JobDocument = serde_json::from_slice(&output.stdout)
            .map_err(|e| format!("exit code {code}: {e}: {}", String::from_utf8_lossy(&output.stdout)))?;
        return gather_program(drawn, folder.path(), document, code, ended_early);
    }
    Err(format!("no end within {LIMIT:?}"))
}

fn gather_program(
    drawn: &Drawn,
    folder: &Path,
    document: JobDocument,
    code: i32,
    ended_early: usize,
) -> Result<Played, String> {
    let succeeded = match code {
        0 => true,
        1 => false,
        other => return Err(format!("exit code {other}: {document:?}")),
    };
    let disk = os_disk();
    let files = read_outputs(drawn, &*disk, &folder.join("out"))?;
    let mut left_over = Vec::new();
    if succeeded {
        let named: Vec<&PathBuf> = files.values().flatten().flatten().map(|(path, _)| path).collect();
        for part in ["out", ".dyeline/spool"] {
            all_files(&folder.join(part), &mut left_over);
        }
        left_over.retain(|path| !path.ends_with(MANIFEST) && !named.contains(&path));
    }
    let files = files.into_iter().map(|(node, files)| (node, contents(files))).collect();
    Ok(Played {
        succeeded,
        job: document.job.to_string(),
        files,
        document: Some(document),
        left_over,
        ended_early,
    })
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Which sink it is, by its node.
pub(super) fn sink_of(drawn: &Drawn, node: &str) -> Option<Sink> {
    drawn.sinks().find(|(n, _)| n.name == node).map(|(_, sink)| sink)
}
