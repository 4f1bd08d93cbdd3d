//! What the inputs looked like when a job began, so that a change under an unfinished job is seen.

use std::{collections::BTreeMap, fs, path::Path, time::UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// One file as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written, in nanoseconds since the epoch.
    pub modified_ns: u64,
}

/// The input files of a job, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints(BTreeMap<String, Fingerprint>);

impl Fingerprints {
    /// Takes the fingerprint of a file; one that cannot be read is left out, since whoever reads it will say why.
    pub fn take(&mut self, path: &Path) {
        let Ok(meta) = fs::metadata(path) else { return };
        if !meta.is_file() {
            return;
        }
        let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let modified_ns = modified.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
        let fingerprint = Fingerprint { bytes: meta.len(), modified_ns };
        self.0.insert(path.to_string_lossy().into_owned(), fingerprint);
    }

    /// The form that is logged.
    pub fn encode(&self) -> Vec<u8> {
        // A map of texts to numbers has no value that JSON could refuse.
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// Reads the form that is logged; what cannot be read matches nothing.
    pub fn decode(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).unwrap_or_default())
    }

    /// What differs from an earlier look, a line for each file.
    pub fn differences(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (path, was) in &before.0 {
            match self.0.get(path) {
                None => lines.push(format!("{path} was {} bytes and is gone", was.bytes)),
                Some(now) if now.bytes != was.bytes => {
                    lines.push(format!("{path} was {} bytes and is {} bytes now", was.bytes, now.bytes));
                }
                Some(now) if now.modified_ns != was.modified_ns => {
                    lines
                        .push(format!("{path} was written again, with the same size of {} bytes", now.bytes));
                }
                Some(_) => {}
            }
        }
        for path in self.0.keys().filter(|p| !before.0.contains_key(*p)) {
            lines.push(format!("{path} was not an input when the job began"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(files: &[(&str, u64, u64)]) -> Fingerprints {
        let entry = |(path, bytes, modified_ns): &(&str, u64, u64)| {
            ((*path).to_owned(), Fingerprint { bytes: *bytes, modified_ns: *modified_ns })
        };
        Fingerprints(files.iter().map(entry).collect())
    }

    #[test]
    fn every_kind_of_change_is_named() {
        let before = prints(&[("a", 1, 1), ("b", 2, 2), ("c", 3, 3), ("d", 4, 4)]);
        let now = prints(&[("a", 1, 1), ("b", 5, 2), ("c", 3, 9), ("e", 1, 1)]);
        assert_eq!(
            now.differences(&before),
            [
                "b was 2 bytes and is 5 bytes now",
                "c was written again, with the same size of 3 bytes",
                "d was 4 bytes and is gone",
                "e was not an input when the job began",
            ]
        );
        assert_eq!(before.differences(&Fingerprints::decode(&before.encode())), [] as [&str; 0]);
    }
}
