//! A batch: the effects of some commands, encoded, and the outputs that wait for them to be durable.
//!
//! ```text
//! batch  = version:u8 (1), record…
//! record = kind:u8, version:u8, length:varint, body (prost)
//! ```

use crate::{
    effect::{DecodeError, Effect, read_record},
    output::Output,
    state::EvolveError,
};

/// The version of the framing above.
pub(crate) const BATCH_VERSION: u8 = 1;

/// Collects what [`Engine::apply`](crate::Engine::apply) makes of some commands.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) fault: Option<EvolveError>,
}

/// A batch that is ready for the log.
#[derive(Debug, Default)]
pub struct Sealed {
    /// What must become durable; empty when nothing changed.
    pub bytes: Vec<u8>,
    /// What may leave once it is.
    pub outputs: Vec<Output>,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was put into it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.outputs.is_empty()
    }

    /// Bytes of the effects so far, to bound a batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Ends the batch.
    ///
    /// # Errors
    /// When an effect did not fit the state, which is a bug: nothing of the batch may be logged or released, and
    /// memory is to be thrown away and restored from the log.
    pub fn seal(self) -> Result<Sealed, EvolveError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(Sealed { bytes: self.bytes, outputs: self.outputs }),
        }
    }

    pub(crate) fn push(&mut self, effect: &Effect) {
        if self.bytes.is_empty() {
            self.bytes.push(BATCH_VERSION);
        }
        effect.encode(&mut self.bytes);
    }
}

/// The effects of a logged batch.
///
/// # Errors
/// When the bytes are not a batch, or one of a version or with a kind of effect that this code does not know.
pub fn decode_batch(bytes: &[u8]) -> Result<Vec<Effect>, DecodeError> {
    let Some((version, mut rest)) = bytes.split_first() else { return Ok(Vec::new()) };
    if *version != BATCH_VERSION {
        return Err(DecodeError::BatchVersion(*version));
    }
    let mut effects = Vec::new();
    while !rest.is_empty() {
        let record = read_record(&mut rest)?;
        effects.push(Effect::decode(&record)?);
    }
    Ok(effects)
}
