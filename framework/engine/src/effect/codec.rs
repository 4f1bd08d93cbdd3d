//! Records: kind, version, length, body.

use super::{
    AttemptFailed, AttemptHandedBack, DedupForgotten, HistoryNoted, JobCancelling, JobEnded, JobFailing,
    JobPaused, JobPurged, JobReleased, JobResumed, JobRetried, JobStarted, JobSubmitted, OwnershipAcquired,
    ParamsSet, PolicySet, ShardsFound, StageOpened, StageReleased, TaskCheckpointed, TaskLeased, TaskReadied,
    TaskSucceeded, TasksReset,
};
use crate::state::{EvolveError, State};

/// Why bytes are not effects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The framing is of another version.
    #[error("a batch has version {0}, which this version of dyeline does not know")]
    BatchVersion(u8),
    /// A record of a kind that is not known.
    #[error("a record has kind {kind}, version {version}, which this version of dyeline does not know")]
    Unknown {
        /// The kind.
        kind: u8,
        /// The version.
        version: u8,
    },
    /// The bytes end in the middle of a record.
    #[error("a record is cut short")]
    CutShort,
    /// The body is not what its kind says.
    #[error("record {effect} cannot be read: {what}")]
    Body {
        /// The record's name.
        effect: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// A framed record whose body is not read yet.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) kind: u8,
    pub(crate) version: u8,
    pub(crate) body: &'a [u8],
}

/// Takes one record off the front.
pub(crate) fn read_record<'a>(bytes: &mut &'a [u8]) -> Result<Record<'a>, DecodeError> {
    let [kind, version, rest @ ..] = *bytes else { return Err(DecodeError::CutShort) };
    let mut rest = rest;
    let length = prost::encoding::decode_varint(&mut rest).map_err(|_| DecodeError::CutShort)?;
    let length = usize::try_from(length).map_err(|_| DecodeError::CutShort)?;
    if rest.len() < length {
        return Err(DecodeError::CutShort);
    }
    let (body, rest) = rest.split_at(length);
    *bytes = rest;
    Ok(Record { kind: *kind, version: *version, body })
}

/// Writes one record.
pub(crate) fn write_record(kind: u8, version: u8, body: &impl prost::Message, bytes: &mut Vec<u8>) {
    bytes.extend([kind, version]);
    let length = body.encoded_len();
    prost::encoding::encode_varint(length as u64, bytes);
    bytes.reserve(length);
    body.encode_raw(bytes);
}

/// Lists the effects with their kinds; the numbers are durable and never given twice.
macro_rules! effects {
    ($($kind:literal $name:ident $type:ty,)*) => {
        /// One change of the state, as it is logged: a closed list.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Effect {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($type),)*
        }

        impl Effect {
            /// Its name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// Appends it as a record.
            pub fn encode(&self, bytes: &mut Vec<u8>) {
                match self { $(Self::$name(body) => write_record($kind, 1, body, bytes),)* }
            }

            pub(crate) fn decode(record: &Record<'_>) -> Result<Self, DecodeError> {
                match (record.kind, record.version) {
                    $(($kind, 1) => <$type as prost::Message>::decode(record.body)
                        .map(Self::$name)
                        .map_err(|e| DecodeError::Body { effect: stringify!($name), what: e.to_string() }),)*
                    (kind, version) => Err(DecodeError::Unknown { kind, version }),
                }
            }

            pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
                match self { $(Self::$name(body) => body.evolve(state),)* }
            }
        }

        $(impl From<$type> for Effect {
            fn from(body: $type) -> Self {
                Self::$name(body)
            }
        })*

        /// `(kind, name)` of every effect.
        #[cfg(test)]
        pub(crate) const KINDS: &[(u8, &str)] = &[$(($kind, stringify!($name)),)*];
    };
}

effects! {
    1 JobSubmitted Box<JobSubmitted>,
    2 JobReleased JobReleased,
    3 JobStarted JobStarted,
    4 JobPaused JobPaused,
    5 JobResumed JobResumed,
    6 JobCancelling JobCancelling,
    7 JobFailing JobFailing,
    8 JobEnded JobEnded,
    9 JobRetried JobRetried,
    10 JobPurged JobPurged,
    11 ParamsSet ParamsSet,
    12 PolicySet PolicySet,
    13 HistoryNoted HistoryNoted,
    14 DedupForgotten DedupForgotten,
    20 ShardsFound ShardsFound,
    21 StageOpened StageOpened,
    22 StageReleased StageReleased,
    23 TasksReset TasksReset,
    30 TaskReadied TaskReadied,
    31 TaskLeased TaskLeased,
    32 TaskCheckpointed TaskCheckpointed,
    33 TaskSucceeded TaskSucceeded,
    34 AttemptFailed Box<AttemptFailed>,
    35 AttemptHandedBack AttemptHandedBack,
    40 OwnershipAcquired OwnershipAcquired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_given_once() {
        for (i, (kind, name)) in KINDS.iter().enumerate() {
            assert!(KINDS[..i].iter().all(|(k, n)| k != kind && n != name), "{kind} {name}");
        }
    }

    #[test]
    fn an_unknown_kind_or_version_and_a_cut_record_are_errors() {
        let cases: [(&[u8], DecodeError); 6] = [
            (&[2], DecodeError::BatchVersion(2)),
            (&[1, 250, 1, 0], DecodeError::Unknown { kind: 250, version: 1 }),
            (&[1, 2, 2, 0], DecodeError::Unknown { kind: 2, version: 2 }),
            (&[1, 2], DecodeError::CutShort),
            (&[1, 2, 1, 5, 0], DecodeError::CutShort),
            (
                &[1, 2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
                DecodeError::CutShort,
            ),
        ];
        for (bytes, want) in cases {
            assert_eq!(crate::decode_batch(bytes), Err(want), "{bytes:?}");
        }
        assert!(matches!(crate::decode_batch(&[1, 2, 1, 1, 0xff]), Err(DecodeError::Body { .. })));
    }
}
