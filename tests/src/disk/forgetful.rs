//! The disk itself: the [`Disk`] that the code under test sees, and the switches that a test has.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dyeline_processors::disk::{Disk, DiskFile, Open, SyncPoint};

use super::{
    faults::{Call, Failed, Failure, Fault, Faults},
    file::Inode,
    names::{Names, Node},
    random::Random,
};

/// A disk in memory that forgets at a crash what was not synced. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct ForgetfulDisk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    names: Names,
    inodes: Vec<Inode>,
    locks: BTreeSet<PathBuf>,
    faults: Faults,
    /// Counts starts of the process and of the machine; handles of earlier ones are dead.
    starts: u64,
    syncs: BTreeMap<SyncPoint, u64>,
    largest: BTreeMap<SyncPoint, u64>,
    changes: u64,
}

impl ForgetfulDisk {
    /// An empty disk in which this folder exists.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        let disk = Self::default();
        disk.inner().names.root(folder.as_ref());
        disk
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine loses its power, and starts again with what was durable and a part, drawn by `seed`, of what was
    /// not. Faults that were planned are forgotten; syncs stay taken out, and the quota stays.
    pub fn crash(&self, seed: u64) {
        let mut inner = self.inner();
        let mut random = Random::new(seed);
        inner.names.crash(&mut random);
        for inode in &mut inner.inodes {
            inode.crash(&mut random);
        }
        inner.restart();
    }

    /// The process is killed: its handles and locks are gone, what it wrote is still seen, synced or not.
    pub fn kill(&self) {
        self.inner().restart();
    }

    /// After this many more calls that change something, every call fails until the next crash or kill.
    pub fn cut_power_after(&self, calls: u64) {
        self.inner().faults.power = Some(calls);
    }

    /// Plans the failure of a call.
    pub fn inject(&self, fault: Fault) {
        self.inner().faults.planned.push(fault);
    }

    /// Syncs of these points do nothing from now on, and say that they did.
    pub fn take_out(&self, points: &[SyncPoint]) {
        self.inner().faults.taken_out = points.iter().copied().collect();
    }

    /// All files together can hold this many bytes; what is there stays.
    pub fn set_quota(&self, bytes: Option<u64>) {
        self.inner().faults.quota = bytes;
    }

    /// The bytes of all files that have a name.
    pub fn used(&self) -> u64 {
        self.inner().used()
    }

    /// How often each point was synced.
    pub fn syncs(&self) -> BTreeMap<SyncPoint, u64> {
        self.inner().syncs.clone()
    }

    /// The most bytes that one sync at a point had to write.
    pub fn largest_sync(&self, point: SyncPoint) -> u64 {
        self.inner().largest.get(&point).copied().unwrap_or(0)
    }

    /// How many calls have changed something.
    pub fn changes(&self) -> u64 {
        self.inner().changes
    }

    /// The files there are, as a reader sees them.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let inner = self.inner();
        let file = |(path, node): (&PathBuf, &Node)| match node {
            Node::File(inode) => Some((path.clone(), inner.inodes[*inode].seen.clone())),
            Node::Folder => None,
        };
        inner.names.seen.iter().filter_map(file).collect()
    }

    /// Puts a file there, durably: for damage, and for disks of before.
    pub fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let mut inner = self.inner();
        let path = path.as_ref();
        if let Some(folder) = path.parent() {
            inner.names.root(folder);
        }
        let mut inode = Inode::default();
        inode.write(bytes, 0);
        inode.sync();
        inner.inodes.push(inode);
        let node = Node::File(inner.inodes.len() - 1);
        inner.names.change(vec![(path.to_owned(), Some(node))]);
        inner.names.sync(path.parent().unwrap_or(path));
    }
}

impl Inner {
    fn restart(&mut self) {
        self.locks.clear();
        self.faults.planned.clear();
        self.faults.power = None;
        self.faults.off = false;
        self.starts += 1;
    }

    fn call(&mut self, call: Call) -> Result<(), Failed> {
        self.faults.check(call)?;
        self.changes += u64::from(!matches!(call, Call::Open | Call::Read));
        Ok(())
    }

    fn used(&self) -> u64 {
        let files = self.names.seen.values();
        let len = |node: &Node| match node {
            Node::File(inode) => self.inodes[*inode].seen.len() as u64,
            Node::Folder => 0,
        };
        files.map(len).sum()
    }

