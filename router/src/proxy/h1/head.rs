//! Heads of requests and responses: found, checked, and split into what is for us and what is passed on.

use bytes::{Buf, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version,
    header::{self, HOST},
};
use std::mem::MaybeUninit;

use super::framing::{Framing, Lengths};
use crate::proxy::settings::{Limits, MOST_FIELDS};

/// What is wrong with bytes that should be a message, and what a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The status a client gets.
    pub(crate) status: StatusCode,
    /// What is wrong, as a clause.
    pub(crate) what: &'static str,
}

impl Malformed {
    pub(crate) const fn bad(what: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, what }
    }

    pub(crate) const fn large(what: &'static str) -> Self {
        Self { status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, what }
    }

    pub(crate) const fn other(status: StatusCode, what: &'static str) -> Self {
        Self { status, what }
    }
}

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

/// A request's head. The fields are those for the next hop: what is about this connection stands in `hop`, and a
/// transfer coding in `framing`.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) fields: HeaderMap,
    pub(crate) hop: Hop,
    pub(crate) framing: Framing,
}

/// A response's head, likewise.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) fields: HeaderMap,
    pub(crate) hop: Hop,
    pub(crate) framing: Framing,
}

/// Looks for the end of a head, over bytes that come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    seen: usize,
    line_began: usize,
    lines: usize,
}

impl Scan {
    /// The length of the head at the front, once all of it is there.
    ///
    /// Every line must end with CR LF. RFC 9112 §2.2 lets a recipient take a bare LF for a line's end; one hop that
    /// does and one that does not see different requests.
    pub(crate) fn head(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Malformed> {
        let from = self.seen;
        for at in memchr::memchr_iter(b'\n', &input[from..]).map(|at| at + from) {
            if at == 0 || input[at - 1] != b'\r' {
                return Err(Malformed::bad("a line feed stands without a carriage return"));
            }
            if at - 1 == self.line_began {
                return match at < limits.head {
                    true => Ok(Some(at + 1)),
                    false => Err(Malformed::large("the head is too long")),
                };
            }
            self.line(at + 1 - self.line_began, limits)?;
            self.line_began = at + 1;
        }
        self.seen = input.len();
        if self.lines == 0 && self.seen > limits.request_line {
            return Err(too_long_line());
        }
        match self.seen > limits.head {
            true => Err(Malformed::large("the head is too long")),
            false => Ok(None),
        }
    }

    /// Whether no line has been found yet.
    pub(crate) fn is_at_start(&self) -> bool {
        self.lines == 0
    }

    fn line(&mut self, length: usize, limits: &Limits) -> Result<(), Malformed> {
        if self.lines == 0 && length > limits.request_line {
            return Err(too_long_line());
        }
        self.lines += 1;
        match self.lines - 1 > limits.fields.min(MOST_FIELDS) {
            true => Err(Malformed::large("the head has too many fields")),
            false => Ok(()),
        }
    }
}

fn too_long_line() -> Malformed {
    Malformed::other(StatusCode::URI_TOO_LONG, "the request line is too long")
}

/// Drops the one empty line a client may send before a request (RFC 9112 §2.2).
pub(crate) fn skip_empty_line(input: &mut BytesMut) {
    if input.starts_with(b"\r\n") {
        input.advance(2);
    }
}

/// Reads the head of a request that [`Scan`] has found.
pub(crate) fn request(head: Bytes) -> Result<RequestHead, Malformed> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    match parsed.parse_with_uninit_headers(&head, &mut places) {
        Ok(httparse::Status::Complete(n)) if n == head.len() => {}
        Ok(_) => return Err(Malformed::bad("the head ends early")),
        Err(error) => return Err(refused(error)),
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes())
        .map_err(|_| Malformed::bad("the method is no token"))?;
    let target = head.slice_ref(parsed.path.unwrap_or_default().as_bytes());
    let (fields, hop, lengths) = fields(&head, parsed.headers)?;
    let uri = uri(&method, target)?;
    check_host(&uri, version, &fields)?;
    let framing = lengths.of_request(version)?;
    Ok(RequestHead { method, uri, version, fields, hop, framing })
}

