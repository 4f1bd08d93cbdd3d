//! Memory that outlives an attempt: what one gives back, the next one on the same thread takes.
//!
//! An attempt needs some megabytes in large pieces, and thousands of attempts follow one another. Given back to the
//! allocator, such pieces go back to the operating system, which fills them with zeros again, page by page, for the
//! next attempt; that costs more than what is done with them.

use std::{
    any::Any,
    cell::RefCell,
    collections::VecDeque,
    mem,
    ops::{Deref, DerefMut},
};

use hashbrown::HashTable;

/// What a thread keeps at most, in bytes. Of more, what has waited longest is dropped.
const KEPT_BYTES: usize = 32 << 20;

/// How many pieces a thread keeps at most; few enough to look through.
const KEPT_PIECES: usize = 32;

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// Memory that can be emptied and used again.
pub(crate) trait Memory: Default + 'static {
    /// Forgets what is in it.
    fn empty(&mut self);
    /// How many bytes it holds on to.
    fn bytes(&self) -> usize;
}

impl<T: 'static> Memory for Vec<T> {
    fn empty(&mut self) {
        self.clear();
    }
    fn bytes(&self) -> usize {
        self.capacity() * size_of::<T>()
    }
}

impl<T: 'static> Memory for HashTable<T> {
    fn empty(&mut self) {
        self.clear();
    }
    fn bytes(&self) -> usize {
        self.allocation_size()
    }
}

/// A piece of memory that goes back to its thread when it is dropped.
#[derive(Debug)]
pub(crate) struct Spare<M: Memory>(M);

impl<M: Memory> Spare<M> {
    /// What was given back last, emptied, or new memory.
    pub(crate) fn take() -> Self {
        Self(KEPT.try_with(|kept| kept.borrow_mut().take()).ok().flatten().unwrap_or_default())
    }
}

impl<M: Memory> Default for Spare<M> {
    fn default() -> Self {
        Self::take()
    }
}

impl<M: Memory> From<M> for Spare<M> {
    fn from(memory: M) -> Self {
        Self(memory)
    }
}

impl<M: Memory> Deref for Spare<M> {
    type Target = M;

    #[inline]
    fn deref(&self) -> &M {
        &self.0
    }
}

impl<M: Memory> DerefMut for Spare<M> {
    #[inline]
    fn deref_mut(&mut self) -> &mut M {
        &mut self.0
    }
}

impl<M: Memory> Drop for Spare<M> {
    fn drop(&mut self) {
        let mut memory = mem::take(&mut self.0);
        memory.empty();
        if (1..=KEPT_BYTES).contains(&memory.bytes()) {
            // A thread that is ending keeps nothing.
            let _ = KEPT.try_with(|kept| kept.borrow_mut().give(memory));
        }
    }
}

/// The pieces of a thread, the one given back last behind the others.
#[derive(Default)]
struct Kept {
    pieces: VecDeque<Piece>,
    bytes: usize,
}

struct Piece {
    memory: Box<dyn Any>,
    bytes: usize,
}

impl Kept {
    fn take<M: Memory>(&mut self) -> Option<M> {
        let at = self.pieces.iter().rposition(|piece| piece.memory.is::<M>())?;
        let piece = self.pieces.remove(at)?;
        self.bytes -= piece.bytes;
        piece.memory.downcast().ok().map(|memory| *memory)
    }

    fn give<M: Memory>(&mut self, memory: M) {
        let bytes = memory.bytes();
        self.bytes += bytes;
        self.pieces.push_back(Piece { memory: Box::new(memory), bytes });
        while self.bytes > KEPT_BYTES || self.pieces.len() > KEPT_PIECES {
            let Some(oldest) = self.pieces.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_empty_to_the_same_type_on_the_same_thread() {
        let mut bytes = Spare::<Vec<u8>>::take();
        bytes.extend([7; 1000]);
        let (place, capacity) = (bytes.as_ptr(), bytes.capacity());
        drop(bytes);
        assert_eq!(Spare::<Vec<u64>>::take().capacity(), 0);
        let elsewhere = std::thread::spawn(|| Spare::<Vec<u8>>::take().capacity());
        assert_eq!(elsewhere.join().unwrap(), 0);
        let again = Spare::<Vec<u8>>::take();
        assert!(again.is_empty());
        assert_eq!((again.as_ptr(), again.capacity()), (place, capacity));
        assert_eq!(Spare::<Vec<u8>>::take().capacity(), 0, "it is taken once");
    }

    #[test]
    fn a_thread_keeps_no_more_than_its_limits() {
        let kept = || KEPT.with(|kept| (kept.borrow().pieces.len(), kept.borrow().bytes));
        for _ in 0..3 {
            drop(Spare::from(Vec::<u8>::with_capacity(KEPT_BYTES / 2)));
            drop(Spare::from(Vec::<u16>::with_capacity(KEPT_BYTES / 4)));
            assert_eq!(Spare::<Vec<u8>>::take().capacity(), KEPT_BYTES / 2);
        }
        drop(Spare::from(Vec::<u8>::with_capacity(KEPT_BYTES + 1)));
        assert!(kept().1 <= KEPT_BYTES);
        for _ in 0..2 * KEPT_PIECES {
            let pieces: Vec<_> = (0..KEPT_PIECES).map(|_| Spare::from(vec![0u32])).collect();
            drop(pieces);
        }
        assert_eq!(kept(), (KEPT_PIECES, KEPT_PIECES * 4));
    }
}
