//! The beginning and the end of a job's output.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use super::{
    manifest::{Manifest, VERSION, is_unfinished, read_manifest},
    part::{Left, Part, is_name, is_ours},
};
use crate::{
    contract::{Class, Context, Error, Result, error::ResultExt},
    disk::{Disk, Open, SyncPoint, create_dir_all_durably},
};

/// Makes the output folder and sees whether it can be written to, before any work.
pub(super) fn prepare(root: &Path, cx: &Context) -> Result<()> {
    let disk = &**cx.disk();
    let failed = |e: io::Error| unwritable(root, &e, "prepare the output folder");
    make_folder(disk, root).map_err(failed)?;
    let probe = root.join(format!(".{}-{}.probe", cx.job(), cx.node()));
    drop(disk.open(&probe, Open::Create).map_err(failed)?);
    disk.remove(&probe).map_err(failed)?;
    match read_manifest(disk, root)? {
        Some(before) if before.chain != cx.chain() || before.node != cx.node() => Err(foreign(root, &before)),
        _ => Ok(()),
    }
}

fn foreign(root: &Path, before: &Manifest) -> Error {
    let (root, chain, node) = (root.display(), &before.chain, &before.node);
    Error::fatal(format!(
        "prepare the output folder `{root}`: it holds the output of node `{node}` of chain `{chain}`"
    ))
    .with_code("dyeline::output::foreign_manifest")
    .with_help("give this node a folder of its own, or remove the folder's `manifest.json`")
}

/// Makes a folder, and those above it, to stay.
pub(super) fn make_folder(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    create_dir_all_durably(disk, folder, SyncPoint::SinkHome)
}

/// An error about a folder or file that cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error, what: &str) -> Error {
    let class = match Error::from(io::Error::from(error.kind())).class() {
        Class::Retryable => Class::Retryable,
        _ => Class::Fatal,
    };
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "give the user that runs this program the right to write there, or name another folder"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands in its way: name another folder, or move the file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and resume the job",
        _ => "name another folder",
    };
    // The kind stays known: a disk without room pauses a job instead of failing it.
    Error::from(io::Error::new(error.kind(), error.to_string()))
        .context(format!("{what} `{}`", path.display()))
        .with_class(class)
        .with_code("dyeline::output::unwritable")
        .with_help(help)
}

/// Makes the parts visible as one by replacing the manifest, then removes what nobody needs any more: fragments, parts
/// of attempts that lost, and the parts of the job before. May be called again after a crash.
pub(super) fn publish(root: &Path, left: &[&[u8]], cx: &Context) -> Result<PathBuf> {
    let disk = &**cx.disk();
    let mut parts = Vec::new();
    for left in left {
        if let Left::Part(part) = Left::decode(left)? {
            check_part(disk, root, &part)?;
            parts.push(part);
        }
    }
    make_folder(disk, root).map_err(|e| unwritable(root, &e, "make the folder"))?;
    let before = read_manifest(disk, root)?;
    let manifest = Manifest {
        version: VERSION,
        chain: cx.chain().to_owned(),
        chain_version: cx.version().map(str::to_owned),
        job: cx.job().to_owned(),
        node: cx.node().to_owned(),
        records: parts.iter().map(|p| p.rows).sum(),
        files: parts,
        replaces: before.map(|before| replaced(before, cx.job())).unwrap_or_default(),
    };
    let path = manifest.write(disk, root, &format!("{}-f{}", cx.job(), cx.fence()))?;
    tidy(disk, root, &manifest)?;
    Ok(path)
}

/// The jobs whose parts are no longer needed once `job` takes the place of what was there before.
fn replaced(before: Manifest, job: &str) -> Vec<String> {
    if before.job == job {
        // Published a second time, perhaps because a crash came before everything was removed.
        return before.replaces;
    }
    let jobs: BTreeSet<_> = before.files.iter().filter_map(Part::job).map(str::to_owned).collect();
    jobs.into_iter().filter(|j| j != job).collect()
}

/// Removes what the manifest does not name.
fn tidy(disk: &dyn Disk, root: &Path, manifest: &Manifest) -> Result<()> {
    let named: BTreeSet<PathBuf> = manifest.files.iter().map(|f| root.join(&f.path)).collect();
    remove_parts(disk, &root.join(&manifest.job), &named)?;
    for job in manifest.replaces.iter().filter(|job| is_name(job)) {
        remove_parts(disk, &root.join(job), &named)?;
    }
    for file in disk.list(root)?.iter().filter(|f| is_unfinished(f)) {
        remove_file(disk, file)?;
    }
    Ok(())
}

/// Whether a part is as it was when it was closed; its bytes were checked by nobody since, and are not read here.
fn check_part(disk: &dyn Disk, root: &Path, part: &Part) -> Result<()> {
    let path = root.join(&part.path);
    let what = || format!("publish the part `{}`", path.display());
    let bytes = disk.open(&path, Open::Read).and_then(|f| f.len()).context(what())?;
    if bytes == part.bytes { Ok(()) } else { Err(changed(&what(), bytes, part.bytes)) }
}

/// The error about a file that has another length than was written.
pub(super) fn changed(what: &str, bytes: u64, written: u64) -> Error {
    let message = format!("{what}: it has {bytes} bytes, {written} were written: something else changed it");
    Error::fatal(message).with_help("run all shards again with `retry`")
}

/// Removes the parts and fragments in a job's folder but for some, and the folder if nothing is left.
fn remove_parts(disk: &dyn Disk, folder: &Path, but: &BTreeSet<PathBuf>) -> Result<()> {
    let files = match disk.list(folder) {
        Ok(files) => files,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).context(format!("tidy the folder `{}`", folder.display())),
    };
    let ours = |f: &&PathBuf| f.file_name().and_then(|n| n.to_str()).is_some_and(is_ours);
    let mut left = files.len();
    for file in files.iter().filter(ours).filter(|f| !but.contains(*f)) {
        remove_file(disk, file)?;
        left -= 1;
    }
    if left == 0 {
        // An attempt that lost may write into it this very moment: the folder is tidied up, or stays.
        let _ = disk.remove_dir(folder);
    }
    Ok(())
}

/// Removes all that a job that will publish nothing has written: its parts, and those that its attempts left behind
/// unfinished. What is already gone is passed over.
pub(super) fn discard(root: &Path, left: &[&[u8]], cx: &Context) -> Result<()> {
    let disk = &**cx.disk();
    let mut jobs = BTreeSet::from([cx.job().to_owned()]);
    for left in left {
        jobs.extend(Left::decode(left)?.file().job().map(str::to_owned));
    }
    for job in jobs.iter().filter(|job| is_name(job)) {
        remove_parts(disk, &root.join(job), &BTreeSet::new())?;
    }
    Ok(())
}

fn remove_file(disk: &dyn Disk, path: &Path) -> Result<()> {
    match disk.remove(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(e).context(format!("remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}