/// Reads the head of a response that [`Scan`] has found.
pub(crate) fn response(head: Bytes, method: &Method) -> Result<ResponseHead, Malformed> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, &head, &mut places) {
        Ok(httparse::Status::Complete(n)) if n == head.len() => {}
        Ok(_) => return Err(Malformed::bad("the head ends early")),
        Err(error) => return Err(refused(error)),
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default())
        .ok()
        .filter(|status| status.as_u16() <= 599)
        .ok_or(Malformed::bad("the status is no number from 100 to 599"))?;
    let (fields, hop, lengths) = fields(&head, parsed.headers)?;
    let framing = lengths.of_response(status, version, method)?;
    Ok(ResponseHead { status, version, fields, hop, framing })
}

fn refused(error: httparse::Error) -> Malformed {
    use httparse::Error;
    match error {
        Error::HeaderName => Malformed::bad("a field's name is no token, or a blank stands around it"),
        Error::HeaderValue => Malformed::bad("a field's value has characters no value has"),
        Error::NewLine => Malformed::bad("a line does not end as lines do"),
        Error::Token => Malformed::bad("the request line is no method, target and version"),
        Error::TooManyHeaders => Malformed::large("the head has too many fields"),
        Error::Version => {
            Malformed::other(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "the version is not HTTP/1.0 or 1.1")
        }
        Error::Status => Malformed::bad("the status line is malformed"),
    }
}

/// The fields for the next hop, those about this one, and those about the body.
fn fields(head: &Bytes, parsed: &[httparse::Header<'_>]) -> Result<(HeaderMap, Hop, Lengths), Malformed> {
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
        HOST | header::CONTENT_LENGTH
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

/// The target of a request, in the form its method takes (RFC 9112 §3.2).
fn uri(method: &Method, target: Bytes) -> Result<Uri, Malformed> {
    if *method == Method::CONNECT {
        return Err(Malformed::other(StatusCode::NOT_IMPLEMENTED, "CONNECT asks for a tunnel to anywhere"));
    }
    if *method == Method::TRACE {
        return Err(Malformed::other(
            StatusCode::METHOD_NOT_ALLOWED,
            "TRACE shows fields that were added inside",
        ));
    }
    if target.iter().any(|&b| b <= b' ' || b >= 0x7f || b == b'#') {
        return Err(Malformed::bad("the target has characters no target has"));
    }
    let asterisk = &target[..] == b"*";
    let origin = target.starts_with(b"/");
    let uri = Uri::from_maybe_shared(target).map_err(|_| Malformed::bad("the target is no URI"))?;
    match asterisk || origin {
        true if asterisk && *method != Method::OPTIONS => {
            Err(Malformed::bad("`*` is the target of OPTIONS only"))
        }
        true => Ok(uri),
        false if uri.scheme_str().is_some_and(|s| s.eq_ignore_ascii_case("http")) => Ok(uri),
        false => Err(Malformed::bad("the target is neither a path nor an http URI")),
    }
}

/// One `Host`, well formed, and the same as in the target if that has one (RFC 9112 §3.2.2 would let the target win;
/// whoever looked at the field alone, a firewall say, looked at another host).
fn check_host(uri: &Uri, version: Version, fields: &HeaderMap) -> Result<(), Malformed> {
    let mut hosts = fields.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.as_bytes(),
        (None, _) if version == Version::HTTP_10 => return Ok(()),
        (None, _) => return Err(Malformed::bad("there is no Host")),
        (Some(_), Some(_)) => return Err(Malformed::bad("there is more than one Host")),
    };
    if !host.iter().all(|&b| b.is_ascii_alphanumeric() || b"-._:[]~%!$&'()*+;=".contains(&b)) {
        return Err(Malformed::bad("Host is no name or address with a port"));
    }
    match uri.authority() {
        Some(authority) if !authority.as_str().as_bytes().eq_ignore_ascii_case(host) => {
            Err(Malformed::bad("the target and Host name different hosts"))
        }
        _ => Ok(()),
    }
}
