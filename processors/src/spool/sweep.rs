//! How spool files die: when all who read them are done, or when nothing ever named them.

use std::{collections::BTreeSet, io, path::Path};

use super::part::{SpoolPart, is_spool_file, path_of};
use crate::{
    contract::{Result, error::ResultExt},
    disk::Disk,
};

/// Removes files that are no longer needed and returns how many there were. May be called again: files that are
/// already gone are passed over. Nothing is synced, since a file that comes back after a crash is swept.
pub fn remove<'a>(
    disk: &dyn Disk,
    folder: &Path,
    parts: impl IntoIterator<Item = &'a SpoolPart>,
) -> Result<u64> {
    let mut removed = 0;
    for part in parts {
        removed += u64::from(remove_file(disk, &path_of(folder, part))?);
    }
    Ok(removed)
}

/// Removes the spool files of a folder whose names are not among `named`, and returns how many there were. Call it
/// while no attempt writes there: a file that is being written is not named yet.
pub fn sweep(disk: &dyn Disk, folder: &Path, named: &BTreeSet<String>) -> Result<u64> {
    let files = match disk.list(folder) {
        Ok(files) => files,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(e).context(format!("sweep the spool folder `{}`", folder.display())),
    };
    let mut removed = 0;
    for file in files.iter().filter(|f| is_spool_file(f)) {
        let is_named = file.file_name().and_then(|n| n.to_str()).is_some_and(|n| named.contains(n));
        if !is_named {
            removed += u64::from(remove_file(disk, file)?);
        }
    }
    Ok(removed)
}

fn remove_file(disk: &dyn Disk, path: &Path) -> Result<bool> {
    match disk.remove(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e).context(format!("remove the spool file `{}`", path.display())),
    }
}
