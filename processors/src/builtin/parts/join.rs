//! Joins the fragments of a shard into its part.
//!
//! The attempt that ends the shard does so: it knows all fragments, other shards go on beside it, and what it makes is
//! fenced, named and made durable like everything else an attempt leaves. The fragments stay until the job is published:
//! a crash before the shard's end is logged finds them all, and another attempt joins them anew under its own name.
//!
//! The bytes pass through this process although a file system might share them between files: it could do so only
//! between fragments that end at its blocks, and the part's hash has to be taken. So each fragment is checked, too.

use std::path::Path;

use xxhash_rust::xxh3::Xxh3Default;

use super::{
    file::NewFile,
    part::{Part, joined_name},
    publish::changed,
    writer::BUFFER_BYTES,
};
use crate::{
    contract::{Context, Error, Result, Stop, error::ResultExt},
    disk::{Open, read_full_at},
};

/// Copies fragments into a new file, one after the other.
pub(super) fn join(root: &Path, fragments: &[Part], extension: &str, cx: &Context) -> Result<NewFile> {
    let mut joined = NewFile::create(root, &joined_name(cx.shard(), cx.fence(), extension), cx)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    for fragment in fragments {
        append(root, fragment, &mut joined, &mut buffer, cx)?;
        joined.count(fragment.rows);
    }
    Ok(joined)
}

fn append(root: &Path, fragment: &Part, joined: &mut NewFile, buffer: &mut [u8], cx: &Context) -> Result<()> {
    let path = root.join(&fragment.path);
    let what = || format!("join the fragment `{}`", path.display());
    let file = cx.disk().open(&path, Open::Read).context(what())?;
    let (mut at, mut hash) = (0, Xxh3Default::new());
    loop {
        // A pause waits for the end of the shard, which is near.
        if matches!(cx.stopped(), Some(Stop::Cancel | Stop::TimedOut)) {
            return Err(Error::retryable(format!("{}: the attempt was stopped", what())));
        }
        let read = read_full_at(&*file, buffer, at).context(what())?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        joined.append(&buffer[..read])?;
        at += read as u64;
    }
    if at != fragment.bytes {
        return Err(changed(&what(), at, fragment.bytes));
    }
    if format!("{:016x}", hash.digest()) != fragment.xxh3 {
        let message = format!("{}: it does not hold what was written: something else changed it", what());
        return Err(Error::fatal(message).with_help("run all shards again with `retry`"));
    }
    Ok(())
}
