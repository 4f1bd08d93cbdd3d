//! Calls that every disk offers by way of its own.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Disk, DiskFile, Open, OsDisk, SyncPoint};

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

/// Makes a file that must not exist, in a folder that `make` makes durably, see [`create_dir_all_durably`].
///
/// A folder that is there may not be durable: a former process may have ended between making it and syncing its name. So
/// it is seen to even so, once where the disk remembers that.
pub fn create_new_durably(
    disk: &dyn Disk,
    folder: &Path,
    path: &Path,
    make: impl Fn(&dyn Disk, &Path) -> io::Result<()>,
) -> io::Result<Box<dyn DiskFile>> {
    let known = disk
        .durable_folders()
        .is_some_and(|folders| folders.lock().unwrap_or_else(PoisonError::into_inner).contains(folder));
    if !known {
        make(disk, folder)?;
    }
    match disk.open(path, Open::CreateNew) {
        // It was tidied away meanwhile.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            make(disk, folder)?;
            disk.open(path, Open::CreateNew)
        }
        other => other,
    }
}

/// The disk of this machine.
pub fn os_disk() -> Arc<dyn Disk> {
    Arc::new(OsDisk)
}
