//! The names of files and folders: what every reader sees, and what would survive.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::random::Random;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    File(usize),
}

/// A change of names that happens as one: what each of these names stands for afterwards.
#[derive(Clone, Debug)]
struct Change(Vec<(PathBuf, Option<Node>)>);

/// The tree of names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) seen: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    pending: Vec<Change>,
}

impl Names {
    /// The folders above a first one exist, durably.
    pub(super) fn root(&mut self, path: &Path) {
        for folder in path.ancestors() {
            self.seen.insert(folder.to_owned(), Node::Folder);
            self.durable.insert(folder.to_owned(), Node::Folder);
        }
    }

    pub(super) fn change(&mut self, names: Vec<(PathBuf, Option<Node>)>) {
        apply(&mut self.seen, &names);
        self.pending.push(Change(names));
    }

    /// Makes the names in one folder durable.
    pub(super) fn sync(&mut self, folder: &Path) {
        let (kept, rest) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition::<Vec<_>, _>(|change| change.0.iter().any(|(path, _)| path.parent() == Some(folder)));
        for Change(names) in kept {
            apply(&mut self.durable, &names);
        }
        self.pending = rest;
    }

    /// What is left after a loss of power: some of the changes, but none that follows from one that was lost.
    pub(super) fn crash(&mut self, random: &mut Random) {
        let keep = random.below(4);
        let mut lost: BTreeSet<PathBuf> = BTreeSet::new();
        for Change(names) in std::mem::take(&mut self.pending) {
            let follows = names.iter().any(|(path, _)| path.ancestors().any(|p| lost.contains(p)));
            let survives = match keep {
                0 => false,
                1 => true,
                _ => random.chance(50),
            };
            if survives && !follows {
                apply(&mut self.durable, &names);
            } else {
                lost.extend(names.into_iter().map(|(path, _)| path));
            }
        }
        // In the order of paths a folder comes before what is in it.
        let mut reachable: BTreeMap<PathBuf, Node> = BTreeMap::new();
        for (path, node) in std::mem::take(&mut self.durable) {
            if path.parent().is_none_or(|folder| reachable.get(folder) == Some(&Node::Folder)) {
                reachable.insert(path, node);
            }
        }
        self.seen.clone_from(&reachable);
        self.durable = reachable;
    }
}

fn apply(tree: &mut BTreeMap<PathBuf, Node>, names: &[(PathBuf, Option<Node>)]) {
    for (path, node) in names {
        match node {
            Some(node) => tree.insert(path.clone(), *node),
            None => tree.remove(path),
        };
    }
}
