//! Where a processor puts what it makes.

use super::{Chunk, Error};

/// Collects the items of one output port. Reused from chunk to chunk.
#[derive(Debug)]
pub struct Emitter<T> {
    items: Vec<T>,
    rejected: Vec<Rejected>,
    room: usize,
    bytes: u64,
}

/// A row that a loader could not turn into an item.
#[derive(Debug)]
pub struct Rejected {
    /// The row's place in the chunk, rejected ones included.
    pub row: usize,
    /// Why, with the place in the input.
    pub error: Error,
    /// The row as it was read, cut to a bounded length.
    pub text: String,
}

impl<T> Default for Emitter<T> {
    fn default() -> Self {
        Self { items: Vec::new(), rejected: Vec::new(), room: 0, bytes: 0 }
    }
}

impl<T> Emitter<T> {
    /// Hands an item on.
    #[inline]
    pub fn emit(&mut self, item: T) {
        self.items.push(item);
    }

    /// The items themselves, to append to in bulk.
    #[inline]
    pub fn items(&mut self) -> &mut Vec<T> {
        &mut self.items
    }

    /// For loaders: counts a row that cannot become an item. What happens to it is the node's `skip` policy.
    pub fn reject(&mut self, error: Error, text: impl Into<String>) {
        let row = self.items.len() + self.rejected.len();
        self.rejected.push(Rejected { row, error, text: text.into() });
    }

    /// For loaders: counts bytes that were read from outside.
    pub fn count_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// For loaders: how many more rows this chunk takes, rejected ones included. A loader fills its chunks, since
    /// chunk boundaries are part of what makes a resumed job give the same bytes.
    pub fn room(&self) -> usize {
        self.room.saturating_sub(self.items.len() + self.rejected.len())
    }

    /// Prepares for a chunk of at most `room` rows.
    pub fn start(&mut self, room: usize) {
        self.room = room;
        self.items.clear();
        self.rejected.clear();
        self.bytes = 0;
    }

    /// Bytes read since [`Emitter::start`].
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the rejected rows.
    pub fn take_rejected(&mut self) -> Vec<Rejected> {
        std::mem::take(&mut self.rejected)
    }
}

/// The output ports of a processor: one [`Emitter`], or a struct of them that the derive made for
/// `outputs(accepted = A, rejected = B)`.
pub trait Ports: Default + Send {
    /// How many ports there are.
    const COUNT: usize;
    /// An empty chunk that fits a port.
    fn chunk(port: usize) -> Chunk;
    /// Swaps a port's items with those of a chunk made by [`Ports::chunk`]: a few pointers, once per chunk.
    fn swap(&mut self, port: usize, chunk: &mut Chunk);
    /// How many items all ports hold.
    fn emitted(&self) -> usize;
    /// How far each port is filled.
    type Mark: Copy;
    /// Marks how far each port is filled.
    fn mark(&self) -> Self::Mark;
    /// Takes back what was emitted after a mark.
    fn take_back(&mut self, mark: Self::Mark);
    /// Moves another's items behind these.
    fn append(&mut self, other: &mut Self);
}

impl<T: Send + 'static> Ports for Emitter<T> {
    const COUNT: usize = 1;

    fn chunk(_port: usize) -> Chunk {
        Chunk::new::<T>(0)
    }

    fn swap(&mut self, _port: usize, chunk: &mut Chunk) {
        std::mem::swap(&mut self.items, chunk.items_mut());
    }

    type Mark = usize;

    #[inline]
    fn emitted(&self) -> usize {
        self.items.len()
    }

    #[inline]
    fn mark(&self) -> usize {
        self.items.len()
    }

    fn take_back(&mut self, mark: usize) {
        self.items.truncate(mark);
    }

    fn append(&mut self, other: &mut Self) {
        self.items.append(&mut other.items);
    }
}
