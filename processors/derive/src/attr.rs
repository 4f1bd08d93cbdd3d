//! Reads attributes such as `#[processor(name = "x", outputs(a = A, b = B), async)]`.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, Lit, LitStr, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::{mistakes::Mistakes, names};

/// What stands behind a key.
pub(crate) enum Value {
    /// Nothing.
    Flag,
    /// `= "text"`, `= 5`, `= -0.5`, `= true`.
    Literal(Expr),
    /// `= Type`.
    Type(Box<Type>),
    /// `(name = Type, …)`.
    List(Vec<(Ident, Type)>),
}

/// A key with its value.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `async` is a keyword.
        let key = input.call(Ident::parse_any)?;
        if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let list = content.parse_terminated(parse_pair, Token![,])?;
            return Ok(Self { key, value: Value::List(list.into_iter().collect()) });
        }
        if !input.peek(Token![=]) {
            return Ok(Self { key, value: Value::Flag });
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(Lit) || input.peek(Token![-]) {
            Value::Literal(input.parse()?)
        } else {
            Value::Type(Box::new(input.parse()?))
        };
        Ok(Self { key, value })
    }
}

fn parse_pair(input: ParseStream<'_>) -> syn::Result<(Ident, Type)> {
    let name = input.call(Ident::parse_any)?;
    input.parse::<Token![=]>()?;
    Ok((name, input.parse()?))
}

/// The keys of all attributes of one name on one thing. Taken one by one; what is left at the end is unknown.
pub(crate) struct Attributes<'a> {
    name: &'static str,
    entries: BTreeMap<String, Entry>,
    /// The first attribute; where a missing key is reported.
    pub(crate) first: Option<&'a Attribute>,
    /// Something could not be read, so that nothing is reported as missing.
    pub(crate) broken: bool,
    mistakes: &'a Mistakes,
}

impl<'a> Attributes<'a> {
    /// Reads them.
    pub(crate) fn read(name: &'static str, attributes: &'a [Attribute], mistakes: &'a Mistakes) -> Self {
        let mut all = Self { name, entries: BTreeMap::new(), first: None, broken: false, mistakes };
        for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
            all.first.get_or_insert(attribute);
            if matches!(attribute.meta, syn::Meta::Path(_)) {
                continue;
            }
            match attribute.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
                Ok(entries) => entries.into_iter().for_each(|e| all.insert(e)),
                Err(error) => {
                    all.broken = true;
                    mistakes.add_syntax(error);
                }
            }
        }
        all
    }

    fn insert(&mut self, entry: Entry) {
        let key = entry.key.to_string();
        if let Some(first) = self.entries.remove(&key) {
            let what = format!("`{key}` is given twice in `#[{}(…)]`", self.name);
            self.mistakes.add(&entry.key, what, "remove one of them");
            self.entries.insert(key, first);
        } else {
            self.entries.insert(key, entry);
        }
    }

    /// Whether the attribute is there at all.
    pub(crate) fn present(&self) -> bool {
        self.first.is_some()
    }

    /// Takes a key.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        self.entries.remove(key)
    }

    /// Takes a key that stands alone, such as `async`.
    pub(crate) fn flag(&mut self, key: &str) -> Option<Ident> {
        let entry = self.take(key)?;
        if !matches!(entry.value, Value::Flag) {
            let what = format!("`{key}` takes no value");
            self.mistakes.add(&entry.key, what, format!("write `#[{}(…, {key})]`", self.name));
        }
        Some(entry.key)
    }

    /// Takes a key whose value is a text.
    pub(crate) fn text(&mut self, key: &str, example: &str) -> Option<LitStr> {
        let entry = self.take(key)?;
        if let Value::Literal(Expr::Lit(literal)) = &entry.value
            && let Lit::Str(text) = &literal.lit
        {
            return Some(text.clone());
        }
        self.broken = true;
        let what = format!("`{key}` takes a text in quotes");
        self.mistakes.add(&entry.key, what, format!("write `{key} = \"{example}\"`"));
        None
    }

    /// Takes a key whose value is a type.
    pub(crate) fn type_(&mut self, key: &str, example: &str) -> Option<Type> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Type(given) => Some(*given),
            Value::Literal(literal) => {
                self.broken = true;
                let shown = literal.to_token_stream().to_string();
                let help = format!("write `{key} = {example}`, the type itself");
                self.mistakes.add(literal, format!("`{key}` takes a type, not {shown}"), help);
                None
            }
            Value::Flag | Value::List(_) => {
                self.broken = true;
                self.mistakes.add(
                    &entry.key,
                    format!("`{key}` takes a type"),
                    format!("write `{key} = {example}`"),
                );
                None
            }
        }
    }

    /// Reports what was not taken: keys that mean nothing here.
    pub(crate) fn finish(self, known: &[&str], elsewhere: impl Fn(&str) -> Option<String>) {
        for (key, entry) in &self.entries {
            let help = match (elsewhere(key), names::similar(key, known)) {
                (Some(where_), _) => where_,
                (None, Some(close)) => format!("did you mean `{close}`?"),
                (None, None) => format!("`#[{}(…)]` knows {}", self.name, names::list(known)),
            };
            self.mistakes.add(&entry.key, format!("unknown key `{key}` in `#[{}(…)]`", self.name), help);
        }
    }
}

/// The doc comment, one line after another.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
