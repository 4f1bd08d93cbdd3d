//! Job ids in documents: their text.

use dyeline_engine::JobId;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Writes the text.
pub(crate) fn serialize<S: Serializer>(id: &JobId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Reads the text.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JobId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
