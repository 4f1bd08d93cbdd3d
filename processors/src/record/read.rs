//! Small files of records, read whole: what a processor looks up in `open`.

use std::path::Path;

use super::{ColumnMap, columns::without_bom, decoder::text_decoder, tokens::Row};
use crate::{
    contract::{Chunk, Error, Record, Result},
    record::Tokens,
};

/// Reads a file of comma-separated rows with a header. The first bad row is an error that names its line.
///
/// ```no_run
/// # extern crate dyeline_processors as dyeline;
/// # use dyeline::{Result, prelude::*};
/// #[derive(Clone, Record)]
/// struct Price { fund_id: u32, price: Decimal<4> }
///
/// # fn open() -> Result<()> {
/// let prices: Vec<Price> = dyeline::record::read_csv("nav/2026-11-20.csv")?;
/// # Ok(()) }
/// ```
pub fn read_csv<T: Record>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    let path = path.as_ref();
    let failed = |e: &dyn std::fmt::Display| Error::fatal(format!("read {}: {e}", path.display()));
    let bytes =
        std::fs::read(path).map_err(|e| Error::from(e).context(format!("read {}", path.display())))?;
    let text = without_bom(&bytes);
    let header = match Tokens::default().read(text, b',', true) {
        Row::Whole { len, .. } => len,
        _ => return Err(failed(&"it is empty, expected a header")),
    };
    let columns = ColumnMap::from_header(&text[..header], b',').map_err(|e| failed(&e))?;
    let mut decoder = text_decoder::<T>(&columns).map_err(|e| failed(&e))?;
    let mut chunk = Chunk::new::<T>(0);
    let mut rejects = Vec::new();
    decoder.decode(&text[header..], true, usize::MAX, &mut chunk, &mut rejects);
    if let Some(reject) = rejects.first() {
        let line = text[..header + reject.offset].iter().filter(|b| **b == b'\n').count() + 1;
        return Err(failed(&format!("line {line}: {}", reject.message)));
    }
    Ok(std::mem::take(chunk.items_mut()))
}
