//! Opens input files, and says clearly why one cannot be read.

use std::{fmt, io, path::Path};

use crate::{
    contract::{Error, Result},
    disk::{Disk, DiskFile, Open, read_full_at},
};

/// A file to read.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) path: &'a Path,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) len: u64,
}

impl<'a> Input<'a> {
    /// Opens a regular file.
    pub(super) fn open(disk: &dyn Disk, path: &'a Path) -> Result<Self> {
        let failed = |e: io::Error| read_error(path, &e);
        let file = disk.open(path, Open::Read).map_err(failed)?;
        // A folder can be opened, and is noticed when it is read.
        file.read_at(&mut [0], 0).map_err(failed)?;
        let len = file.len().map_err(failed)?;
        Ok(Self { path, file, len })
    }

    /// Reads until `buf` is full or the file ends.
    pub(super) fn read(&self, buf: &mut [u8], offset: u64) -> Result<usize> {
        read_full_at(&*self.file, buf, offset).map_err(|e| read_error(self.path, &e))
    }

    /// An error about a place in the file.
    pub(super) fn error_at(&self, offset: u64, what: impl fmt::Display) -> Error {
        Error::fatal(format!("read `{}` at byte {offset}: {what}", self.path.display()))
    }
}

/// An error of opening or reading a file.
pub(super) fn read_error(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Error::fatal(format!("open `{shown}`: there is no such file"))
            .with_code("dyeline::csv::missing_file")
            .with_help(
                "check the path: one in a chain file is relative to that file, one given by --param to the current \
                 folder",
            ),
        io::ErrorKind::IsADirectory => Error::fatal(format!("open `{shown}`: it is a folder, expected a file"))
            .with_code("dyeline::csv::not_a_file")
            .with_help("name the file in it, or several with `paths = [\"a.csv\", \"b.csv\"]`"),
        io::ErrorKind::NotSeekable => {
            Error::fatal(format!("open `{shown}`: it is a pipe or a device, expected a regular file"))
                .with_code("dyeline::csv::not_a_file")
                .with_help("store the data in a file first: a shard that is retried is read again")
        }
        io::ErrorKind::PermissionDenied => {
            Error::fatal(format!("open `{shown}`: this user may not read it ({error})"))
                .with_code("dyeline::csv::unreadable")
                .with_help("give the user that runs this program the right to read the file")
        }
        _ => {
            let class = Error::from(io::Error::from(error.kind())).class();
            Error::new(class, format!("read `{shown}`: {error}")).with_code("dyeline::csv::unreadable")
        }
    }
}
