//! The one file that names the parts of a finished job, in their order.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::part::Part;
use crate::{
    contract::{Error, Result, error::ResultExt},
    disk::{Disk, Open, SyncPoint, read_full_at},
};

/// The manifest's name in the output folder.
pub const MANIFEST: &str = "manifest.json";

/// How the name of a manifest that is being written ends.
const UNFINISHED: &str = ".tmp";

/// Whether a file is a manifest that was never finished.
pub(super) fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    name.strip_prefix(MANIFEST).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(UNFINISHED))
}

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// What an output folder holds: the parts of the job that finished last, in the order of its shards and checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub version: u32,
    /// The chain that wrote it.
    pub chain: String,
    /// The chain's version, if it has one.
    pub chain_version: Option<String>,
    /// The job.
    pub job: String,
    /// The node that wrote it.
    pub node: String,
    /// Items in all files.
    pub records: u64,
    /// The files, in their order; none if there was nothing to write.
    pub files: Vec<Part>,
    /// The jobs whose parts these replace: what remains of them is removed.
    pub replaces: Vec<String>,
}

impl Manifest {
    /// Replaces the manifest of a folder: a crash leaves the old one or the new one. `by` tells apart attempts that
    /// do so at the same time.
    pub(super) fn write(&self, disk: &dyn Disk, root: &Path, by: &str) -> Result<PathBuf> {
        let path = root.join(MANIFEST);
        let temporary = root.join(format!("{MANIFEST}.{by}{UNFINISHED}"));
        let what = || format!("write the manifest `{}`", path.display());
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let file = disk.open(&temporary, Open::Create).context(what())?;
        let written = file.write_all_at(&text, 0).and_then(|()| file.sync(SyncPoint::Manifest));
        drop(file);
        if let Err(e) = written.and_then(|()| disk.rename(&temporary, &path)) {
            // The old manifest stands. What is left of the new one is in nobody's way if it cannot be removed.
            let _ = disk.remove(&temporary);
            return Err(e).context(what());
        }
        disk.sync_dir(root, SyncPoint::ManifestFolder).context(what())?;
        Ok(path)
    }
}

/// Reads the manifest of an output folder; `None` if there is none.
pub fn read_manifest(disk: &dyn Disk, root: &Path) -> Result<Option<Manifest>> {
    let path = root.join(MANIFEST);
    let what = || format!("read the manifest `{}`", path.display());
    let file = match disk.open(&path, Open::Read) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e).context(what()),
    };
    let len = usize::try_from(file.len().context(what())?)?;
    let mut text = vec![0; len];
    let read = read_full_at(&*file, &mut text, 0).context(what())?;
    let foreign = |why: &str| {
        Error::fatal(format!("{}: {why}", what()))
            .with_code("dyeline::output::foreign_manifest")
            .with_help("give the output another folder, or move the file away")
    };
    let manifest: Manifest =
        serde_json::from_slice(&text[..read]).map_err(|e| foreign(&format!("no output of a chain: {e}")))?;
    if manifest.version != VERSION {
        let why = format!("its format has version {}, this program knows {VERSION}", manifest.version);
        return Err(foreign(&why));
    }
    Ok(Some(manifest))
}
