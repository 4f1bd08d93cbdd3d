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

/// What the ledger is asked, and what it answers: `message Posting { bool chain = 1; sint64 number = 2; }`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Posting {
    /// Whether the chain made the first call.
    #[prost(bool, tag = "1")]
    pub chain: bool,
    /// The item of a question, the value of an answer.
    #[prost(sint64, tag = "2")]
    pub number: i64,
}

impl Posting {
    /// What was asked, for the next service.
    pub fn ask(self) -> Ask {
        Ask { origin: if self.chain { Origin::Chain } else { Origin::Online }, item: self.number }
    }
}

impl From<Ask> for Posting {
    fn from(ask: Ask) -> Self {
        Self { chain: ask.origin == Origin::Chain, number: ask.item }
    }
}
