//! The `[params]` of a chain file.

use dyeline_router::toml::{
    Entry, Fields, Item, Mistake, Mistakes, Place, Value, code as toml_code, suggestion,
};

use super::kind::ParamKind;
use crate::chain::code;

/// One declared parameter.
#[derive(Clone, Debug)]
pub struct ParamDecl {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParamKind,
    /// The value it has when none is given; typed, not resolved.
    pub default: Option<serde_json::Value>,
    /// What it is for.
    pub help: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// Reads `[params]`; what is wrong becomes a mistake, and the parameter is still declared where its type is known.
pub(in crate::chain) fn declared(entry: &Entry, mistakes: &mut Mistakes) -> Vec<ParamDecl> {
    match &entry.item.value {
        Value::Table(table) => table.entries.iter().filter_map(|e| declare(e, mistakes)).collect(),
        other => {
            let message = format!("`params` has to be a table, not {}", other.described());
            let mistake = Mistake::error(toml_code::WRONG_TYPE, message).at(entry.item.place.clone());
            mistakes.push(mistake.help("write `[params]` and one line for each parameter"));
            Vec::new()
        }
    }
}

fn declare(entry: &Entry, mistakes: &mut Mistakes) -> Option<ParamDecl> {
    let name = entry.key.clone();
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(valid) {
        let message = format!("`{name}` cannot be the name of a parameter");
        let mistake = Mistake::error(code::BAD_NAME, message).at(entry.key_place.clone());
        mistakes.push(mistake.help("use small letters, digits, `-` and `_`"));
    }
    let what = format!("parameter `{name}`");
    if !matches!(entry.item.value, Value::Table(_)) {
        let message = format!("{what} has to be a table, not {}", entry.item.value.described());
        let mistake = Mistake::error(toml_code::WRONG_TYPE, message).at(entry.item.place.clone());
        mistakes.push(mistake.help(format!("write `{name} = {{ type = \"string\", default = … }}`")));
        return None;
    }
    let mut fields = Fields::of(&what, &entry.item, mistakes)?;
    let kind = kind_of(&mut fields, mistakes);
    let default = fields.get("default").map(|entry| &entry.item);
    let help = fields.string("help", mistakes).map(str::to_owned);
    fields.finish(mistakes);
    let kind = kind?;
    let default = default.and_then(|item| default_of(&what, kind, item, mistakes));
    Some(ParamDecl { name, kind, default, help, place: entry.key_place.clone() })
}

fn kind_of(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<ParamKind> {
    fields.require("type", "type = \"string\"")?;
    let name = fields.string("type", mistakes)?;
    let place = fields.get("type").map(|entry| entry.item.place.clone());
    let kind = ParamKind::named(name);
    if kind.is_none() {
        let message = format!("{} has the unknown type `{name}`", fields.what());
        let help = suggestion(name, ParamKind::ALL.map(ParamKind::name));
        mistakes.push(Mistake::error(code::BAD_PARAM, message).at(place).label("unknown type").help(help));
    }
    kind
}

fn default_of(
    what: &str,
    kind: ParamKind,
    item: &Item,
    mistakes: &mut Mistakes,
) -> Option<serde_json::Value> {
    match kind.typed_item(item) {
        Ok(value) => Some(value),
        Err(why) => {
            let message = format!("the default of {what} is no {}: {why}", kind.name());
            let code = if kind == ParamKind::Date { code::BAD_DATE } else { code::BAD_PARAM };
            let mistake = Mistake::error(code, message).at(item.place.clone());
            mistakes.push(
                mistake.label(format!("not {}", kind.described())).help(format!("write {}", kind.shape())),
            );
            None
        }
    }
}
