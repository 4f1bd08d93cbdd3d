//! Whom a request is for: its target and its `Host`, which must not name two.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, Version, header::HOST};

use super::head::Malformed;

/// The target of a request, in the form its method takes (RFC 9112 §3.2).
pub(super) fn uri(method: &Method, target: Bytes) -> Result<Uri, Malformed> {
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
pub(super) fn check_host(uri: &Uri, version: Version, fields: &HeaderMap) -> Result<(), Malformed> {
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
