//! What tells a file from a changed one, without reading it.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// What the file system says of a file. Links are followed, so that a link that is swapped, as Kubernetes does with its
/// ConfigMaps, is another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    device: u64,
    inode: u64,
    bytes: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Fingerprint {
    /// That of the file at a path; none if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        Some(Self {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.size(),
            written: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

/// Decides when a file that changes should be read: when it looks as it did a moment ago, so that one that is being
/// written is not read half.
#[derive(Debug, Default)]
pub(super) struct Settling {
    last: Option<Option<Fingerprint>>,
}

impl Settling {
    /// Whether to read now, given how the file looks and how it looked when it was last read.
    pub fn look(&mut self, now: Option<Fingerprint>, read: Option<Fingerprint>) -> bool {
        let settled = self.last == Some(now);
        self.last = Some(now);
        settled && now != read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(bytes: u64) -> Option<Fingerprint> {
        Some(Fingerprint { device: 1, inode: 1, bytes, written: (0, 0), changed: (0, 0) })
    }

    #[test]
    fn a_file_is_read_once_it_stays_as_it_is() {
        let mut settling = Settling::default();
        let looks = [(1, false), (1, false), (2, false), (3, false), (3, true)];
        for (bytes, read) in looks {
            assert_eq!(settling.look(print(bytes), print(1)), read, "{bytes}");
        }
        assert!(!settling.look(print(3), print(3)), "read already");
        assert!(
            !settling.look(None, print(3)) && settling.look(None, print(3)),
            "a missing file is told too"
        );
        assert!(!settling.look(None, None));
    }
}
