//! `items-load`: items that the chain itself gives, as JSON. What a plain task works on.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{params::ParamReader, row_text::put_field};
use crate::{
    contract::{
        BuildArgs, Chunk, Context, Error, Failure, ItemRun, LoadNode, Node, ParamError, ParamMap, ParamType,
        PortRecord, PortType, ProcessorType, RecordType, Result, Role, Schema, StateKind, error::ResultExt,
        registry::BuildError,
    },
    record::{ColumnMap, TextDecoder},
};

/// What stands between the fields of a row.
const DELIMITER: u8 = b',';

inventory::submit! {
    ProcessorType {
        name: "items-load",
        role: Role::Loader,
        doc: "Makes the items that the chain gives as a list of tables, of the record that `record` names.",
        params,
        inputs: &[],
        outputs: &[PortType { name: "out", record: PortRecord::Declared }],
        shard: None,
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build,
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn params() -> Vec<ParamType> {
    vec![ParamType {
        name: "items",
        kind: "list of tables".into(),
        required: true,
        default: None,
        doc: "The items, each with a value for every field of the record; what may be empty can be left out.",
        live: false,
        secret: false,
        path: false,
        check: |value| tables(value).map(drop),
    }]
}

fn tables(value: &Value) -> Result<Vec<&Map<String, Value>>, ParamError> {
    let wrong = || ParamError::new("a list of tables", value);
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().map(|item| item.as_object().ok_or_else(wrong)).collect()
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let Some(record) = args.record else {
        read.mistake("record", "the node must say which `record` its items are");
        return read.finish(None);
    };
    let nothing = Value::Array(Vec::new());
    let mut text = Vec::new();
    match tables(args.params.get("items").unwrap_or(&nothing)) {
        Ok(items) => {
            for (at, item) in items.into_iter().enumerate() {
                if let Err(why) = put_row(&record.schema, item, &mut text) {
                    read.mistake("items", format!("item {}: {why}", at + 1));
                }
            }
        }
        Err(error) => read.mistake("items", error.to_string()),
    }
    let load = ItemsLoad { record, text, offset: 0, decoder: None, chunk_rows: 1 };
    match load.rejected() {
        Ok(rejected) => rejected.into_iter().for_each(|why| read.mistake("items", why)),
        Err(error) => read.mistake("items", error.to_string()),
    }
    read.finish(Some(Node::Load(Box::new(load))))
}

/// Appends an item as a row of text whose columns are the record's fields.
fn put_row(schema: &Schema, item: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), String> {
    let known = || schema.fields.iter().map(|field| field.name).collect::<Vec<_>>().join("`, `");
    if let Some(name) = item.keys().find(|name| schema.field(name).is_none()) {
        return Err(format!("`{}` has no field `{name}`; it has `{}`", schema.name, known()));
    }
    let begin = out.len();
    for (at, field) in schema.fields.iter().enumerate() {
        if at > 0 {
            out.push(DELIMITER);
        }
        match item.get(field.name) {
            None | Some(Value::Null) if field.optional => {}
            None | Some(Value::Null) => return Err(format!("the field `{}` has no value", field.name)),
            Some(Value::String(text)) => put_field(text.as_bytes(), DELIMITER, out),
            Some(Value::Array(_) | Value::Object(_)) => {
                return Err(format!("the field `{}` is a single value, not a list or a table", field.name));
            }
            Some(value) => put_field(value.to_string().as_bytes(), DELIMITER, out),
        }
    }
    if out.len() == begin {
        // An empty line would be no row.
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
    Ok(())
}

struct ItemsLoad {
    record: RecordType,
    /// The items as rows.
    text: Vec<u8>,
    /// Rows before it are loaded.
    offset: usize,
    decoder: Option<Box<dyn TextDecoder>>,
    chunk_rows: usize,
}

impl ItemsLoad {
    fn decoder(&self) -> Result<Box<dyn TextDecoder>> {
        self.record.ops.text_decoder(&ColumnMap::in_order(DELIMITER)?)
    }

    /// Why items are none of the record, so that it is told before any work.
    fn rejected(&self) -> Result<Vec<String>> {
        let (mut chunk, mut rejects) = (self.record.ops.chunk(0), Vec::new());
        self.decoder()?.decode(&self.text, true, usize::MAX, &mut chunk, &mut rejects);
        Ok(rejects.into_iter().map(|reject| format!("item {}: {}", reject.row + 1, reject.message)).collect())
    }
}

impl LoadNode for ItemsLoad {
    fn inputs(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn open(&mut self, _shard: Option<&[u8]>, cursor: Option<&[u8]>, cx: &Context) -> Result<()> {
        if let Some(cursor) = cursor {
            self.offset = serde_json::from_slice(cursor).context("read the cursor of a list of items")?;
        }
        if self.offset > self.text.len() {
            return Err(Error::fatal("resume a list of items: the cursor is behind its end"));
        }
        self.chunk_rows = cx.chunk_rows().max(1);
        self.decoder = Some(self.decoder()?);
        Ok(())
    }

    fn chunk(&self) -> Chunk {
        self.record.ops.chunk(self.chunk_rows)
    }

    fn load(&mut self, out: &mut Chunk, run: &mut ItemRun) -> Result<bool, Failure> {
        out.clear();
        let Some(decoder) = &mut self.decoder else { return Ok(false) };
        let mut rejects = Vec::new();
        let decoded = decoder.decode(&self.text[self.offset..], true, self.chunk_rows, out, &mut rejects);
        if let Some(reject) = rejects.first() {
            return Err(Error::fatal(format!("read a list of items: {}", reject.message)).into());
        }
        self.offset += decoded.consumed;
        run.counts.read += decoded.rows as u64;
        run.counts.passed += decoded.rows as u64;
        run.counts.emitted += decoded.rows as u64;
        Ok(decoded.rows > 0 && self.offset < self.text.len())
    }

    fn save(&mut self, cursor: &mut Vec<u8>) -> Result<()> {
        cursor.extend(serde_json::to_vec(&self.offset)?);
        Ok(())
    }

    fn set_live(&mut self, _params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{builtin::DeadLetterRecord, contract::Record as _};
    use serde_json::json;

    fn rows(items: &Value) -> Result<String, Vec<String>> {
        let params = ParamMap::from([("items".to_owned(), items.clone())]);
        let record = Some(RecordType::of::<DeadLetterRecord>());
        let args = BuildArgs {
            params: &params,
            record,
            inputs: &[],
            sorted_by: None,
            combine: false,
            merge: false,
            concurrency: None,
        };
        build(&args).map_err(|mistakes| mistakes.into_iter().map(|m| m.message).collect::<Vec<_>>())?;
        let mut text = Vec::new();
        for item in tables(items).unwrap() {
            put_row(&DeadLetterRecord::SCHEMA, item, &mut text).unwrap();
        }
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn what_is_no_list_of_the_record_is_told_for_each_item() {
        let all: Map<String, Value> =
            DeadLetterRecord::SCHEMA.fields.iter().map(|f| (f.name.to_owned(), sample(f.kind))).collect();
        let good = rows(&json!([all, all])).unwrap();
        assert_eq!(good.lines().count(), 2);
        let mut unknown = all.clone();
        unknown.insert("sharde".into(), json!(1));
        let mut lacking = all.clone();
        lacking.remove(DeadLetterRecord::SCHEMA.fields[0].name);
        let mistakes = rows(&json!([all, unknown, lacking])).unwrap_err();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes[0].starts_with("item 2: `DeadLetter` has no field `sharde`"), "{mistakes:?}");
        assert!(mistakes[1].starts_with("item 3: the field"), "{mistakes:?}");
        assert!(rows(&json!({ "a": 1 })).unwrap_err()[0].contains("a list of tables"));
        assert_eq!(rows(&json!([])).unwrap(), "");
    }

    fn sample(kind: crate::contract::FieldType) -> Value {
        match kind {
            crate::contract::FieldType::Text => json!("a, \"b\""),
            _ => json!(1),
        }
    }
}
