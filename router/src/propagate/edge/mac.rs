//! Proofs that a holder of a key vouches for a dye: HMAC-SHA256 (RFC 2104), which every language has at hand.
//!
//! ```text
//! x-dye-mac = "1." key "." expires "." mac
//! mac       = hex( HMAC-SHA256( key, "dyeline-dye-mac-1" LF key-name LF expires LF dye LF roll ) )
//! ```
//!
//! `expires` is in seconds since the Unix epoch and at most a week ahead; `roll` is empty if there is none. Until then
//! a proof can be used again by whoever saw it, for the same dye: it says who may use a lane, not who calls.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use sha2::Sha256;

use super::{EdgeKey, EdgeKeys};
use crate::{
    dye::{Dye, Lane, Roll},
    propagate::{Carrier, Marks, header},
};

/// How far ahead a proof may end: the longest job, and some days to find out that a key was lost.
pub const MAX_VALID_S: u64 = 7 * 24 * 60 * 60;

/// The bytes of a mac.
const MAC_BYTES: usize = 32;

impl EdgeKey {
    /// The proof for a dye, to be sent as `x-dye-mac` beside `x-dye`, and beside `x-dye-roll` if there is a roll.
    /// `None` for what no edge would take: a time over a week ahead, or a key that the hash refuses.
    pub fn prove(&self, dye: &Dye, roll: Option<Roll>, now_s: u64, valid_s: u64) -> Option<HeaderValue> {
        let expires = now_s.checked_add(valid_s).filter(|_| valid_s <= MAX_VALID_S)?;
        let mac = self.mac(dye, roll, expires)?.finalize().into_bytes();
        let digits: String = mac.iter().map(|b| format!("{b:02x}")).collect();
        HeaderValue::try_from(format!("1.{}.{expires}.{digits}", self.id)).ok()
    }

    fn mac(&self, dye: &Dye, roll: Option<Roll>, expires: u64) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        let roll = roll.map(|roll| roll.to_string()).unwrap_or_default();
        // No part can have a line end in it, so that no two calls have one text.
        mac.update(format!("dyeline-dye-mac-1\n{}\n{expires}\n{dye}\n{roll}", self.id).as_bytes());
        Some(mac)
    }
}

impl EdgeKeys {
    /// The lane that is vouched for; `None` without a proof that holds now.
    pub(super) fn verified(&self, carrier: &impl Carrier, marks: &Marks, now_s: u64) -> Option<Lane> {
        let mut lines = carrier.lines(&header::MAC);
        let line = lines.next().filter(|_| lines.next().is_none())?;
        let mut parts = std::str::from_utf8(line).ok()?.strip_prefix("1.")?.split('.');
        let (id, expires, digits) = (parts.next()?, parts.next()?, parts.next()?);
        let key = self.keys.iter().find(|key| *key.id == *id).filter(|_| parts.next().is_none())?;
        // The same strict text as a roll has: one number, one text.
        let expires = expires.parse::<Roll>().ok()?.0;
        if expires < now_s || expires - now_s > MAX_VALID_S {
            return None;
        }
        let dye = marks.dye.as_ref()?;
        // Compared in a time that does not depend on where the two differ.
        key.mac(dye, marks.roll, expires)?.verify_slice(&bytes(digits)?).ok()?;
        Some(Lane::of(dye.clone()).with_roll(marks.roll))
    }
}

/// The bytes of a mac's digits, which are small.
fn bytes(digits: &str) -> Option<[u8; MAC_BYTES]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect();
    bytes?.try_into().ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests;
