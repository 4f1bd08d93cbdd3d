//! The derives of the roles: model and checks.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::{Data, DeriveInput, Fields, Ident, Type, Visibility};

use crate::{
    attr::{self, Attributes},
    expand,
    mistakes::Mistakes,
    names,
    params::{self, ProcessorField},
    ports::{self, Inputs, Outputs},
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
    pub(crate) inputs: Inputs,
    pub(crate) outputs: Outputs,
}

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
    let mut types = types(&mut attributes, &ident, role, mistakes);
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
    if let (Some(aggregate), Inputs::Several(inputs)) = (&aggregate, &types.inputs) {
        let what = format!("the aggregate `{ident}` cannot have several inputs");
        let help = "its partial results are of one record: leave `aggregate` out and implement `Reduce`";
        mistakes.add(aggregate, what, help);
        // For what stands in: an aggregate of the first.
        types.inputs =
            inputs.first().map_or(Inputs::None, |input| Inputs::One(Box::new(input.type_.clone())));
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
        if known(key) && type_.is_none() && !attributes.broken {
            missing(attributes, key, ident, role, mistakes);
        }
        type_
    };
    let shard = take("shard", "Day");
    let cursor = take("cursor", "u64");
    let one = known("input").then(|| attributes.type_("input", "Order")).flatten();
    let several = known("input").then(|| attributes.take("inputs")).flatten();
    if known("input") && one.is_none() && several.is_none() && !attributes.broken {
        missing(attributes, "input", ident, role, mistakes);
    }
    let inputs = match several {
        Some(several) if !known("inputs") => {
            let help = "write `input = A`; in a chain file it can come after several nodes";
            mistakes.add(&several.key, format!("a {} has one input", role.attribute()), help);
            Inputs::None
        }
        several => ports::inputs(one, several, mistakes),
    };
    let one = known("output").then(|| attributes.type_("output", "Total")).flatten();
    let several = known("outputs").then(|| attributes.take("outputs")).flatten();
    if known("output") && one.is_none() && several.is_none() && !attributes.broken {
        missing(attributes, "output", ident, role, mistakes);
    }
    let outputs = ports::outputs(one, several, mistakes);
    Types { shard, cursor, inputs, outputs }
}

fn missing(attributes: &Attributes<'_>, key: &str, ident: &Ident, role: Role, mistakes: &Mistakes) {
    let what = format!("the {} `{ident}` does not say its `{key}`", role.attribute());
    mistakes.add(attributes.first, what, format!("write `{key} = …`, as in `{}`", role.example()));
}

impl Processor {
    /// The name of the enum of its inputs.
    pub(crate) fn inputs_ident(&self) -> Ident {
        format_ident!("{}Input", self.ident)
    }

    /// The name of the struct of its outputs.
    pub(crate) fn outputs_ident(&self) -> Ident {
        format_ident!("{}Outputs", self.ident)
    }
}
