//! What changes about a request and a response on the way through.
//!
//! As Envoy does, and nginx users configure: `Host` stays what the client sent; the client's address is appended to
//! `X-Forwarded-For`; `X-Forwarded-Proto` and `-Host` are added where they are missing. At the edge all three are
//! set anew, as whatever came from outside may be invented, and `Forwarded` and `X-Real-IP` are taken off. No `Via` is
//! added, no `Server` and no `Date`.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

use http::{HeaderMap, HeaderName, HeaderValue, header, request};

use super::settings::Listener;
use crate::propagate::Edge;

/// Who sent a request, as far as its connection tells.
#[derive(Debug)]
pub(crate) struct Client {
    address: HeaderValue,
    listener: Listener,
}

/// What a request asks of its connection beside its fields.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The protocol to switch to.
    pub(crate) upgrade: Option<HeaderValue>,
    /// Whether trailers are welcome.
    pub(crate) trailers: bool,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

impl Client {
    pub(crate) fn new(peer: SocketAddr, listener: &Listener) -> Self {
        let ip = match peer.ip() {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
            v4 @ IpAddr::V4(_) => v4,
        };
        let address = HeaderValue::from_str(&ip.to_string());
        Self { address: address.unwrap_or(HeaderValue::from_static("unknown")), listener: listener.clone() }
    }

    /// What happens to its dyes, if it is outside.
    pub(crate) fn edge(&self) -> Option<&Edge> {
        self.listener.edge.as_ref()
    }

    /// The group its requests are for, whatever their dye.
    pub(crate) fn serves(&self) -> Option<&str> {
        self.listener.group.as_deref()
    }

    /// The service a request is for: the listener's, or the one its host names.
    pub(crate) fn service<'a>(&'a self, parts: &'a request::Parts) -> Option<Cow<'a, str>> {
        if let Some(service) = &self.listener.service {
            return Some(Cow::Borrowed(service));
        }
        let host = match parts.uri.host() {
            Some(host) => host,
            None => without_port(parts.headers.get(header::HOST)?.to_str().ok()?),
        };
        // Hosts know no case, and may end with the dot of the root.
        let host = host.strip_suffix('.').unwrap_or(host);
        match host.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Some(Cow::Owned(host.to_ascii_lowercase())),
            false => Some(Cow::Borrowed(host)),
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Says in a request's fields where it came from.
pub(crate) fn stamp(fields: &mut HeaderMap, client: &Client) {
    drop_lookalikes(fields);
    if client.edge().is_some() {
        fields.remove(header::FORWARDED);
        fields.remove(REAL_IP);
        fields.insert(FORWARDED_FOR, client.address.clone());
        fields.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
        match fields.get(header::HOST).cloned() {
            Some(host) => fields.insert(FORWARDED_HOST, host),
            None => fields.remove(FORWARDED_HOST),
        };
        return;
    }
    if let Some(path) = appended(fields, &client.address) {
        fields.insert(FORWARDED_FOR, path);
    }
    fields.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    if !fields.contains_key(FORWARDED_HOST)
        && let Some(host) = fields.get(header::HOST).cloned()
    {
        fields.insert(FORWARDED_HOST, host);
    }
}

/// `X-Forwarded-For` with one address more, all its lines as one.
fn appended(fields: &HeaderMap, address: &HeaderValue) -> Option<HeaderValue> {
    let mut lines = fields.get_all(FORWARDED_FOR).iter().peekable();
    if lines.peek().is_none() {
        return Some(address.clone());
    }
    let all: Vec<&[u8]> = lines.chain([address]).map(HeaderValue::as_bytes).collect();
    HeaderValue::from_bytes(&all.join(&b", "[..])).ok()
}

/// Takes off fields that differ from ones we set, or that frame a message, by `_` for `-`: servers that keep fields in
/// variables (CGI, WSGI, PHP) cannot tell `x_dye` from `x-dye`.
fn drop_lookalikes(fields: &mut HeaderMap) {
    let alike = |name: &&HeaderName| name.as_str().contains('_') && shadows(&name.as_str().replace('_', "-"));
    let found: Vec<HeaderName> = fields.keys().filter(alike).cloned().collect();
    for name in found {
        fields.remove(name);
    }
}

fn shadows(name: &str) -> bool {
    name.starts_with("x-dye")
        || name.starts_with("x-forwarded-")
        || matches!(name, "x-real-ip" | "content-length" | "transfer-encoding")
}
