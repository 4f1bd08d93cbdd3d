//! Which build of a program this is, so that a job's history says when another one went on with it.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::OnceLock,
    time::UNIX_EPOCH,
};

use dyeline_engine::{Build, Millis};
use xxhash_rust::xxh3::Xxh3;

/// Bytes hashed at a time.
const PIECE: usize = 1 << 20;

/// Where a linker puts the build id: behind the program headers, long before this.
const FRONT: usize = 4 << 10;

/// How the note with a build id begins: the lengths of name and id, the type `NT_GNU_BUILD_ID`, the name.
const NOTE: &[u8] = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0";

/// This program's build: the first 8 bytes of the build id that the linker wrote into its executable file, as
/// `readelf --notes` shows it (xxh3-64 of the whole file where it wrote none), and the time of the file. A copy is the same build; whatever the linker made anew from something else
/// is another. `None` where the file cannot be read: then nothing is noted.
///
/// The file is looked at once in a process, and only by one that runs jobs.
pub(super) fn this_build() -> Option<Build> {
    static BUILD: OnceLock<Option<Build>> = OnceLock::new();
    *BUILD.get_or_init(|| {
        let build = executable().and_then(|file| build_of(&file));
        build.map_err(|error| tracing::warn!(%error, "the program's own file cannot be read")).ok()
    })
}

fn executable() -> io::Result<File> {
    // This is the file that runs even when another was put in its place since.
    let runs = PathBuf::from("/proc/self/exe");
    File::open(runs).or_else(|_| File::open(std::env::current_exe()?))
}

fn build_of(mut file: &File) -> io::Result<Build> {
    let written = file.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = Millis(u64::try_from(written.as_millis()).unwrap_or(u64::MAX));
    let mut front = Vec::with_capacity(FRONT);
    file.take(FRONT as u64).read_to_end(&mut front)?;
    // Reading tens of megabytes at every launch would be felt by small jobs.
    if let Some(id) = build_id(&front) {
        return Ok(Build { id, at });
    }
    let mut hash = Xxh3::new();
    hash.update(&front);
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => hash.update(&piece[..read]),
        }
    }
    Ok(Build { id: hash.digest(), at })
}

/// The beginning of the build id in the front of an executable file, if it is there.
fn build_id(front: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(front, NOTE)? + NOTE.len();
    front.get(at..)?.first_chunk().copied().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_byte_makes_another_build_and_a_copy_the_same() {
        let build = |bytes: &[u8]| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(bytes).unwrap();
            build_of(&file.reopen().unwrap()).unwrap().id
        };
        let mut program = vec![7; PIECE + 10];
        let first = build(&program);
        assert_eq!(first, build(&program));
        assert_eq!(first, xxhash_rust::xxh3::xxh3_64(&program));
        program[PIECE + 5] = 8;
        assert_ne!(first, build(&program));
        assert_eq!(this_build(), this_build());

        program[700..700 + NOTE.len()].copy_from_slice(NOTE);
        assert_eq!(build(&program), 0x0707_0707_0707_0707);
    }
}
