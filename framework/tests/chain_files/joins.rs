//! Joins in chain files: how their inputs are named, exchanged and shown.

use std::path::Path;

use dyeline::{
    chain::{Catalog, Chain, listing, show},
    prelude::*,
};
use dyeline_engine::plan::{Exchange, OutputKind};
use dyeline_router::toml::Source;
use insta::assert_snapshot;

use crate::catalog::{given, mistakes, read};

/// A join whose inputs call the key alike, or not; `right` is written first.
const JOIN: &str = r#"[chain]
name = "join"

[nodes.positions]
processor = "csv-load"
record = "Position"

[nodes.accrue]
processor = "accrue-income"
after = "positions"
nav = "nav.csv"

[nodes.match]
processor = "match"
after = { right = "accrue", left = "positions" }
exchange = { by = "user_id", shards = 16 }

[nodes.write]
processor = "csv-write"
after = "match"
path = "out"
"#;

const BY: &str = "{ by = \"user_id\", shards = 16 }";

fn exchanged(exchange: &str) -> String {
    assert!(JOIN.contains(BY));
    JOIN.replace(BY, exchange)
}

/// By which field each input is exchanged, in the order in which they are read.
fn fields(chain: &Chain) -> Vec<String> {
    let plan = chain.plan(&chain.resolve(&given(&[])).unwrap()).unwrap();
    let outputs = plan.stages.iter().flat_map(|stage| &stage.outputs);
    let fields = outputs.filter_map(|output| match &output.kind {
        OutputKind::Spool { exchange: Some(Exchange::By { field, .. }), record } => {
            Some(format!("{}.{field}", record.name))
        }
        _ => None,
    });
    fields.collect()
}

#[test]
fn each_input_is_exchanged_by_its_own_field_in_the_order_of_the_processor() {
    let by = |exchange: &str| fields(&read(&exchanged(exchange)).unwrap_or_else(|m| panic!("{m}")));
    assert_eq!(by(BY), ["Position.user_id", "Income.user_id"]);
    let each = "{ by = { right = \"fund_id\", left = \"fund_id\" }, shards = 4 }";
    assert_eq!(by(each), ["Position.fund_id", "Income.fund_id"]);
    let built = Chain::builder("join")
        .node("positions", "csv-load")
        .record("Position")
        .node("accrue", "accrue-income")
        .after("positions")
        .param("nav", "nav.csv")
        .node("match", "match")
        .after_at("left", "positions")
        .after_at("right", "accrue")
        .exchange_each([("left", "fund_id"), ("right", "fund_id")], 4)
        .node("write", "csv-write")
        .after("match")
        .param("path", "out")
        .build(&crate::catalog::catalog())
        .unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(fields(&built), ["Position.fund_id", "Income.fund_id"]);
}

#[test]
fn an_exchange_of_a_join_is_wrong_in_these_ways() {
    for (name, exchange) in [
        ("unknown-input", "{ by = { left = \"user_id\", write = \"user_id\" }, shards = 16 }"),
        ("missing-input", "{ by = { left = \"user_id\" }, shards = 16 }"),
        ("not-a-text", "{ by = { left = \"user_id\", right = 3 }, shards = 16 }"),
        ("unknown-field", "{ by = { left = \"user_id\", right = \"usr_id\" }, shards = 16 }"),
        ("in-one-input-only", "{ by = \"shares\", shards = 16 }"),
        ("keys-of-other-types", "{ by = { left = \"user_id\", right = \"income\" }, shards = 16 }"),
        ("without-shards", "{ by = { left = \"user_id\", right = \"user_id\" } }"),
        ("sorted", "{ by = { left = \"user_id\", right = \"user_id\" }, sorted = true }"),
    ] {
        assert_snapshot!(name, mistakes(&exchanged(exchange)));
    }
    let one_input = JOIN
        .replace("nav = \"nav.csv\"", "nav = \"nav.csv\"\nexchange = { by = { in = \"a\" }, shards = 2 }");
    assert_snapshot!("one-input", mistakes(&one_input));
}

