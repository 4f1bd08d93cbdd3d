//! The derive macros of Dyeline: `Record` for items, and one for each role a processor can have.
