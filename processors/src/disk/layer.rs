//! What a disk and its files do.

use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::SyncPoint;

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
