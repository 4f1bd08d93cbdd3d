//! A disk whose n-th change fails, with or without having happened, and all after it: a process that dies there.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use dyeline_processors::disk::{Disk, DiskFile, Open, OsDisk, SyncPoint};

/// The disk of this machine, until it fails.
#[derive(Clone, Debug)]
pub struct FailingDisk {
    /// Changes that still succeed.
    left: Arc<AtomicI64>,
}

#[derive(Debug)]
struct FailingFile {
    file: Box<dyn DiskFile>,
    disk: FailingDisk,
}

impl FailingDisk {
    /// A disk whose change number `changes` fails.
    pub fn after(changes: i64) -> Self {
        Self { left: Arc::new(AtomicI64::new(changes)) }
    }

    /// Whether it has failed.
    pub fn failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    fn change<T>(&self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(io::Error::other("the disk failed"));
        }
        change()
    }
}

impl Disk for FailingDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let file = match how {
            Open::Read => OsDisk.open(path, how)?,
            _ => self.change(|| OsDisk.open(path, how))?,
        };
        Ok(Box::new(FailingFile { file, disk: self.clone() }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.change(|| OsDisk.create_dir_all(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|| OsDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|| OsDisk.remove(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|| OsDisk.remove_dir(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        OsDisk.list(path)
    }

    fn sync_dir(&self, path: &Path, point: SyncPoint) -> io::Result<()> {
        self.change(|| OsDisk.sync_dir(path, point))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        OsDisk.lock(path)
    }
}

impl DiskFile for FailingFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.disk.change(|| self.file.write_all_at(buf, offset))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.change(|| self.file.set_len(len))
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn sync(&self, point: SyncPoint) -> io::Result<()> {
        self.disk.change(|| self.file.sync(point))
    }
}
