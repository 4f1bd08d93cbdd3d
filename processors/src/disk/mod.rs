//! The file layer: every write and every sync of Dyeline goes through it, so that a test can cut the power anywhere.
//!
//! [`real`] is the operating system's; the tests bring one that forgets at a crash whatever was not synced.

mod real;

use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

pub use real::OsDisk;

/// A sync in the code. Each has an id, so that a test can take out one at a time and see that something fails.
///
/// The list is the whole list: a sync that is not named here cannot be called. Each is called at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SyncPoint {
    /// A batch of records in a log segment, before anything that follows from it leaves.
    LogBatch,
    /// The end of a log segment after a write that found no space, so that no part of it counts.
    LogTakenBack,
    /// The header of a log segment, before it gets its name.
    LogSegment,
    /// The first segment of a new log, before it gets its name.
    LogFirstSegment,
    /// A spare log segment, in full, so that nothing waits for that when it is needed.
    LogSpare,
    /// The folder of the log after a segment was named, before the first batch in it.
    LogRoll,
    /// The folder of the log at the start, before the first batch of a new owner.
    LogFolder,
    /// The folders above the files of the log, after they were made.
    LogHome,
    /// The file that holds the epoch.
    LogEpoch,
    /// The end of a log that was found at the start, before anything that follows from it leaves.
    LogRecovery,
    /// A snapshot, before its rename.
    Snapshot,
    /// The folder of the snapshots, after a rename.
    SnapshotFolder,
    /// A spool segment, before the checkpoint that names it.
    SpoolSegment,
    /// The folder of a spool segment.
    SpoolFolder,
    /// The folders above spool segments, after they were made.
    SpoolHome,
    /// A part of a sink, before the checkpoint that names it.
    SinkPart,
    /// The folder of a sink's part.
    SinkFolder,
    /// The folders above a sink's parts, after they were made.
    SinkHome,
    /// A manifest, before its rename.
    Manifest,
    /// The folder of a manifest, after its rename.
    ManifestFolder,
}

impl SyncPoint {
    /// Every sync there is.
    pub const ALL: &'static [Self] = &[
        Self::LogBatch,
        Self::LogTakenBack,
        Self::LogSegment,
        Self::LogFirstSegment,
        Self::LogSpare,
        Self::LogRoll,
        Self::LogFolder,
        Self::LogHome,
        Self::LogEpoch,
        Self::LogRecovery,
        Self::Snapshot,
        Self::SnapshotFolder,
        Self::SpoolSegment,
        Self::SpoolFolder,
        Self::SpoolHome,
        Self::SinkPart,
        Self::SinkFolder,
        Self::SinkHome,
        Self::Manifest,
        Self::ManifestFolder,
    ];
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It exists, and is only read.
    Read,
    /// It exists, and is read and written.
    ReadWrite,
    /// It must not exist yet.
    CreateNew,
    /// It is made, or emptied if it exists.
    Create,
}

/// A file system, real or for tests. Paths are as the operating system takes them.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>>;
    /// Makes a folder and those above it. Those that were made are *not* durable before their parents are synced.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Renames a file over another; durable once the folder is synced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; durable once the folder is synced.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder that is empty. For tidiness only: a disk need not.
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        let _ = path;
        Ok(())
    }
    /// The files and folders in a folder, by full path, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
    /// Makes the entries of a folder durable.
    fn sync_dir(&self, path: &Path, point: SyncPoint) -> io::Result<()>;
    /// The folders that this process has seen made durable, if the disk remembers them to save syncs.
    fn durable_folders(&self) -> Option<&Mutex<BTreeSet<PathBuf>>> {
        None
    }
    /// Takes the exclusive lock of a lock file, made if absent, until the guard is dropped or the process ends;
    /// `WouldBlock` if another holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>>;
}

/// An open file. Reads and writes name their place, so that a handle has no hidden position.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at most `buf.len()` bytes; 0 at the end of the file.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `buf`, growing the file if need be.
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts or extends (with zeros) the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// The file's length.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file is empty.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Makes data and length durable (`fdatasync`).
    fn sync(&self, point: SyncPoint) -> io::Result<()>;
}

/// Reads until `buf` is full or the file ends; returns how much was read.
pub fn read_full_at(file: &dyn DiskFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buf.len() {
        match file.read_at(&mut buf[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

/// Whoever finds a folder made must find it durable, too: one at a time.
static MAKING: Mutex<()> = Mutex::new(());

/// Makes a folder and those above it durably, one after the other: each is durable before the next is made.
///
/// The deepest one that exists already is made durable too, once, since a former process may have ended before that.
pub fn create_dir_all_durably(disk: &dyn Disk, path: &Path, point: SyncPoint) -> io::Result<()> {
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let known = |folder: &Path| {
        let folders = disk.durable_folders()?.lock().unwrap_or_else(PoisonError::into_inner);
        folders.contains(folder).then_some(())
    };
    let learn = |folder: &Path| {
        if let Some(folders) = disk.durable_folders() {
            folders.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        }
    };
    let mut missing = Vec::new();
    let mut deepest = None;
    for folder in path.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
        if disk.list(folder).is_ok() {
            deepest = Some(folder);
            break;
        }
        missing.push(folder);
    }
    for (folder, made) in
        deepest.map(|f| (f, false)).into_iter().chain(missing.into_iter().rev().map(|f| (f, true)))
    {
        if made {
            disk.create_dir_all(folder)?;
        } else if known(folder).is_some() {
            continue;
        }
        let Some(parent) = folder.parent() else { continue };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        match disk.sync_dir(parent, point) {
            // A folder that we may pass but not read: who made what is in it saw to its names.
            Err(e) if !made && e.kind() == io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
        learn(folder);
    }
    Ok(())
}

/// The disk of this machine.
pub fn os_disk() -> Arc<dyn Disk> {
    Arc::new(OsDisk)
}
