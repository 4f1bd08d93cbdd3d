//! What a request over HTTP/2 must be, so that it means the same over HTTP/1.1: RFC 9113 §8.2–8.3, §10.3.

use http::{HeaderValue, Method, StatusCode, Uri, header, request};

use crate::proxy::{
    forward::Asked,
    h1::{Malformed, has_token, is_hop_by_hop},
};

/// Checks a request and brings it into the form one over HTTP/1.1 has: the authority as `Host`, nothing about the
/// connection among its fields.
pub(super) fn request(parts: &mut request::Parts) -> Result<Asked, Malformed> {
    if parts.method == Method::CONNECT {
        return Err(Malformed::other(StatusCode::NOT_IMPLEMENTED, "CONNECT asks for a tunnel to anywhere"));
    }
    if parts.method == Method::TRACE {
        return Err(Malformed::other(
            StatusCode::METHOD_NOT_ALLOWED,
            "TRACE shows fields that were added inside",
        ));
    }
    let target = parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    let starts = target.starts_with('/') || (target == "*" && parts.method == Method::OPTIONS);
    if !starts || target.bytes().any(|b| b <= b' ' || b >= 0x7f || b == b'#') {
        return Err(Malformed::bad("the target has characters no target has"));
    }
    host(&parts.uri, &mut parts.headers)?;
    if parts.headers.get_all(header::CONTENT_LENGTH).iter().count() > 1 {
        return Err(Malformed::bad("there is more than one Content-Length"));
    }
    let fields = &mut parts.headers;
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE] {
        if fields.contains_key(name) {
            return Err(Malformed::bad("a field is about a connection, which HTTP/2 does not have"));
        }
    }
    let trailers = fields.get_all(header::TE).iter().any(|te| has_token(te.as_bytes(), b"trailers"));
    fields.remove(header::TE);
    fields.remove(header::EXPECT);
    let hop: Vec<_> = fields.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    for name in hop {
        fields.remove(name);
    }
    merge_cookies(fields);
    Ok(Asked { upgrade: None, trailers })
}

/// One authority: from `:authority`, or from `Host` as a converter may leave it, or the same in both.
fn host(uri: &Uri, fields: &mut http::HeaderMap) -> Result<(), Malformed> {
    let mut hosts = fields.get_all(header::HOST).iter();
    let (given, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(Malformed::bad("there is more than one Host"));
    }
    match (uri.authority(), given) {
        (Some(authority), _) if authority.as_str().contains('@') => {
            Err(Malformed::bad("the authority has a user"))
        }
        (Some(authority), Some(host))
            if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) =>
        {
            Err(Malformed::bad("the target and Host name different hosts"))
        }
        (Some(authority), None) => {
            let value = HeaderValue::from_str(authority.as_str());
            fields.insert(header::HOST, value.map_err(|_| Malformed::bad("the authority is no host"))?);
            Ok(())
        }
        (Some(_), Some(_)) => Ok(()),
        (None, Some(host)) if is_host(host.as_bytes()) => Ok(()),
        (None, Some(_)) => Err(Malformed::bad("Host is no name or address with a port")),
        (None, None) => Err(Malformed::bad("there is no authority")),
    }
}

fn is_host(host: &[u8]) -> bool {
    host.iter().all(|&b| b.is_ascii_alphanumeric() || b"-._:[]~%!$&'()*+;=".contains(&b))
}

/// HTTP/2 may split `Cookie` for compression; HTTP/1.1 has one (RFC 9113 §8.2.3).
fn merge_cookies(fields: &mut http::HeaderMap) {
    if fields.get_all(header::COOKIE).iter().count() < 2 {
        return;
    }
    let cookies: Vec<&[u8]> = fields.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(cookie) = HeaderValue::from_bytes(&cookies.join(&b"; "[..])) {
        fields.insert(header::COOKIE, cookie);
    }
}
