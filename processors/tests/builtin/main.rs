//! The built-in processors and the spool, driven as the worker drives them.

extern crate dyeline_processors as dyeline;

mod csv_files;
mod failing_disk;
mod output;
mod ranges;
mod shared;
mod spooled;
