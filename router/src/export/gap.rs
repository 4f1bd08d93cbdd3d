//! What a target cannot do, each thing once.

use super::code::NOT_EXPRESSED;
use crate::{
    rules::{Rules, TOPIC},
    toml::{Mistake, Mistakes, Place},
};

/// Collects what cannot be expressed.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<Mistake>);

impl Gaps {
    /// Notes something that a place of the rules says; `instead` is what the target does.
    pub(super) fn at(&mut self, place: &Place, what: impl Into<String>, instead: impl Into<String>) {
        self.push(
            Mistake::warning(NOT_EXPRESSED, what).at(place.clone()).label("not expressed").help(instead),
        );
    }

    /// Notes something that holds for the whole file.
    pub(super) fn note(&mut self, what: impl Into<String>, instead: impl Into<String>) {
        self.push(Mistake::warning(NOT_EXPRESSED, what).help(instead));
    }

    /// Notes the hops to topics, which no mesh sees.
    pub(super) fn topics(&mut self, rules: &Rules) {
        for hop in rules.chains.iter().flat_map(|chain| &chain.hops).filter(|hop| hop.to.starts_with(TOPIC)) {
            let what = format!("the hop `{}` is to a topic", hop.key());
            self.at(
                &hop.place,
                what,
                "producers take the topic of a lane from the library; a mesh does not see the call",
            );
        }
    }

    fn push(&mut self, gap: Mistake) {
        let span = |gap: &Mistake| gap.place().map(Place::span);
        if !self.0.iter().any(|known| known.message() == gap.message() && span(known) == span(&gap)) {
            self.0.push(gap);
        }
    }

    /// All of them.
    pub(super) fn into_mistakes(self) -> Mistakes {
        let mut mistakes = Mistakes::new();
        self.0.into_iter().for_each(|gap| mistakes.push(gap));
        mistakes
    }
}
