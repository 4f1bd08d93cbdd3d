//! The derives of the roles: model and checks.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::{Data, DeriveInput, Fields, Ident, Type, Visibility};

use crate::{
    attr::{self, Attributes, Value},
    expand,
    mistakes::Mistakes,
    names,
    params::{self, ProcessorField},
    role::Role,
};

/// A processor as its derive sees it.
pub(crate) struct Processor {
    pub(crate) role: Role,
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) types: Types,
    pub(crate) fields: Vec<ProcessorField>,
    /// Implements `AsyncProcess`.
    pub(crate) asynchronous: bool,
    /// Implements `Aggregate`.
    pub(crate) aggregate: bool,
    /// Remembers what no checkpoint can save.
    pub(crate) unsaved: bool,
}

/// The types that its attribute names.
#[derive(Default)]
pub(crate) struct Types {
    pub(crate) shard: Option<Type>,
    pub(crate) cursor: Option<Type>,
    pub(crate) input: Option<Type>,
    pub(crate) outputs: Outputs,
}

/// The outputs that its attribute names.
#[derive(Default)]
pub(crate) enum Outputs {
    #[default]
    None,
    One(Box<Type>),
    Several(Vec<(Ident, Type)>),
}

/// More outputs than this are a mistake.
const MAX_OUTPUTS: usize = 16;

/// Expands a derive.
pub(crate) fn derive(input: &DeriveInput, role: Role) -> TokenStream {
    let mistakes = Mistakes::default();
    let processor = model(input, role, &mistakes);
    if mistakes.is_empty() {
        return expand::processor::processor(&processor);
    }
    let stub = if input.generics.params.is_empty() {
        expand::processor::stub(&processor)
    } else {
        TokenStream::new()
    };
    let mut tokens = mistakes.into_tokens();
    tokens.extend(stub);
    tokens
}

fn model(input: &DeriveInput, role: Role, mistakes: &Mistakes) -> Processor {
    let ident = input.ident.clone();
    let mut attributes = Attributes::read(role.attribute(), &input.attrs, mistakes);
    for other in role.others() {
        if let Some(attribute) = input.attrs.iter().find(|a| a.path().is_ident(other.attribute())) {
            let what = format!("`#[{}(…)]` on a struct that derives `{}`", other.attribute(), role.derive());
            let help = format!("write `#[{}(…)]`, or derive `{}`", role.attribute(), other.derive());
            mistakes.add(attribute.path(), what, help);
            attributes.broken = true;
        }
    }
    if !attributes.present() && !attributes.broken {
        let what = format!("the {} `{ident}` does not say its name and types", role.attribute());
        mistakes.add(&ident, what, format!("write an attribute such as `{}`", role.example()));
        attributes.broken = true;
    }
    if let Some(parameter) = input.generics.params.first() {
        let help = "a chain file finds it by one name: write a struct for each type that is needed";
        mistakes.add(parameter, format!("the {} `{ident}` cannot be generic", role.attribute()), help);
    }
    let name = name(&mut attributes, &ident, role, mistakes);
    let types = types(&mut attributes, &ident, role, mistakes);
    let known = |key| role.keys().contains(&key);
    let asynchronous = known("async") && attributes.flag("async").is_some();
    let aggregate = known("aggregate").then(|| attributes.flag("aggregate")).flatten();
    let unsaved = known("unsaved") && attributes.flag("unsaved").is_some();
    let elsewhere = |key: &str| {
        let other = role.others().find(|r| r.keys().contains(&key))?;
        Some(format!("`{key}` belongs to `#[{}(…)]`", other.attribute()))
    };
    attributes.finish(role.keys(), elsewhere);
    let fields = fields(&input.data, &ident, role, mistakes);
    if let (Some(aggregate), Some(state)) =
        (&aggregate, fields.iter().find(|f| matches!(f.kind, params::FieldKind::State)))
    {
        let what = format!("the aggregate `{ident}` cannot have the state `{}`", state.ident);
        mistakes.add(
            aggregate,
            what,
            "what an aggregate keeps is its output: put it there, or leave `aggregate` out",
        );
    }
    Processor {
        role,
        ident,
        visibility: input.vis.clone(),
        name,
        doc: attr::doc(&input.attrs),
        types,
        fields,
        asynchronous,
        aggregate: aggregate.is_some(),
        unsaved,
    }
}

