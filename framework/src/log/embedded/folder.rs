//! The folder of a log: the names of its files, its lock and its epoch.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use dyeline_processors::disk::{Disk, DiskFile, Open, SyncPoint, create_dir_all_durably, read_full_at};

use super::format::{BadHeader, EPOCH_FILE, EpochFile};
use crate::log::{AcquireError, Damage, DiskFailure, RestoreError, SnapshotError, TailError, UnknownVersion};

/// The prefix of segments.
pub(super) const SEGMENT: &str = "segment-";
/// The prefix of spare segments.
pub(super) const SPARE: &str = "spare-";
/// The prefix of snapshots.
pub(super) const SNAPSHOT: &str = "snapshot-";

/// Why something could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    Damaged(Damage),
    Version(UnknownVersion),
    Disk(DiskFailure),
}

impl From<DiskFailure> for ReadError {
    fn from(failure: DiskFailure) -> Self {
        Self::Disk(failure)
    }
}

macro_rules! from_read_error {
    ($($error:ident),+) => {$(
        impl From<ReadError> for $error {
            fn from(error: ReadError) -> Self {
                match error {
                    ReadError::Damaged(damage) => Self::Damaged(damage),
                    ReadError::Version(version) => Self::Version(version),
                    ReadError::Disk(failure) => Self::Disk(failure),
                }
            }
        }
    )+};
}
from_read_error!(AcquireError, RestoreError, SnapshotError, TailError);

impl ReadError {
    /// Damage at a byte of a file.
    pub(super) fn damaged(file: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged(Damage { file: file.to_owned(), offset, what: what.into() })
    }

    /// A header that is not one.
    pub(super) fn header(file: &Path, bad: BadHeader) -> Self {
        match bad {
            BadHeader::Damaged(what) => Self::damaged(file, 0, what),
            BadHeader::Version(found) => {
                Self::Version(UnknownVersion { file: file.to_owned(), found, known: super::format::VERSION })
            }
        }
    }
}

/// Adds verb and file to an error of the operating system.
pub(super) trait Failed<T> {
    fn failed(self, doing: &'static str, file: &Path) -> Result<T, DiskFailure>;
}

impl<T> Failed<T> for io::Result<T> {
    fn failed(self, doing: &'static str, file: &Path) -> Result<T, DiskFailure> {
        self.map_err(|source| DiskFailure { doing, file: file.to_owned(), source })
    }
}

/// Whether an error says that the disk, or the share of it that may be used, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Keeps the log for its owner until it is dropped.
pub(super) type LockGuard = Box<dyn Send + Sync>;

/// The folder and the disk it is on.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
}

impl Folder {
    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.path.join(format!("{SEGMENT}{number:020}"))
    }

    pub(super) fn spare(&self, number: u64) -> PathBuf {
        self.path.join(format!("{SPARE}{number:020}"))
    }

    pub(super) fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    pub(super) fn snapshot(&self, at: u64) -> PathBuf {
        self.snapshots().join(format!("{SNAPSHOT}{at:020}"))
    }

    fn epoch(&self) -> PathBuf {
        self.path.join("epoch")
    }

    pub(super) fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskFailure> {
        self.disk.open(path, how).failed("open", path)
    }

    /// The numbers of the files in `folder` whose name is `prefix` and 20 digits, in order; none if it does not exist.
    pub(super) fn numbers(&self, folder: &Path, prefix: &str) -> Result<Vec<u64>, DiskFailure> {
        let paths = match self.disk.list(folder) {
            Ok(paths) => paths,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e).failed("list", folder),
        };
        let number = |path: &PathBuf| {
            let digits = path.file_name()?.to_str()?.strip_prefix(prefix)?;
            if digits.len() == 20 { digits.parse().ok() } else { None }
        };
        Ok(paths.iter().filter_map(number).collect())
    }

    /// Makes the folders, if they are absent: that of the log durably, that of the snapshots once the former is synced.
    pub(super) fn make(&self) -> Result<(), DiskFailure> {
        create_dir_all_durably(&*self.disk, &self.path, SyncPoint::LogHome).failed("make", &self.path)?;
        let snapshots = self.snapshots();
        self.disk.create_dir_all(&snapshots).failed("make", &snapshots)
    }

    /// Takes the lock and writes our process id beside it.
    pub(super) fn lock(&self) -> Result<LockGuard, AcquireError> {
        let path = self.path.join("lock");
        let guard = match self.disk.lock(&path) {
            Ok(guard) => guard,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                return Err(AcquireError::Held { folder: self.path.clone(), pid: self.holder(&path) });
            }
            Err(e) => return Err(e).failed("lock", &path)?,
        };
        // The number is for people only: a disk too full to hold it is no reason to refuse.
        if let Ok(file) = self.disk.open(&path, Open::Create) {
            let _ = file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0);
        }
        Ok(guard)
    }

    fn holder(&self, lock: &Path) -> Option<u32> {
        let file = self.disk.open(lock, Open::Read).ok()?;
        let mut text = [0; 16];
        let read = file.read_at(&mut text, 0).ok()?;
        std::str::from_utf8(&text[..read]).ok()?.trim().parse().ok()
    }

    /// Removes what an interrupted write left under a temporary name.
    pub(super) fn remove_temporary(&self) -> Result<(), DiskFailure> {
        for folder in [self.path.clone(), self.snapshots()] {
            for path in self.disk.list(&folder).failed("list", &folder)? {
                if path.extension().is_some_and(|e| e == "tmp") {
                    self.disk.remove(&path).failed("remove", &path)?;
                }
            }
        }
        Ok(())
    }

    /// The epoch file, or `None` if there is none.
    pub(super) fn read_epoch(&self) -> Result<Option<EpochFile>, ReadError> {
        let path = self.epoch();
        let file = match self.disk.open(&path, Open::Read) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).failed("open", &path)?,
        };
        let mut bytes = [0; EPOCH_FILE + 1];
        let read = read_full_at(&*file, &mut bytes, 0).failed("read", &path)?;
        if read > EPOCH_FILE {
            return Err(ReadError::damaged(&path, EPOCH_FILE as u64, "the file is longer than it should be"));
        }
        EpochFile::decode(&bytes[..read]).map(Some).map_err(|bad| ReadError::header(&path, bad))
    }

    /// What is said of an epoch file that should be there and is not.
    pub(super) fn epoch_missing(&self) -> ReadError {
        ReadError::damaged(&self.epoch(), 0, "the file is missing, while the log holds batches")
    }

    /// Replaces the epoch file. Durable once the folder is synced.
    pub(super) fn write_epoch(&self, epoch: EpochFile) -> Result<(), DiskFailure> {
        let path = self.epoch();
        let temporary = path.with_extension("tmp");
        let file = self.open(&temporary, Open::Create)?;
        file.write_all_at(&epoch.encode(), 0).failed("write", &temporary)?;
        file.sync(SyncPoint::LogEpoch).failed("sync", &temporary)?;
        self.disk.rename(&temporary, &path).failed("rename", &temporary)
    }
}
