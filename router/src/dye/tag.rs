//! The dye itself: one text, and the places in it where its parts end.

use std::{fmt, hash::Hash, hash::Hasher, str::FromStr, sync::Arc};

use super::BadDye;

/// The longest dye, in bytes: it is on every call of a job, and a header set that fits one packet stays one.
pub const MAX_DYE_BYTES: usize = 128;
/// The longest version; chain files allow no longer one.
const MAX_VERSION_BYTES: usize = 32;

/// The tag that marks all traffic of one chain, and names the job.
///
/// ```text
/// dye     = chain [ "@" version ] [ ":" job ]        at most 128 bytes
/// chain   = 1*( a-z / 0-9 / "-" )
/// version = 1*32( A-Z / a-z / 0-9 / "." / "_" / "-" )
/// job     = 1*( A-Z / a-z / 0-9 / "." / "_" / ":" / "@" / "-" )
/// ```
///
/// A dye has one text only, so two dyes are equal when their bytes are. Case matters. The job is an opaque token: 26
/// characters when Dyeline launched it, anything of that alphabet when another sender did. Cloning counts a reference.
///
/// ```
/// # use dyeline_router::dye::Dye;
/// let dye: Dye = "fund-income@2:01J9Z".parse().unwrap();
/// assert_eq!((dye.chain(), dye.version(), dye.job()), ("fund-income", Some("2"), Some("01J9Z")));
/// assert_eq!(dye.iteration(), "fund-income@2");
/// ```
#[derive(Clone)]
pub struct Dye {
    text: Arc<str>,
    /// Where the chain's name ends.
    chain: u8,
    /// Where the version ends; the same as `chain` if there is none.
    iteration: u8,
}

impl Dye {
    /// A dye from its parts.
    ///
    /// # Errors
    ///
    /// A part is empty, too long, or has a character that it cannot have; or the whole is over 128 bytes.
    pub fn new(chain: &str, version: Option<&str>, job: Option<&str>) -> Result<Self, BadDye> {
        // The parts are checked on their own first: `a:b` as a chain would read back as a chain and a job.
        let mut text = chain.to_owned();
        check_chain(text.as_bytes(), chain.as_bytes())?;
        if let Some(version) = version {
            text.extend(["@", version]);
            check_version(text.as_bytes(), version.as_bytes())?;
        }
        if let Some(job) = job {
            text.extend([":", job]);
        }
        text.parse()
    }

    /// A dye from the bytes of a header or a message.
    ///
    /// # Errors
    ///
    /// The bytes are not of the grammar above.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadDye> {
        if bytes.len() > MAX_DYE_BYTES {
            return Err(BadDye::new(bytes, "it is over 128 bytes"));
        }
        let chain = bytes.iter().position(|b| matches!(b, b'@' | b':')).unwrap_or(bytes.len());
        check_chain(bytes, &bytes[..chain])?;
        let rest = &bytes[chain..];
        let iteration = match rest.strip_prefix(b"@") {
            Some(_) => chain + rest.iter().position(|b| *b == b':').unwrap_or(rest.len()),
            None => chain,
        };
        if iteration > chain {
            check_version(bytes, &bytes[chain + 1..iteration])?;
        }
        if let Some(job) = bytes[iteration..].strip_prefix(b":") {
            check_job(bytes, job)?;
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadDye::new(bytes, "it is not ASCII"))?;
        // Both ends are at most 128.
        Ok(Self { text: text.into(), chain: chain as u8, iteration: iteration as u8 })
    }

    /// The whole, as it stands in a header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The chain's name.
    pub fn chain(&self) -> &str {
        &self.text[..usize::from(self.chain)]
    }

    /// The chain's version, if the dye names one.
    pub fn version(&self) -> Option<&str> {
        self.text[usize::from(self.chain)..usize::from(self.iteration)].strip_prefix('@')
    }

    /// The chain and its version, `chain@version`; the chain alone if the dye names no version.
    pub fn iteration(&self) -> &str {
        &self.text[..usize::from(self.iteration)]
    }

    /// The job's id, if the dye names one.
    pub fn job(&self) -> Option<&str> {
        self.text[usize::from(self.iteration)..].strip_prefix(':')
    }
}

fn check_chain(whole: &[u8], chain: &[u8]) -> Result<(), BadDye> {
    let fits = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    match chain {
        [] => Err(BadDye::new(whole, "it names no chain")),
        _ if !chain.iter().all(fits) => {
            Err(BadDye::new(whole, "a chain's name has small letters, digits and `-` only"))
        }
        _ => Ok(()),
    }
}

fn check_version(whole: &[u8], version: &[u8]) -> Result<(), BadDye> {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    match version {
        [] => Err(BadDye::new(whole, "nothing stands after `@`")),
        _ if version.len() > MAX_VERSION_BYTES => Err(BadDye::new(whole, "its version is over 32 bytes")),
        _ if !version.iter().all(fits) => {
            Err(BadDye::new(whole, "a version has letters, digits, `.`, `_` and `-` only"))
        }
        _ => Ok(()),
    }
}

fn check_job(whole: &[u8], job: &[u8]) -> Result<(), BadDye> {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'@' | b'-');
    match job {
        [] => Err(BadDye::new(whole, "nothing stands after `:`")),
        _ if !job.iter().all(fits) => {
            Err(BadDye::new(whole, "a job's id has letters, digits, `.`, `_`, `:`, `@` and `-` only"))
        }
        _ => Ok(()),
    }
}

impl FromStr for Dye {
    type Err = BadDye;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Dye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Dye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dye({self})")
    }
}

impl PartialEq for Dye {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Dye {}

impl PartialOrd for Dye {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dye {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Dye {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests;
