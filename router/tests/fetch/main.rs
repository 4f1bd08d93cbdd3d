//! Calls over HTTP: axum serves them, reqwest makes them, and the dye is where it should be.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

mod lanes;
mod redirects;
mod site;
