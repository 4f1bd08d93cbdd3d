//! Names as small numbers: all of them in one text, found by their hash.

use xxhash_rust::xxh3::xxh3_64;

use super::probe::{first, next};

/// No name.
const NONE: u32 = u32::MAX;

/// A set of names, numbered in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Names {
    text: String,
    /// Where each name ends in the text.
    ends: Vec<u32>,
    /// Half as many names as slots at most, so that a search is short.
    slots: Vec<u32>,
}

impl Names {
    /// The number of a name, if it is there.
    #[inline]
    pub fn id(&self, name: &str) -> Option<u32> {
        let slots = self.slots.len() as u32;
        if slots == 0 {
            return None;
        }
        let mut slot = first(xxh3_64(name.as_bytes()), slots);
        loop {
            match self.slots[slot as usize] {
                NONE => return None,
                id if self.get(id) == name => return Some(id),
                _ => slot = next(slot, slots),
            }
        }
    }

    /// The name of a number, which this gave.
    #[inline]
    pub fn get(&self, id: u32) -> &str {
        let id = id as usize;
        let begin = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        &self.text[begin..self.ends[id] as usize]
    }

    /// The number of a name, a new one if it is not there.
    pub fn add(&mut self, name: &str) -> u32 {
        if let Some(id) = self.id(name) {
            return id;
        }
        let id = self.ends.len() as u32;
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
        if self.ends.len() * 2 > self.slots.len() {
            self.slots = vec![NONE; (self.ends.len() * 4).max(8)];
            (0..=id).for_each(|id| self.place(id));
        } else {
            self.place(id);
        }
        id
    }

    fn place(&mut self, id: u32) {
        let slots = self.slots.len() as u32;
        let mut slot = first(xxh3_64(self.get(id).as_bytes()), slots);
        while self.slots[slot as usize] != NONE {
            slot = next(slot, slots);
        }
        self.slots[slot as usize] = id;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.text.capacity() + 4 * (self.ends.capacity() + self.slots.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_numbers() {
        let mut names = Names::default();
        assert_eq!(names.id("a"), None);
        let made: Vec<String> = (0..1_000).map(|n| format!("service-{n}")).collect();
        for (n, name) in made.iter().enumerate() {
            assert_eq!(names.add(name), n as u32);
        }
        for (n, name) in made.iter().enumerate() {
            assert_eq!((names.id(name), names.get(n as u32)), (Some(n as u32), name.as_str()));
            assert_eq!(names.add(name), n as u32);
        }
        assert_eq!((names.id("service-1000"), names.id(""), names.len()), (None, None, 1_000));
    }
}
