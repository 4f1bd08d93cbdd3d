//! What is asked and answered, in JSON over HTTP and in protobuf over gRPC.

use serde::{Deserialize, Serialize};

/// The method of the ledger.
pub(crate) const POST: &str = "/lanes.Ledger/Post";

/// Who made the first call. It travels in the body, so that the counts do not rely on what they are to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// A user.
    Online,
    /// The chain.
    Chain,
    /// The next version of the chain.
    Next,
}

/// Asks for the value of an item.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// Who made the first call.
    pub origin: Origin,
    /// The item.
    pub item: i64,
}

/// The value of an item.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Value {
    /// The value.
    pub value: i64,
}

/// What the ledger is asked, and what it answers: `message Posting { uint32 origin = 1; sint64 number = 2; }`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Posting {
    /// Who made the first call: 0 is a user, 1 the chain, 2 its next version.
    #[prost(uint32, tag = "1")]
    pub origin: u32,
    /// The item of a question, the value of an answer.
    #[prost(sint64, tag = "2")]
    pub number: i64,
}

impl Posting {
    /// What was asked, for the next service.
    pub fn ask(self) -> Ask {
        let origin = match self.origin {
            0 => Origin::Online,
            1 => Origin::Chain,
            _ => Origin::Next,
        };
        Ask { origin, item: self.number }
    }
}

impl From<Ask> for Posting {
    fn from(ask: Ask) -> Self {
        Self { origin: ask.origin as u32, number: ask.item }
    }
}
