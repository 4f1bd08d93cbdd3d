//! A bounded batch of items that moves through a stage together, without its type in the signature.

use std::any::{Any, TypeId};

use crate::spare::Spare;

/// Items of one type. Looked up by type once per chunk, never once per item.
pub struct Chunk {
    items: Box<dyn Items>,
}

trait Items: Any + Send {
    fn len(&self) -> usize;
    fn clear(&mut self);
    fn item_type(&self) -> TypeId;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Send + 'static> Items for Spare<Vec<T>> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn clear(&mut self) {
        Vec::clear(self);
    }
    fn item_type(&self) -> TypeId {
        TypeId::of::<T>()
    }
    fn as_any(&self) -> &dyn Any {
        &**self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        &mut **self
    }
}

impl Chunk {
    /// An empty chunk of items of type `T`, with room for some.
    pub fn new<T: Send + 'static>(capacity: usize) -> Self {
        let mut items = Spare::<Vec<T>>::take();
        items.reserve(capacity);
        Self { items: Box::new(items) }
    }

    /// A chunk of these items.
    pub fn of<T: Send + 'static>(items: Vec<T>) -> Self {
        Self { items: Box::new(Spare::from(items)) }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops the items and keeps the memory.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Whether the items are of type `T`.
    pub fn holds<T: 'static>(&self) -> bool {
        self.items.item_type() == TypeId::of::<T>()
    }

    /// The items, if they are of type `T`.
    pub fn try_items<T: 'static>(&self) -> Option<&Vec<T>> {
        self.items.as_any().downcast_ref()
    }

    /// The items, to change, if they are of type `T`.
    pub fn try_items_mut<T: 'static>(&mut self) -> Option<&mut Vec<T>> {
        self.items.as_any_mut().downcast_mut()
    }

    /// The items. The planner has matched both ends of every edge by name and schema hash before.
    ///
    /// # Panics
    /// If they are of another type: two records of one process share a name and a schema hash.
    #[expect(clippy::panic, reason = "a planner bug, caught as the attempt's failure")]
    pub fn items<T: 'static>(&self) -> &Vec<T> {
        match self.try_items() {
            Some(items) => items,
            None => panic!("a chunk of other items than {} arrived", std::any::type_name::<T>()),
        }
    }

    /// The items, to change. See [`Chunk::items`].
    ///
    /// # Panics
    /// If they are of another type.
    #[expect(clippy::panic, reason = "a planner bug, caught as the attempt's failure")]
    pub fn items_mut<T: 'static>(&mut self) -> &mut Vec<T> {
        match self.try_items_mut() {
            Some(items) => items,
            None => panic!("a chunk of other items than {} arrived", std::any::type_name::<T>()),
        }
    }
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunk({} items)", self.len())
    }
}
