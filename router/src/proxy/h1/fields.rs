//! The fields of a head: those for the next hop, those about this connection, those about the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};

use super::{framing::Lengths, head::Malformed};

/// What a head says about its connection; none of it is passed on.
#[derive(Debug, Default)]
pub(crate) struct Hop {
    close: bool,
    keep_alive: bool,
    /// The protocol asked for, if `Connection` names `upgrade`.
    pub(crate) upgrade: Option<HeaderValue>,
    /// Whether trailers are welcome: `TE: trailers`.
    pub(crate) trailers: bool,
    /// Seconds after which an idle connection is closed, as its other side announced.
    pub(crate) idle_s: Option<u64>,
    asks_upgrade: bool,
}

impl Hop {
    /// Whether the connection goes on after this message.
    pub(crate) fn persists(&self, version: Version) -> bool {
        !self.close && (version == Version::HTTP_11 || self.keep_alive)
    }
}

/// The fields for the next hop, those about this one, and those about the body.
pub(super) fn fields(
    head: &Bytes,
    parsed: &[httparse::Header<'_>],
) -> Result<(HeaderMap, Hop, Lengths), Malformed> {
    let mut map = HeaderMap::with_capacity(parsed.len() + SPARE);
    let mut hop = Hop::default();
    let mut lengths = Lengths::default();
    let mut connection: [&[u8]; 2] = [&[], &[]];
    let mut upgrade = None;
    for field in parsed {
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value))
            .map_err(|_| Malformed::bad("a field's value has characters no value has"))?;
        let name = HeaderName::from_bytes(field.name.as_bytes())
            .map_err(|_| Malformed::bad("a field's name is no token"))?;
        match name {
            header::CONTENT_LENGTH => {
                lengths.content_length(field.value)?;
                map.append(name, value);
            }
            header::TRANSFER_ENCODING => lengths.transfer_encoding(field.value)?,
            header::CONNECTION if connection[0].is_empty() => connection[0] = field.value,
            header::CONNECTION if connection[1].is_empty() => connection[1] = field.value,
            header::CONNECTION => return Err(Malformed::bad("there are more than two Connection fields")),
            header::UPGRADE if upgrade.is_none() => upgrade = Some(value),
            header::UPGRADE => return Err(Malformed::bad("there is more than one Upgrade")),
            header::TE => hop.trailers |= has_token(field.value, b"trailers"),
            _ if name == "keep-alive" => hop.idle_s = idle_seconds(field.value),
            _ if is_hop_by_hop(&name) => {}
            _ => {
                map.append(name, value);
            }
        }
    }
    for value in connection {
        hop.connection(value, &mut map)?;
    }
    hop.upgrade = upgrade.filter(|protocol| hop.asks_upgrade && !is_h2c(protocol));
    Ok((map, hop, lengths))
}

/// Fields we may add on the way: without room for them the map would grow, and move.
const SPARE: usize = 8;

/// Fields about one connection that need no reading: RFC 9110 §7.6.1, and what its predecessors named.
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(*name, header::PROXY_AUTHENTICATE | header::PROXY_AUTHORIZATION)
        || matches!(name.as_str(), "proxy-connection" | "http2-settings" | "keep-alive")
}

/// An upgrade to HTTP/2 would make a tunnel through which requests pass unseen.
fn is_h2c(protocol: &HeaderValue) -> bool {
    has_token(protocol.as_bytes(), b"h2c") || has_token(protocol.as_bytes(), b"h2")
}

impl Hop {
    /// A `Connection` field: what it names is about this connection and goes no further.
    fn connection(&mut self, value: &[u8], map: &mut HeaderMap) -> Result<(), Malformed> {
        for option in value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|option| !option.is_empty())
        {
            match option {
                _ if option.eq_ignore_ascii_case(b"close") => self.close = true,
                _ if option.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                _ if option.eq_ignore_ascii_case(b"upgrade") => self.asks_upgrade = true,
                _ if option.eq_ignore_ascii_case(b"te") => {}
                _ => {
                    let name = HeaderName::from_bytes(option)
                        .map_err(|_| Malformed::bad("Connection names what is no field"))?;
                    if is_end_to_end(&name) {
                        return Err(Malformed::bad("Connection names a field that is for the receiver"));
                    }
                    map.remove(name);
                }
            }
        }
        Ok(())
    }
}

/// Fields a request is not the same without: naming them in `Connection` would have us remove them.
fn is_end_to_end(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::HOST
            | header::CONTENT_LENGTH
            | header::TRANSFER_ENCODING
            | header::CONTENT_TYPE
            | header::CACHE_CONTROL
            | header::AUTHORIZATION
            | header::COOKIE
            | header::FORWARDED
    ) || name.as_str().starts_with("x-dye")
        || matches!(name.as_str(), "baggage" | "traceparent" | "tracestate")
}

/// Whether a list of tokens, maybe with parameters, has one.
pub(crate) fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|&b| b == b',')
        .map(|member| member.split(|&b| b == b';').next().unwrap_or_default().trim_ascii())
        .any(|member| member.eq_ignore_ascii_case(token))
}

/// The time-out of `Keep-Alive: timeout=5, max=100`.
fn idle_seconds(value: &[u8]) -> Option<u64> {
    value.split(|&b| b == b',').find_map(|parameter| {
        let seconds = parameter.trim_ascii().strip_prefix(b"timeout=")?;
        std::str::from_utf8(seconds).ok()?.parse().ok()
    })
}
