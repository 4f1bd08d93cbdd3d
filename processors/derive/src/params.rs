//! The fields of a processor: parameters, state, and the rest.

use syn::{Attribute, Expr, ExprUnary, Field, Ident, Lit, Type, UnOp, ext::IdentExt};

use crate::{
    attr::{self, Attributes, Value},
    mistakes::Mistakes,
    names,
    role::Role,
};

/// A field of a processor.
pub(crate) struct ProcessorField {
    pub(crate) ident: Ident,
    pub(crate) type_: Type,
    pub(crate) kind: FieldKind,
}

/// What a field is for.
pub(crate) enum FieldKind {
    /// Set by the chain file.
    Param(Param),
    /// Saved with a checkpoint.
    State,
    /// Made by `Default`.
    Plain,
}

/// A parameter.
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) default: Option<String>,
    pub(crate) live: bool,
    pub(crate) doc: String,
}

/// Reads the fields of a processor.
pub(crate) fn fields<'a>(
    fields: impl Iterator<Item = &'a Field>,
    role: Role,
    mistakes: &Mistakes,
) -> Vec<ProcessorField> {
    let mut all: Vec<ProcessorField> = Vec::new();
    for field in fields {
        let Some(ident) = field.ident.clone() else { continue };
        let param = param(field, &ident, mistakes);
        let state = state(field, role, mistakes);
        if let (Some(_), Some(state)) = (&param, state) {
            let help = "a parameter is set by the chain file, state by the processor: make them two fields";
            mistakes.add(state, format!("`{ident}` cannot be both a parameter and state"), help);
        }
        let same = |p: &Param| {
            all.iter().any(|f| matches!(&f.kind, FieldKind::Param(other) if other.name == p.name))
        };
        if let Some(param) = param.as_ref().filter(|p| same(p)) {
            let help = "give one of them another name with `#[param(name = \"…\")]`";
            mistakes.add(&ident, format!("two fields are the parameter `{}`", param.name), help);
        }
        let kind = match (param, state) {
            (Some(param), _) => FieldKind::Param(param),
            (None, Some(_)) => FieldKind::State,
            (None, None) => FieldKind::Plain,
        };
        all.push(ProcessorField { ident, type_: field.ty.clone(), kind });
    }
    all
}

fn state<'a>(field: &'a Field, role: Role, mistakes: &Mistakes) -> Option<&'a Attribute> {
    let attribute = field.attrs.iter().find(|a| a.path().is_ident("state"))?;
    if !matches!(attribute.meta, syn::Meta::Path(_)) {
        mistakes.add(attribute, "`#[state]` takes nothing", "write `#[state]`");
    }
    if !role.has_state() {
        let help = match role {
            Role::Loader => "where a loader stands is its cursor: put it there",
            Role::Sink => "write what was not written yet in `flush`, which comes before each checkpoint",
            _ => "a splitter runs once and is not resumed: use a plain field",
        };
        mistakes.add(attribute, format!("a {} has no `#[state]`", role.attribute()), help);
    }
    Some(attribute)
}

fn param(field: &Field, ident: &Ident, mistakes: &Mistakes) -> Option<Param> {
    let mut attributes = Attributes::read("param", &field.attrs, mistakes);
    if !attributes.present() {
        return None;
    }
    let given = attributes.text("name", "user-id");
    let live = attributes.flag("live").is_some();
    let default = attributes.take("default").and_then(|entry| match &entry.value {
        Value::Literal(literal) => literal_text(literal).map(|text| (text, literal.clone())),
        _ => {
            let help = "write `default = \"30s\"`, as the chain file would";
            mistakes.add(&entry.key, "`default` takes a value", help);
            None
        }
    });
    attributes.finish(&["name", "default", "live"], |_| None);
    let name = given.as_ref().map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
    let at = given.as_ref().map_or_else(|| ident.clone(), |g| Ident::new("name", g.span()));
    if names::RESERVED.contains(&name.as_str()) {
        let what = format!("a parameter cannot be called `{name}`: that is a key of every node");
        let help =
            format!("name it otherwise, such as `#[param(name = \"{name}-by\")]`, or rename the field");
        mistakes.add(&at, what, help);
    }
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !plain || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let help = "use letters, digits, `_` and `-`, a letter first";
        mistakes.add(&at, format!("`{}` is no name for a parameter", name.escape_debug()), help);
    }
    if let Some((text, literal)) = &default
        && let Some(expected) = misfit(text, &field.ty)
    {
        let what = format!("the default `{text}` does not fit: expected {expected}");
        mistakes.add(literal, what, "write it as the chain file would");
    }
    Some(Param { name, default: default.map(|(text, _)| text), live, doc: attr::doc(&field.attrs) })
}

/// A literal as a chain file would give it.
fn literal_text(literal: &Expr) -> Option<String> {
    match literal {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Float(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(value) => Some(value.value.to_string()),
            Lit::Char(value) => Some(value.value().to_string()),
            _ => None,
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            literal_text(expr).map(|text| format!("-{text}"))
        }
        _ => None,
    }
}

/// What was expected, if the text is no value of the type; types that are not known by name are checked when the
/// processor is built.
fn misfit(text: &str, type_: &Type) -> Option<String> {
    let Type::Path(path) = type_ else { return None };
    let segment = path.path.segments.last()?;
    macro_rules! whole {
        ($($t:ident),*) => {
            match segment.ident.to_string().as_str() {
                $(stringify!($t) => {
                    let fits = text.replace('_', "").parse::<$t>().is_ok();
                    return (!fits).then(|| format!("a whole number from {} to {}", $t::MIN, $t::MAX));
                })*
                _ => {}
            }
        };
    }
    whole!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
    let (fits, expected) = match segment.ident.to_string().as_str() {
        "bool" => (matches!(text, "true" | "false"), "`true` or `false`".to_owned()),
        "f32" | "f64" => (text.parse::<f64>().is_ok(), "a number".to_owned()),
        "char" => (text.chars().count() == 1, "a single character".to_owned()),
        "Duration" => (is_duration(text), "a duration such as `200ms`, `30s`, `5m` or `24h`".to_owned()),
        "Decimal" => {
            let scale = scale(segment)?;
            (is_decimal(text, scale), format!("a number with at most {scale} places after the point"))
        }
        "PathBuf" => (!text.is_empty(), "a path".to_owned()),
        _ => return None,
    };
    (!fits).then_some(expected)
}

fn is_duration(text: &str) -> bool {
    let mut rest = text.trim();
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| digits + n);
        if digits == 0 || !matches!(&rest[digits..unit], "ms" | "s" | "m" | "h" | "d") {
            return false;
        }
        rest = &rest[unit..];
        parts += 1;
    }
    parts > 0
}

fn is_decimal(text: &str, scale: usize) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(places) && !places.is_empty() && places.trim_end_matches('0').len() <= scale
}

fn scale(segment: &syn::PathSegment) -> Option<usize> {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Const(Expr::Lit(literal)) => match &literal.lit {
            Lit::Int(scale) => scale.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
