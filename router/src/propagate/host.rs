//! The hosts a dye may go to: `only_to` of the rules.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

use http::{Uri, uri::Scheme};
use miette::Diagnostic;
use thiserror::Error;

/// The longest name of a host (RFC 1035, section 2.3.4), a dot at the end not counted.
const MAX_HOST_BYTES: usize = 253;

/// A pattern that names no host.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("`{pattern}` is not a pattern of hosts: {why}")]
#[diagnostic(
    code(dyeline::dye::bad_host),
    help(
        "write `ledger`, `ledger:8080`, `*.corp.internal`, `10.0.0.7`, `[2001:db8::7]:8080`, or `*` for any host"
    )
)]
pub struct BadHost {
    pattern: String,
    why: &'static str,
}

impl BadHost {
    /// The pattern.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What is wrong with it, as a fragment.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

/// The ports of a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ports {
    any: bool,
    named: Vec<u16>,
}

impl Ports {
    fn add(&mut self, port: Option<u16>) {
        match port {
            Some(port) => self.named.push(port),
            None => self.any = true,
        }
    }

    fn allow(&self, port: Option<u16>) -> bool {
        self.any || port.is_some_and(|port| self.named.contains(&port))
    }
}

/// Hosts by patterns: `ledger` is that host at any port, `ledger:8080` at this one, `*.corp.internal` any host below
/// `corp.internal` at any depth but not that itself, `*` any host. Addresses stand as they are, those of IPv6 in
/// brackets where a port follows. Case and a dot at the end do not matter. A look-up costs one hash per label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    any: Ports,
    exact: HashMap<Box<str>, Ports>,
    below: HashMap<Box<str>, Ports>,
    addresses: HashMap<IpAddr, Ports>,
}

impl Hosts {
    /// Every host.
    pub fn any() -> Self {
        Self { any: Ports { any: true, named: Vec::new() }, ..Self::default() }
    }

    /// No host at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The hosts that any of the patterns names.
    ///
    /// # Errors
    ///
    /// All the patterns that name no host.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<BadHost>> {
        let mut hosts = Self::default();
        let mut bad = Vec::new();
        for pattern in patterns {
            if let Err(why) = hosts.add(pattern) {
                bad.push(BadHost { pattern: pattern.to_owned(), why });
            }
        }
        if bad.is_empty() { Ok(hosts) } else { Err(bad) }
    }

    /// Whether a dye may go to this host at this port. A host of IPv6 may stand in brackets.
    pub fn allows(&self, host: &str, port: Option<u16>) -> bool {
        if self.any.allow(port) {
            return true;
        }
        if let Some(address) = address(host) {
            return self.addresses.get(&address).is_some_and(|ports| ports.allow(port));
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        let mut lower = [0u8; MAX_HOST_BYTES];
        let Some(lower) = lower.get_mut(..host.len()) else { return false };
        lower.copy_from_slice(host.as_bytes());
        lower.make_ascii_lowercase();
        let Ok(name) = std::str::from_utf8(lower) else { return false };
        let named = self.exact.get(name).is_some_and(|ports| ports.allow(port));
        named || above(name).any(|suffix| self.below.get(suffix).is_some_and(|ports| ports.allow(port)))
    }

    /// Whether a dye may go to the host of a URI, its port the scheme's if it names none. A URI without a host is
    /// nowhere.
    pub fn allows_uri(&self, uri: &Uri) -> bool {
        let usual = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => Some(80),
            Some(scheme) if *scheme == Scheme::HTTPS => Some(443),
            _ => None,
        };
        uri.host().is_some_and(|host| self.allows(host, uri.port_u16().or(usual)))
    }

    fn add(&mut self, pattern: &str) -> Result<(), &'static str> {
        let (host, port) = split(pattern)?;
        if host == "*" {
            self.any.add(port);
            return Ok(());
        }
        if let Some(address) = address(host) {
            self.addresses.entry(address).or_default().add(port);
            return Ok(());
        }
        let (suffix, set) = match host.strip_prefix("*.") {
            Some(suffix) => (suffix, &mut self.below),
            None => (host, &mut self.exact),
        };
        let name = suffix.strip_suffix('.').unwrap_or(suffix).to_ascii_lowercase();
        check_name(&name)?;
        set.entry(name.into()).or_default().add(port);
        Ok(())
    }
}

/// The host and the port of a pattern.
fn split(pattern: &str) -> Result<(&str, Option<u16>), &'static str> {
    if pattern.parse::<Ipv6Addr>().is_ok() {
        return Ok((pattern, None));
    }
    if pattern.contains('/') {
        return Err("it is a URL: write the host alone");
    }
    let colon = if pattern.ends_with(']') { None } else { pattern.rfind(':') };
    let Some(colon) = colon else { return Ok((pattern, None)) };
    let digits = &pattern[colon + 1..];
    let port = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    match port {
        None | Some(0) => Err("a port is a number from 1 to 65535"),
        port => Ok((&pattern[..colon], port)),
    }
}

/// A host that is an address.
fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// What stands after each dot of a name.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(dot, _)| &name[dot + 1..])
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() {
        Err("it names no host")
    } else if !name.is_ascii() {
        Err("a host's name is ASCII: write it in its `xn--` form")
    } else if name.starts_with('[') {
        Err("no address of IPv6 stands in the brackets")
    } else if name.contains('*') {
        Err("a `*` stands for whole labels at the beginning only")
    } else if name.len() > MAX_HOST_BYTES {
        Err("it is over 253 bytes")
    } else if !name.bytes().all(fits) || name.split('.').any(str::is_empty) {
        Err("a host's name has letters, digits, `-`, `_`, and dots between them")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
