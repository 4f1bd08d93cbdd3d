//! The ports that the attribute of a role names: one, or several with names.

use syn::{Ident, Type, ext::IdentExt};

use crate::{
    attr::{Entry, Value},
    mistakes::Mistakes,
    names,
};

/// The inputs of a processor.
#[derive(Default)]
pub(crate) enum Inputs {
    #[default]
    None,
    One(Box<Type>),
    Several(Vec<Input>),
}

/// One of several inputs.
pub(crate) struct Input {
    /// As it is written, and chain files with `-` for `_`.
    pub(crate) name: Ident,
    /// Its variant in the enum of the inputs.
    pub(crate) variant: Ident,
    pub(crate) type_: Type,
}

/// The outputs of a processor.
#[derive(Default)]
pub(crate) enum Outputs {
    #[default]
    None,
    One(Box<Type>),
    Several(Vec<(Ident, Type)>),
}

/// More ports than this on one side are a mistake.
const MAX_PORTS: usize = 16;

/// Names that no input can have, and why.
const NO_INPUTS: &[(&str, &str)] = &[
    ("in", "that is what the only input of a processor is called"),
    ("dead_letters", "that is the output of items that were given up"),
    ("self", "its variant would be `Self`"),
];

/// How a chain file calls a port.
pub(crate) fn in_chain_files(name: &Ident) -> String {
    name.unraw().to_string().replace('_', "-")
}

/// Reads `input` and `inputs`.
pub(crate) fn inputs(one: Option<Type>, several: Option<Entry>, mistakes: &Mistakes) -> Inputs {
    match (one, several) {
        (Some(_), Some(several)) => {
            let help = "write `input = A` for one input, `inputs(left = A, right = B)` for several";
            mistakes.add(&several.key, "both `input` and `inputs` are given", help);
            Inputs::None
        }
        (Some(one), None) => Inputs::One(Box::new(one)),
        (None, Some(entry)) => several_inputs(entry, mistakes),
        (None, None) => Inputs::None,
    }
}

fn several_inputs(entry: Entry, mistakes: &Mistakes) -> Inputs {
    let help = "write `inputs(left = A, right = B)`";
    let list = match entry.value {
        Value::List(list) if (2..=MAX_PORTS).contains(&list.len()) => list,
        Value::List(list) => {
            let (what, help) = match list.len() {
                1 => ("`inputs` names one input".to_owned(), "write `input = A` for one input"),
                n => (format!("`inputs` names {n} inputs, expected 2 to {MAX_PORTS}"), help),
            };
            mistakes.add(&entry.key, what, help);
            return Inputs::None;
        }
        _ => {
            mistakes.add(&entry.key, "`inputs` takes a list of ports", help);
            return Inputs::None;
        }
    };
    let mut inputs: Vec<Input> = Vec::new();
    for (name, type_) in list {
        if let Some(variant) = variant(&name, &inputs, mistakes) {
            inputs.push(Input { name, variant, type_ });
        }
    }
    Inputs::Several(inputs)
}

/// The variant of an input, if its name can be one.
fn variant(name: &Ident, before: &[Input], mistakes: &Mistakes) -> Option<Ident> {
    let text = name.unraw().to_string();
    if let Some((_, why)) = NO_INPUTS.iter().find(|(reserved, _)| *reserved == text) {
        mistakes.add(name, format!("an input cannot be called `{text}`: {why}"), "rename it");
        return None;
    }
    if !names::is_snake(&text) {
        let snake = names::to_kebab(&text).replace('-', "_");
        let help = if names::is_snake(&snake) {
            format!("write `{snake}`: its variant is named after it")
        } else {
            "use lower-case letters, digits and single `_` between them, a letter first".to_owned()
        };
        mistakes.add(name, format!("the input `{text}` is not in snake case"), help);
        return None;
    }
    if before.iter().any(|other| other.name.unraw() == name.unraw()) {
        mistakes.add(name, format!("two inputs are called `{text}`"), "rename one of them");
        return None;
    }
    let pascal = names::in_style(&text, "PascalCase").unwrap_or_default();
    if let Some(other) = before.iter().find(|other| other.variant == pascal) {
        let what =
            format!("the inputs `{}` and `{text}` are both the variant `{pascal}`", other.name.unraw());
        mistakes.add(name, what, "rename one of them");
        return None;
    }
    Some(Ident::new(&pascal, name.span()))
}

/// Reads `output` and `outputs`.
pub(crate) fn outputs(one: Option<Type>, several: Option<Entry>, mistakes: &Mistakes) -> Outputs {
    match (one, several) {
        (Some(_), Some(several)) => {
            let help = "write `output = A` for one output, `outputs(a = A, b = B)` for several";
            mistakes.add(&several.key, "both `output` and `outputs` are given", help);
            Outputs::None
        }
        (Some(one), None) => Outputs::One(Box::new(one)),
        (None, Some(entry)) => several_outputs(entry, mistakes),
        (None, None) => Outputs::None,
    }
}

fn several_outputs(entry: Entry, mistakes: &Mistakes) -> Outputs {
    let help = "write `outputs(accepted = A, rejected = B)`";
    let list = match entry.value {
        Value::List(list) if (1..=MAX_PORTS).contains(&list.len()) => list,
        Value::List(list) => {
            let what = format!("`outputs` names {} outputs, expected 1 to {MAX_PORTS}", list.len());
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
