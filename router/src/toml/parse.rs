//! From text to values with places; every syntax error and every duplicate at once.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Entry, Item, Mistake, Mistakes, Source, Table, Value, code};

/// Reads all of a text. What could be understood is returned even when there are mistakes, so that its content can
/// be checked in the same pass.
pub fn parse(source: &Source, mistakes: &mut Mistakes) -> Table {
    let (root, errors) = DeTable::parse_recoverable(source.text());
    for error in errors {
        mistakes.push(syntax_mistake(source, &error));
    }
    table(source, root.get_ref(), mistakes)
}

fn syntax_mistake(source: &Source, error: &toml::de::Error) -> Mistake {
    let place = error.span().map(|span| source.place(span));
    let at = place.as_ref().map_or("", |p| p.text().trim());
    if error.message() == "duplicate key" {
        return Mistake::error(code::DUPLICATE_KEY, format!("`{at}` is given twice"))
            .at(place)
            .label("a second time")
            .help("keep one of the two, or give this one another name");
    }
    Mistake::error(code::SYNTAX, error.message()).at(place).help("see toml.io for how TOML is written")
}

fn table(source: &Source, table_: &DeTable<'_>, mistakes: &mut Mistakes) -> Table {
    let mut sorted: Vec<_> = table_.iter().collect();
    sorted.sort_by_key(|(key, _)| key.span().start);
    let entries = sorted.into_iter().map(|(key, value)| {
        let key_place = source.place(key.span());
        Entry { key: key.get_ref().to_string(), item: item(source, value, mistakes), key_place }
    });
    Table { entries: entries.collect() }
}

fn item(source: &Source, spanned: &Spanned<DeValue<'_>>, mistakes: &mut Mistakes) -> Item {
    let place = source.place(spanned.span());
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                let message = format!("`{}` does not fit into 64 bits", place.text());
                mistakes.push(Mistake::error(code::OUT_OF_RANGE, message).at(place.clone()));
                Value::Pending("an integer")
            }
        },
        DeValue::Float(digits) => Value::Float(digits.as_str().to_owned()),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|i| item(source, i, mistakes)).collect()),
        DeValue::Table(inner) => Value::Table(table(source, inner, mistakes)),
    };
    Item { value, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Table, Mistakes) {
        let mut mistakes = Mistakes::new();
        let table = parse(&Source::new("a.toml", text), &mut mistakes);
        (table, mistakes)
    }

    #[test]
    fn keys_stand_in_the_order_of_the_file_with_their_places() {
        let (table, mistakes) = read("z = 1\n[b]\ny = 2\nx = 'two'\n[a]\n");
        assert!(mistakes.is_empty(), "{mistakes}");
        assert_eq!(table.keys().collect::<Vec<_>>(), ["z", "b", "a"]);
        let Value::Table(b) = &table.get("b").unwrap().item.value else { panic!("not a table") };
        assert_eq!(b.keys().collect::<Vec<_>>(), ["y", "x"]);
        let x = b.get("x").unwrap();
        assert_eq!((x.key_place.line(), x.item.place.text()), (4, "'two'"));
    }

    #[test]
    fn all_errors_and_duplicates_are_found_at_once() {
        let (_, mistakes) = read("a = \nb = 1\nb = 2\nc = \"x\n[d]\n[d]\ne = 99999999999999999999\n");
        let found: Vec<(usize, &str)> =
            mistakes.iter().map(|m| (m.place().map_or(0, |p| p.line()), m.code())).collect();
        assert_eq!(
            found,
            [
                (1, code::SYNTAX),
                (3, code::DUPLICATE_KEY),
                (4, code::SYNTAX),
                (6, code::DUPLICATE_KEY),
                (7, code::OUT_OF_RANGE)
            ],
            "{mistakes}"
        );
    }
}
