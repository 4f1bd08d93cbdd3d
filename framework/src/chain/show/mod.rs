//! A planned chain for people: as a tree, as DOT, as Mermaid, and in one line.

mod graphviz;
mod mermaid;
mod reason;
mod summary;
mod tree;

pub use graphviz::dot;
pub use mermaid::mermaid;
pub use summary::summary;
pub use tree::tree;
