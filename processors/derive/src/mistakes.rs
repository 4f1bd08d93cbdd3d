//! Mistakes in what a derive was given, collected so that all are reported at once.

use std::cell::RefCell;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes(RefCell<Vec<syn::Error>>);

impl Mistakes {
    /// Adds a mistake at a place, and what to write instead.
    pub(crate) fn add(&self, at: impl ToTokens, what: impl std::fmt::Display, help: impl std::fmt::Display) {
        let message = format!("{what}\n\n  = help: {help}\n");
        self.0.borrow_mut().push(syn::Error::new_spanned(at, message));
    }

    /// Adds a mistake that `syn` found.
    pub(crate) fn add_syntax(&self, error: syn::Error) {
        self.0.borrow_mut().push(error);
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The mistakes as compile errors.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.into_inner().into_iter().map(|e| e.to_compile_error()).collect()
    }
}
