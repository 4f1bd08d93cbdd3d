//! Addresses of endpoints: `http`, `https`, `grpc` or `grpcs`, a host, a port.

use std::fmt;

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
    /// gRPC over HTTP/2 without TLS, by prior knowledge.
    Grpc,
    /// gRPC over HTTP/2 and TLS.
    Grpcs,
}

/// The schemes and how they are written.
const SCHEMES: &[(&str, Scheme)] =
    &[("http", Scheme::Http), ("https", Scheme::Https), ("grpc", Scheme::Grpc), ("grpcs", Scheme::Grpcs)];

/// The longest host name (RFC 1035 §2.3.4).
const LONGEST_HOST: usize = 253;

impl Scheme {
    /// How it is written.
    pub fn as_str(self) -> &'static str {
        SCHEMES.iter().find(|(_, scheme)| *scheme == self).map_or("", |(text, _)| text)
    }

    /// The port that is meant when none is written.
    pub fn default_port(self) -> u16 {
        if self.is_tls() { 443 } else { 80 }
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Grpcs)
    }

    /// Whether the connection has to be HTTP/2.
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::Grpcs)
    }
}

/// Where an endpoint is. Shown as `scheme://host:port`, always with its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Address {
    /// Reads `scheme://host[:port]`, with an IPv6 address in brackets. A `/` at the end is ignored; a path, a query
    /// or a user is refused, since a group is the same service at another place.
    ///
    /// # Errors
    /// A lowercase fragment that says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it has no scheme".into());
        };
        let Some((_, scheme)) = SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme)) else {
            return Err(format!("`{scheme}` is none of http, https, grpc, grpcs"));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(odd) = rest.chars().find(|c| matches!(c, '/' | '?' | '#' | '@')) {
            return Err(format!("`{odd}` cannot stand after the host: only a port can"));
        }
        let (host, port) = split_port(rest)?;
        let port = match port {
            None => scheme.default_port(),
            Some(port) => port_number(port)?,
        };
        Ok(Self { scheme: *scheme, host: check_host(host)?, port })
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its host, in lowercase: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, as a connection is opened to it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

fn split_port(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((inner, after)) = rest.split_once(']') else {
            return Err("its `[` is not closed".into());
        };
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err(format!("`{after}` cannot stand after `]`")),
        };
        return Ok((&text[..inner.len() + 2], port));
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Err("an IPv6 address has to stand in brackets".into()),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

fn port_number(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(format!("`{text}` is no port from 1 to 65535")),
    }
}

fn check_host(host: &str) -> Result<String, String> {
    if host.is_empty() {
        return Err("it has no host".into());
    }
    if host.len() > LONGEST_HOST {
        return Err(format!("its host has {} bytes, and {LONGEST_HOST} is the limit", host.len()));
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return match inner.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => Ok(format!("[{ip}]")),
            Err(_) => Err(format!("`{inner}` is no IPv6 address")),
        };
    }
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    match host.chars().find(|c| !valid(*c)) {
        Some(odd) => Err(format!("`{odd}` cannot stand in a host")),
        None => Ok(host.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_and_show_their_port() {
        for (text, shown) in [
            ("http://ledger:8080", "http://ledger:8080"),
            ("HTTP://Ledger.Corp", "http://ledger.corp:80"),
            ("https://ledger/", "https://ledger:443"),
            ("grpc://10.0.0.1:9000", "grpc://10.0.0.1:9000"),
            ("grpcs://[2001:DB8::1]", "grpcs://[2001:db8::1]:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://a_b-c:1", "http://a_b-c:1"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
            assert_eq!(Address::parse(shown), Ok(address), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("ledger:8080", "no scheme"),
            ("ftp://ledger", "`ftp` is none of"),
            ("http://", "no host"),
            ("http://:80", "no host"),
            ("http://a:0", "`0` is no port"),
            ("http://a:65536", "is no port"),
            ("http://a:+80", "is no port"),
            ("http://a:", "is no port"),
            ("http://a/b", "only a port can"),
            ("http://u@a", "only a port can"),
            ("http://a?x", "only a port can"),
            ("http://::1:80", "brackets"),
            ("http://[::1", "not closed"),
            ("http://[::1]80", "after `]`"),
            ("http://[::g]", "no IPv6 address"),
            ("http://a b", "` ` cannot stand"),
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Address::parse(&format!("http://{}", "a".repeat(254))).unwrap_err().contains("limit"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", tail in "[a-z0-9:/@\\[\\].]{0,20}") {
            let _ = Address::parse(&text);
            if let Ok(address) = Address::parse(&format!("http://{tail}")) {
                proptest::prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
            }
        }
    }
}
