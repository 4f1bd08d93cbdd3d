//! What headers are read from and written to.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};

/// Headers that can be read: of a request, of gRPC metadata, of a message.
///
/// A header may stand there several times; its lines are given in their order. Names are small letters.
pub trait Carrier {
    /// Every line of this name.
    fn lines<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]>;
}

/// Headers that can be written.
pub trait CarrierMut: Carrier {
    /// Puts one line in the place of all of this name.
    fn set(&mut self, name: &HeaderName, value: HeaderValue);

    /// Takes away all lines of this name.
    fn remove(&mut self, name: &HeaderName);
}

impl Carrier for HeaderMap {
    fn lines<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl CarrierMut for HeaderMap {
    fn set(&mut self, name: &HeaderName, value: HeaderValue) {
        // A map holds 32,768 lines and panics on one more; a request that full goes without.
        if let Ok(entry) = self.try_entry(name) {
            match entry {
                Entry::Occupied(mut lines) => drop(lines.insert(value)),
                Entry::Vacant(none) => drop(none.try_insert(value)),
            }
        }
    }

    fn remove(&mut self, name: &HeaderName) {
        HeaderMap::remove(self, name);
    }
}

/// The headers of a message: names and bytes, in order, as Kafka has them.
impl Carrier for Vec<(String, Vec<u8>)> {
    fn lines<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(key, _)| key == name.as_str()).map(|(_, value)| value.as_slice())
    }
}

impl CarrierMut for Vec<(String, Vec<u8>)> {
    fn set(&mut self, name: &HeaderName, value: HeaderValue) {
        CarrierMut::remove(self, name);
        self.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
    }

    fn remove(&mut self, name: &HeaderName) {
        self.retain(|(key, _)| key != name.as_str());
    }
}