#[test]
fn without_an_exchange_the_shards_have_to_be_the_same() {
    let split = "[nodes.split]\nprocessor = \"csv-split\"\npath = \"x\"\n\n[nodes.positions]";
    let other = "[nodes.incomes]\nprocessor = \"accrue-income\"\nafter = \"others\"\nnav = \"nav.csv\"\n\n\
                 [nodes.others]\nprocessor = \"csv-load\"\nrecord = \"Position\"\n\n[nodes.match]";
    let text = JOIN
        .replace("[nodes.positions]", split)
        .replace("record = \"Position\"", "record = \"Position\"\nafter = \"split\"")
        .replace(&format!("exchange = {BY}\n"), "");
    assert!(read(&text).is_ok());
    let text = text.replace("[nodes.match]", other).replace("right = \"accrue\"", "right = \"incomes\"");
    assert_snapshot!(mistakes(&text));
}

#[test]
fn a_join_is_shown_with_its_ports() {
    let each = exchanged("{ by = { left = \"fund_id\", right = \"fund_id\" }, shards = 4 }");
    let chain = read(&each).unwrap_or_else(|m| panic!("{m}"));
    let resolved = chain.resolve(&given(&[])).unwrap();
    assert_snapshot!(show::tree(&chain.plan(&resolved).unwrap(), &resolved));
}

#[derive(Clone, Debug, Record)]
struct Account {
    id: u32,
    country: String,
}

#[derive(Clone, Debug, Record)]
struct Booking {
    account: u64,
    amount: Decimal<2>,
    note: Option<u64>,
}

/// Puts the country to each booking.
#[derive(Processor)]
#[processor(name = "locate", inputs(accounts = Account, new_bookings = Booking), output = Account)]
struct Locate {}

impl Process for Locate {
    fn process(&mut self, item: LocateInput, out: &mut Emitter<Account>, _: &Context) -> Result<()> {
        match item {
            LocateInput::Accounts(account) => out.emit(account),
            LocateInput::NewBookings(booking) => {
                let country = booking.amount.to_string();
                out.emit(Account { id: booking.note.map_or(0, |_| 1), country });
            }
        }
        Ok(())
    }
}

#[test]
fn keys_meet_when_they_are_hashed_alike() {
    let read = |field: &str| {
        let text = format!(
            "[chain]\nname = \"locate\"\n\
             [nodes.accounts]\nprocessor = \"csv-load\"\nrecord = \"Account\"\nafter = \"a\"\n\
             [nodes.a]\nprocessor = \"csv-split\"\npath = \"a.csv\"\n\
             [nodes.bookings]\nprocessor = \"csv-load\"\nrecord = \"Booking\"\nafter = \"b\"\n\
             [nodes.b]\nprocessor = \"csv-split\"\npath = \"b.csv\"\n\
             [nodes.locate]\nprocessor = \"locate\"\n\
             after = {{ accounts = \"accounts\", new-bookings = \"bookings\" }}\n\
             exchange = {{ by = {{ accounts = \"id\", new-bookings = \"{field}\" }}, shards = 3 }}\n\
             [nodes.write]\nprocessor = \"csv-write\"\nafter = \"locate\"\npath = \"out\"\n"
        );
        Chain::read(&Source::new("locate.toml", text), Path::new("/shop"), &Catalog::registered())
    };
    // `u32` and `u64` are.
    let chain = read("account").unwrap_or_else(|m| panic!("{m}"));
    assert!(chain.resolve(&given(&[])).is_ok());
    let text = read("note").unwrap_err().to_string();
    assert!(text.contains("gives `Booking`, whose `note` is u64?"), "{text}");
}

#[test]
fn the_inputs_of_a_join_are_listed_by_name() {
    let text = listing::one_text(&Catalog::registered(), "locate").unwrap();
    assert!(text.contains("accounts: Account, new-bookings: Booking → Account"), "{text}");
    let json = listing::one_json(&Catalog::registered(), "locate").unwrap();
    assert_eq!(json["inputs"][1], serde_json::json!({ "name": "new-bookings", "record": "Booking" }));
}
