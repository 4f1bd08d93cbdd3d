//! The engine from outside: each command, and what is durable.

mod attempts;
mod commands;
mod durable;
mod eventful;
mod scene;
mod workers;
