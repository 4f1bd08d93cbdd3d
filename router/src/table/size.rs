//! How large a table is.

use std::fmt;

use crate::toml::format_count;

/// How much a table holds, and how much memory it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Services and topics.
    pub services: usize,
    /// Groups of all services and topics.
    pub clusters: usize,
    /// Chains and iterations.
    pub chains: usize,
    /// Hops of all chains.
    pub rules: usize,
    /// Bytes on the heap, endpoints and the file's text not counted.
    pub bytes: usize,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize| format_count(n as u64);
        let (services, chains, rules) = (count(self.services), count(self.chains), count(self.rules));
        write!(f, "{rules} rules of {chains} chains for {services} services, {} bytes", count(self.bytes))
    }
}
