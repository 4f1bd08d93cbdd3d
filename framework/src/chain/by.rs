//! By which field items are moved: one for all inputs, or one for each input of a join.

use dyeline_router::toml::{Entry, Fields, Mistake, Mistakes, Place, Value, code as toml_code, suggestion};

use super::{catalog::ProcessorSpec, code};

/// The `by` of an exchange, and where each field stands.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// `by = "user_id"`: the field of this name in whatever arrives.
    All(String, Place),
    /// `by = { left = "user_id", right = "holder" }`, by the place of the input port; `None` is not known.
    Each(Vec<Option<(String, Place)>>),
}

impl By {
    /// The field for what arrives at an input port.
    pub fn of_input(&self, input: u32) -> Option<(&str, &Place)> {
        match self {
            Self::All(field, place) => Some((field, place)),
            Self::Each(each) => {
                each.get(input as usize)?.as_ref().map(|(field, place)| (field.as_str(), place))
            }
        }
    }

    /// Whether the field of every input is known.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::All(..) => true,
            Self::Each(each) => each.iter().all(Option::is_some),
        }
    }
}

/// Reads `by`.
pub(super) fn by(
    exchange: &mut Fields<'_>,
    spec: Option<&ProcessorSpec>,
    mistakes: &mut Mistakes,
) -> Option<By> {
    let what = exchange.of_key("by");
    let entry = exchange.get("by")?;
    let Value::Table(table) = &entry.item.value else {
        let field = exchange.string("by", mistakes)?;
        return Some(By::All(field.to_owned(), entry.item.place.clone()));
    };
    // Of an unknown processor the inputs are not known either.
    let Some(spec) = spec else { return Some(By::Each(vec![None])) };
    if spec.inputs.len() < 2 {
        let message = format!("{what} names a field for each input, but `{}` has only one", spec.name);
        let mistake = Mistake::error(code::BAD_EXCHANGE, message).at(entry.item.place.clone());
        mistakes.push(mistake.help("write `by = \"field\"`"));
        return None;
    }
    let mut each = vec![None; spec.inputs.len()];
    let mut unknown = false;
    for port in &table.entries {
        match spec.inputs.iter().position(|input| input.name == port.key) {
            Some(input) => each[input] = field(&what, port, mistakes),
            None => {
                let message =
                    format!("{what} names the input `{}`, which `{}` does not have", port.key, spec.name);
                let help = suggestion(&port.key, spec.inputs.iter().map(|input| input.name.as_str()));
                let mistake = Mistake::error(code::UNKNOWN_PORT, message).at(port.key_place.clone());
                mistakes.push(mistake.label("unknown port").help(help));
                unknown = true;
            }
        }
    }
    let missing = spec.inputs.iter().find(|input| table.get(&input.name).is_none());
    // A misspelt port is one mistake, not two.
    if let Some(input) = missing.filter(|_| !unknown) {
        let message = format!("{what} names no field for the input `{}`", input.name);
        let names: Vec<String> = spec.inputs.iter().map(|p| format!("{} = \"…\"", p.name)).collect();
        let mistake = Mistake::error(code::BAD_EXCHANGE, message).at(entry.item.place.clone());
        mistakes.push(mistake.help(format!("write `by = {{ {} }}`", names.join(", "))));
    }
    Some(By::Each(each))
}

fn field(what: &str, port: &Entry, mistakes: &mut Mistakes) -> Option<(String, Place)> {
    let place = port.item.place.clone();
    match &port.item.value {
        Value::String(field) => Some((field.clone(), place)),
        Value::Pending(_) => None,
        other => {
            let message = format!("`{}` in {what} has to be a string, not {}", port.key, other.described());
            mistakes.push(Mistake::error(toml_code::WRONG_TYPE, message).at(place));
            None
        }
    }
}
