//! The roles a processor can have, and what the attribute of each says.

use proc_macro2::TokenStream;
use quote::quote;

/// What a processor does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Splitter,
    Loader,
    Processor,
    Reducer,
    Sink,
}

impl Role {
    const ALL: [Self; 5] = [Self::Splitter, Self::Loader, Self::Processor, Self::Reducer, Self::Sink];

    /// The attribute's name.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Splitter => "splitter",
            Self::Loader => "loader",
            Self::Processor => "processor",
            Self::Reducer => "reducer",
            Self::Sink => "sink",
        }
    }

    /// The derive's name.
    pub(crate) fn derive(self) -> &'static str {
        match self {
            Self::Splitter => "Splitter",
            Self::Loader => "Loader",
            Self::Processor => "Processor",
            Self::Reducer => "Reducer",
            Self::Sink => "Sink",
        }
    }

    /// The role in the contract.
    pub(crate) fn tokens(self) -> TokenStream {
        let variant = quote::format_ident!("{}", self.derive());
        quote!(::dyeline::contract::Role::#variant)
    }

    /// The keys of the attribute.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Splitter => &["name", "shard"],
            Self::Loader => &["name", "shard", "cursor", "output"],
            Self::Processor => &["name", "input", "inputs", "output", "outputs", "async", "unsaved"],
            Self::Reducer => &["name", "input", "inputs", "output", "outputs", "aggregate"],
            Self::Sink => &["name", "input"],
        }
    }

    /// The attribute, filled in.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Splitter => "#[splitter(name = \"split-days\", shard = Day)]",
            Self::Loader => "#[loader(name = \"load-day\", shard = Day, cursor = u64, output = Order)]",
            Self::Processor => "#[processor(name = \"price-order\", input = Order, output = PricedOrder)]",
            Self::Reducer => "#[reducer(name = \"sum-orders\", input = Order, output = Total)]",
            Self::Sink => "#[sink(name = \"post-orders\", input = Order)]",
        }
    }

    /// Whether `#[state]` fields are saved with a checkpoint.
    pub(crate) fn has_state(self) -> bool {
        matches!(self, Self::Processor | Self::Reducer)
    }

    /// The roles besides this one.
    pub(crate) fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |r| *r != self)
    }
}
