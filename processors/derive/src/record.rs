//! `#[derive(Record)]`: model and checks.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Type, ext::IdentExt, spanned::Spanned};

use crate::{attr::Attributes, expand, mistakes::Mistakes, names};

/// A record as its derive sees it.
pub(crate) struct Record {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

/// A field of a record.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) type_: Type,
}

/// More fields than this are a mistake: their numbers travel as 16 bits.
const MAX_FIELDS: usize = 4096;

/// Expands the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::default();
    let record = model(input, &mistakes);
    if mistakes.is_empty() {
        return expand::record::record(&record);
    }
    let stub =
        if input.generics.params.is_empty() { expand::record::stub(&record) } else { TokenStream::new() };
    let mut tokens = mistakes.into_tokens();
    tokens.extend(stub);
    tokens
}

fn model(input: &DeriveInput, mistakes: &Mistakes) -> Record {
    let ident = input.ident.clone();
    let mut attributes = Attributes::read("record", &input.attrs, mistakes);
    let name = attributes.text("name", "Position");
    let style = attributes.text("rename_all", "kebab-case");
    attributes.finish(&["name", "rename_all"], |_| None);
    if let Some(name) = &name {
        let value = name.value();
        let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || !value.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let help = "use letters, digits and `_`, a letter first, such as `name = \"Position\"`";
            mistakes.add(name, format!("`{value}` is no name for a record"), help);
        }
    }
    let style = style.filter(|style| {
        let known = names::in_style("x", &style.value()).is_some();
        if !known {
            mistakes.add(
                style,
                format!("unknown style `{}`", style.value()),
                format!("use one of {}", names::list(names::STYLES)),
            );
        }
        known
    });
    if let Some(parameter) = input.generics.params.first() {
        let help = "a record has one schema: write a struct for each type that is needed";
        mistakes.add(parameter, format!("the record `{ident}` cannot be generic"), help);
    }
    let fields = match &input.data {
        Data::Struct(data) => fields(&ident, &data.fields, style.as_ref(), mistakes),
        Data::Enum(data) => {
            let help = format!(
                "write `struct {ident} {{ kind: String, … }}` with a field that tells the kinds apart"
            );
            mistakes.add(data.enum_token, format!("the record `{ident}` cannot be an enum"), help);
            Vec::new()
        }
        Data::Union(data) => {
            let help = format!("write `struct {ident} {{ … }}`");
            mistakes.add(data.union_token, format!("the record `{ident}` cannot be a union"), help);
            Vec::new()
        }
    };
    let name = name.map_or_else(|| ident.unraw().to_string(), |name| name.value());
    Record { ident, name, fields }
}

fn fields(ident: &Ident, fields: &Fields, style: Option<&LitStr>, mistakes: &Mistakes) -> Vec<Field> {
    let named = match fields {
        Fields::Named(fields) => &fields.named,
        Fields::Unnamed(unnamed) => {
            let help =
                format!("fields are columns, so give them names: `struct {ident} {{ user_id: u64, … }}`");
            mistakes.add(unnamed, format!("the record `{ident}` needs named fields"), help);
            return Vec::new();
        }
        Fields::Unit => {
            let help = format!("give it at least one: `struct {ident} {{ user_id: u64 }}`");
            mistakes.add(ident, format!("the record `{ident}` has no fields"), help);
            return Vec::new();
        }
    };
    if named.is_empty() || named.len() > MAX_FIELDS {
        let what = match named.len() {
            0 => format!("the record `{ident}` has no fields"),
            n => format!("the record `{ident}` has {n} fields"),
        };
        let help = format!("give it 1 to {MAX_FIELDS}: `struct {ident} {{ user_id: u64 }}`");
        mistakes.add(ident, what, help);
    }
    let mut all: Vec<Field> = Vec::new();
    for field in named {
        let Some(field_ident) = &field.ident else { continue };
        let mut attributes = Attributes::read("field", &field.attrs, mistakes);
        let given = attributes.text("name", "user_id");
        attributes.finish(&["name"], |_| None);
        let plain = field_ident.unraw().to_string();
        let name = match (&given, style) {
            (Some(given), _) => given.value(),
            (None, Some(style)) => names::in_style(&plain, &style.value()).unwrap_or(plain),
            (None, None) => plain,
        };
        let place = given.as_ref().map_or(field_ident.span(), Spanned::span);
        check_column(&name, place, &all, mistakes);
        all.push(Field { ident: field_ident.clone(), name, type_: field.ty.clone() });
    }
    all
}

fn check_column(name: &str, place: proc_macro2::Span, before: &[Field], mistakes: &Mistakes) {
    let at = Ident::new("place", place);
    let bad = name.trim() != name || name.is_empty() || name.contains(['"', '\n', '\r']);
    if bad {
        let help = "it must not be empty, and has no quotes, line endings or spaces at its ends: `name = \"user_id\"`";
        mistakes.add(&at, format!("`{}` is no name for a column", name.escape_debug()), help);
    } else if let Some(other) = before.iter().find(|f| f.name == name) {
        let help = "give one of them another with `#[field(name = \"…\")]`";
        mistakes.add(
            &at,
            format!("two fields are the column `{name}`, the other is `{}`", other.ident),
            help,
        );
    }
}