fn fields(data: &Data, ident: &Ident, role: Role, mistakes: &Mistakes) -> Vec<ProcessorField> {
    match data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) => {
                let help = format!("parameters have names: `struct {ident} {{ #[param] limit: u32 }}`");
                mistakes.add(fields, format!("the {} `{ident}` needs named fields", role.attribute()), help);
                Vec::new()
            }
            named => params::fields(named.iter(), role, mistakes),
        },
        Data::Enum(syn::DataEnum { enum_token, .. }) => {
            let help = format!("write `struct {ident} {{ … }}`, with an enum in a field if it has modes");
            mistakes.add(enum_token, format!("the {} `{ident}` cannot be an enum", role.attribute()), help);
            Vec::new()
        }
        Data::Union(syn::DataUnion { union_token, .. }) => {
            let help = format!("write `struct {ident} {{ … }}`");
            mistakes.add(union_token, format!("the {} `{ident}` cannot be a union", role.attribute()), help);
            Vec::new()
        }
    }
}

fn name(attributes: &mut Attributes<'_>, ident: &Ident, role: Role, mistakes: &Mistakes) -> String {
    let suggestion = names::to_kebab(&ident.to_string());
    let Some(name) = attributes.text("name", &suggestion) else {
        if !attributes.broken {
            let what = format!("the {} `{ident}` has no name", role.attribute());
            let help =
                format!("write `#[{}(name = \"{suggestion}\", …)]`: chain files use it", role.attribute());
            mistakes.add(attributes.first, what, help);
        }
        return suggestion;
    };
    let value = name.value();
    if !names::is_kebab(&value) {
        let kebab = names::to_kebab(&value);
        let help = if names::is_kebab(&kebab) {
            format!("write `name = \"{kebab}\"`")
        } else {
            format!(
                "use lower-case letters, digits and `-`, a letter first, such as `name = \"{suggestion}\"`"
            )
        };
        mistakes.add(&name, format!("`{value}` is no name for a {}", role.attribute()), help);
    }
    value
}

fn types(attributes: &mut Attributes<'_>, ident: &Ident, role: Role, mistakes: &Mistakes) -> Types {
    let known = |key| role.keys().contains(&key);
    let mut take = |key, example| {
        let type_ = known(key).then(|| attributes.type_(key, example)).flatten();
        if known(key) && type_.is_none() && !attributes.broken && key != "output" {
            let what = format!("the {} `{ident}` does not say its `{key}`", role.attribute());
            mistakes.add(attributes.first, what, format!("write `{key} = …`, as in `{}`", role.example()));
        }
        type_
    };
    let shard = take("shard", "Day");
    let cursor = take("cursor", "u64");
    let input = take("input", "Order");
    let one = take("output", "Total");
    let several = known("outputs").then(|| attributes.take("outputs")).flatten();
    let outputs = match (one, several) {
        (Some(_), Some(several)) => {
            let help = "write `output = A` for one output, `outputs(a = A, b = B)` for several";
            mistakes.add(&several.key, "both `output` and `outputs` are given", help);
            Outputs::None
        }
        (Some(one), None) => Outputs::One(Box::new(one)),
        (None, Some(entry)) => ports(entry, mistakes),
        (None, None) => {
            if known("output") && !attributes.broken {
                let what = format!("the {} `{ident}` does not say its `output`", role.attribute());
                let help = format!("write `output = …`, as in `{}`", role.example());
                mistakes.add(attributes.first, what, help);
            }
            Outputs::None
        }
    };
    Types { shard, cursor, input, outputs }
}

fn ports(entry: attr::Entry, mistakes: &Mistakes) -> Outputs {
    let help = "write `outputs(accepted = A, rejected = B)`";
    let list = match entry.value {
        Value::List(list) if (1..=MAX_OUTPUTS).contains(&list.len()) => list,
        Value::List(list) => {
            let what = format!("`outputs` names {} outputs, expected 1 to {MAX_OUTPUTS}", list.len());
            mistakes.add(&entry.key, what, help);
            return Outputs::None;
        }
        _ => {
            mistakes.add(&entry.key, "`outputs` takes a list of ports", help);
            return Outputs::None;
        }
    };
    let mut ports: Vec<(Ident, Type)> = Vec::new();
    for (port, type_) in list {
        if ports.iter().any(|(other, _)| *other == port) {
            mistakes.add(&port, format!("two outputs are called `{port}`"), "rename one of them");
            continue;
        }
        if port == "dead_letters" {
            let help = "every node has a port `dead-letters` already: rename this one";
            mistakes.add(&port, "an output cannot be called `dead_letters`", help);
        }
        ports.push((port, type_));
    }
    Outputs::Several(ports)
}

impl Processor {
    /// The name of the struct of its outputs.
    pub(crate) fn outputs_ident(&self) -> Ident {
        format_ident!("{}Outputs", self.ident)
    }
}
