//! The most of everything that a rules file may have, each with its reason.

/// Services and topics: far more than any company runs.
pub const SERVICES: usize = 100_000;
/// Groups of a service: a lane each.
pub const GROUPS: usize = 1_000;
/// Addresses of a group: a pick looks at all of them when some are down.
pub const ADDRESSES: usize = 1_000;
/// Chains and iterations.
pub const CHAINS: usize = 1_000_000;
/// Hops of all chains together: the table counts its slots in 32 bits.
pub const HOPS: usize = 100_000_000;
/// Groups that one hop shares its calls between.
pub const SHARES: usize = 64;
/// Fallbacks of one hop, tried one after the other.
pub const FALLBACKS: usize = 16;
/// A weight, so that sums stay far below 64 bits.
pub const WEIGHT: i64 = 1_000_000;
/// Bytes of a name: the label of a host has as many (RFC 1035 §2.3.4).
pub const NAME: usize = 63;
/// Bytes of a version.
pub const VERSION: usize = 32;
/// Bytes of a job: with the shortest chain, a dye holds no more.
pub const JOB: usize = 126;
/// Steps of a test.
pub const STEPS: usize = 1_000;
