//! Where the control socket is, and how it is made so that only its owner can use it.

use std::{
    env, fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::xxh3_64;

/// Bytes that a socket's path may have. The limit of the operating systems is 104 to 108, with a suffix while it is
/// made.
const MAX_PATH_BYTES: usize = 90;

/// Where the socket of a data directory is: in it, or, when its path is too long for a socket, in the folder for
/// temporary files under the hash of the data directory's path.
///
/// # Errors
/// When the data directory does not exist.
pub fn socket_path(data: &Path) -> io::Result<PathBuf> {
    let canonical = fs::canonicalize(data)?;
    let within = canonical.join("control.sock");
    if within.as_os_str().len() <= MAX_PATH_BYTES {
        return Ok(within);
    }
    let name = format!("dyeline-{:016x}.sock", xxh3_64(canonical.as_os_str().as_encoded_bytes()));
    let temporary = env::temp_dir().join(&name);
    Ok(if temporary.as_os_str().len() <= MAX_PATH_BYTES { temporary } else { Path::new("/tmp").join(name) })
}

/// Listens at a path, in the place of whatever was left there. The caller owns the data directory's log: no other
/// process can be listening.
///
/// The socket is made under another name and renamed, so that nobody can connect before it is closed to others, and
/// so that no moment is without one.
pub(super) fn listen(path: &Path) -> io::Result<UnixListener> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let making = PathBuf::from(name);
    match fs::remove_file(&making) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&making)?;
    let named = fs::set_permissions(&making, fs::Permissions::from_mode(0o600))
        .and_then(|()| fs::rename(&making, path));
    if let Err(error) = named {
        // What cannot be renamed can be removed; if not, it is in nobody's way.
        let _ = fs::remove_file(&making);
        return Err(error);
    }
    Ok(listener)
}

/// Connects to the process that listens at a path; `None` when none does.
pub(super) fn dial(path: &Path) -> Option<UnixStream> {
    let meta = fs::symlink_metadata(path).ok()?;
    // In a folder that all may write to, somebody else's socket is not ours.
    let ours = meta.uid() == rustix::process::geteuid().as_raw() || rustix::process::geteuid().is_root();
    if !meta.file_type().is_socket() || !ours {
        return None;
    }
    UnixStream::connect(path).ok()
}