    fn node(&self, path: &Path) -> io::Result<Node> {
        self.names.seen.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn folder_of(&self, path: &Path) -> io::Result<()> {
        match path.parent().map(|folder| self.node(folder)) {
            Some(Ok(Node::Folder)) => Ok(()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn make_file(&mut self, path: &Path) -> io::Result<usize> {
        self.folder_of(path)?;
        self.inodes.push(Inode::default());
        let inode = self.inodes.len() - 1;
        self.names.change(vec![(path.to_owned(), Some(Node::File(inode)))]);
        Ok(inode)
    }
}

impl Disk for ForgetfulDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.inner();
        inner.call(Call::Open)?;
        let inode = match (inner.node(path), how) {
            (Ok(Node::Folder), _) => return Err(io::ErrorKind::IsADirectory.into()),
            (Ok(_), Open::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(Node::File(inode)), Open::Create) => {
                inner.inodes[inode].set_len(0);
                inode
            }
            (Ok(Node::File(inode)), _) => inode,
            (Err(_), Open::CreateNew | Open::Create) => inner.make_file(path)?,
            (Err(e), _) => return Err(e),
        };
        Ok(Box::new(Handle { disk: self.clone(), inode, start: inner.starts }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Write)?;
        let missing: Vec<_> =
            path.ancestors().filter(|p| inner.node(p).is_err()).map(Path::to_owned).collect();
        for folder in missing.into_iter().rev() {
            inner.names.change(vec![(folder, Some(Node::Folder))]);
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Rename)?;
        inner.folder_of(to)?;
        let node = inner.node(from)?;
        inner.names.change(vec![(from.to_owned(), None), (to.to_owned(), Some(node))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Remove)?;
        inner.node(path)?;
        inner.names.change(vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut inner = self.inner();
        inner.call(Call::Read)?;
        match inner.node(path)? {
            Node::Folder => {
                Ok(inner.names.seen.keys().filter(|p| p.parent() == Some(path)).cloned().collect())
            }
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn sync_dir(&self, path: &Path, point: SyncPoint) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Sync(point))?;
        inner.node(path)?;
        *inner.syncs.entry(point).or_default() += 1;
        if !inner.faults.taken_out.contains(&point) {
            inner.names.sync(path);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        let mut inner = self.inner();
        inner.call(Call::Open)?;
        if inner.node(path).is_err() {
            inner.make_file(path)?;
        }
        if !inner.locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Lock { disk: self.clone(), path: path.to_owned(), start: inner.starts }))
    }
}

/// An open file.
#[derive(Debug)]
struct Handle {
    disk: ForgetfulDisk,
    inode: usize,
    start: u64,
}

impl Handle {
    /// The disk, if the process that opened the file still runs and the call does not fail.
    fn call(&self, call: Call) -> Result<MutexGuard<'_, Inner>, Failed> {
        let mut inner = self.disk.inner();
        if inner.starts != self.start {
            return Err(Failed::Off);
        }
        inner.call(call)?;
        Ok(inner)
    }
}

impl DiskFile for Handle {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.call(Call::Read)?;
        let content = &inner.inodes[self.inode].seen;
        let from = content.len().min(offset as usize);
        let len = buf.len().min(content.len() - from);
        buf[..len].copy_from_slice(&content[from..from + len]);
        Ok(len)
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let mut inner = match self.call(Call::Write) {
            Err(Failed::Planned(Failure::NoSpace { missing })) => {
                let written = &buf[..buf.len().saturating_sub(missing)];
                self.disk.inner().inodes[self.inode].write(written, offset);
                return Err(io::ErrorKind::StorageFull.into());
            }
            other => other?,
        };
        let len = inner.inodes[self.inode].seen.len() as u64;
        let more = (offset + buf.len() as u64).saturating_sub(len);
        let room = inner.faults.quota.map_or(u64::MAX, |quota| quota.saturating_sub(inner.used()));
        if more > room {
            // As a real one, it writes what fits.
            let fits = (buf.len() as u64).saturating_sub(more - room) as usize;
            inner.inodes[self.inode].write(&buf[..fits], offset);
            return Err(io::ErrorKind::StorageFull.into());
        }
        inner.inodes[self.inode].write(buf, offset);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.call(Call::Write)?.inodes[self.inode].set_len(len);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.call(Call::Read)?.inodes[self.inode].seen.len() as u64)
    }

    fn sync(&self, point: SyncPoint) -> io::Result<()> {
        let mut inner = match self.call(Call::Sync(point)) {
            Ok(inner) => inner,
            Err(failed) => {
                if failed != Failed::Off {
                    self.disk.inner().inodes[self.inode].fail_sync();
                }
                return Err(failed.into());
            }
        };
        *inner.syncs.entry(point).or_default() += 1;
        let dirty = inner.inodes[self.inode].dirty();
        let largest = inner.largest.entry(point).or_default();
        *largest = dirty.max(*largest);
        if !inner.faults.taken_out.contains(&point) {
            inner.inodes[self.inode].sync();
        }
        Ok(())
    }
}

/// Holds a lock until it is dropped, unless the process was killed meanwhile.
#[derive(Debug)]
struct Lock {
    disk: ForgetfulDisk,
    path: PathBuf,
    start: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut inner = self.disk.inner();
        if inner.starts == self.start {
            inner.locks.remove(&self.path);
        }
    }
}
