//! Removes what jobs left in the spool once nobody reads it any more.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use dyeline_engine::JobId;
use dyeline_processors::disk::Disk;

/// Takes ended jobs; a thread of its own removes their files, since that may be gigabytes.
pub(super) struct Pruner {
    /// Bounded by the jobs that end.
    jobs: Sender<JobId>,
}

impl Pruner {
    /// Starts the thread; it ends once the pruner is dropped and all files are removed.
    pub fn start(disk: Arc<dyn Disk>, spool: PathBuf) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, ended) = unbounded();
        let thread = std::thread::Builder::new().name("prune".into());
        let thread = thread.spawn(move || run(&ended, &*disk, &spool))?;
        Ok((Self { jobs }, thread))
    }

    /// The files of a job can go.
    pub fn job_ended(&self, job: JobId) {
        // The thread ends only when this end is dropped.
        let _ = self.jobs.send(job);
    }
}

fn run(ended: &Receiver<JobId>, disk: &dyn Disk, spool: &Path) {
    for job in ended {
        remove_folder(disk, &spool.join(job.to_string()));
    }
}

/// Removes the spools of jobs that the state does not know as unfinished: left by a process that was killed.
pub(super) fn sweep(disk: &dyn Disk, spool: &Path, keeps: impl Fn(&str) -> bool) {
    // No folder: nothing was ever spooled.
    for folder in disk.list(spool).unwrap_or_default() {
        let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !keeps(name) {
            remove_folder(disk, &folder);
        }
    }
}

fn remove_folder(disk: &dyn Disk, folder: &Path) {
    for file in disk.list(folder).unwrap_or_default() {
        if let Err(error) = disk.remove(&file) {
            tracing::warn!(file = %file.display(), %error, "a spool file was not removed; the next start tries again");
        }
    }
    // An empty folder left behind costs nothing; the next start tries again.
    let _ = disk.remove_dir(folder);
}
