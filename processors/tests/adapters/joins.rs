//! Processors with several inputs.

use std::{collections::BTreeMap, sync::Mutex};

use dyeline::{
    contract::{
        Chunk, ItemRun, NodeCounts, PortRecord, ProcessNode, StateKind, context::BlockOn, registry::Registry,
        run::ItemPolicy,
    },
    prelude::*,
};

use crate::shared::{Sale, attempt, process_node, sale, skipping};

#[derive(Clone, Debug, PartialEq, Record)]
struct Shop {
    name: String,
    country: u32,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Placed {
    shop: String,
    amount: Decimal<2>,
    country: Option<u32>,
}

fn shop(name: u32, country: u32) -> Shop {
    Shop { name: format!("shop {name:05}"), country }
}

fn placed(name: u32, amount: i128, country: Option<u32>) -> Placed {
    let Sale { shop, amount } = sale(name, amount);
    Placed { shop, amount, country }
}

/// Adds to each sale where its shop is; country 13 is bad, and so is a negative amount.
#[derive(Processor)]
#[processor(name = "place", inputs(known_shops = Shop, sales = Sale), output = Placed)]
struct Place {
    #[state]
    countries: BTreeMap<String, u32>,
    #[state]
    sold: u64,
}

impl Process for Place {
    fn process(&mut self, item: PlaceInput, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        match item {
            PlaceInput::KnownShops(shop) if shop.country == 13 => Err(Error::skip("no country")),
            PlaceInput::KnownShops(shop) => {
                self.countries.insert(shop.name, shop.country);
                Ok(())
            }
            PlaceInput::Sales(Sale { shop, amount }) => {
                let country = self.countries.get(&shop).copied();
                let negative = amount < Decimal::ZERO;
                out.emit(Placed { shop, amount, country });
                if negative {
                    return Err(Error::retryable("less than nothing"));
                }
                self.sold += 1;
                Ok(())
            }
        }
    }

    fn finish(&mut self, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        out.emit(placed(99_999, i128::from(self.sold), Some(self.countries.len() as u32)));
        Ok(())
    }
}

/// The same by calling out, with what it knows behind a lock.
#[derive(Processor)]
#[processor(name = "place-async", inputs(known_shops = Shop, sales = Sale), output = Placed, async)]
struct PlaceAsync {
    countries: Mutex<BTreeMap<String, u32>>,
}

impl AsyncProcess for PlaceAsync {
    async fn process(&self, item: PlaceAsyncInput, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        let mut countries = self.countries.lock().unwrap();
        match item {
            PlaceAsyncInput::KnownShops(shop) if shop.country == 13 => return Err(Error::skip("no country")),
            PlaceAsyncInput::KnownShops(shop) => drop(countries.insert(shop.name, shop.country)),
            PlaceAsyncInput::Sales(Sale { shop, amount }) => {
                let country = countries.get(&shop).copied();
                out.emit(Placed { shop, amount, country });
            }
        }
        Ok(())
    }
}

/// Counts what arrives at each input.
#[derive(Reducer)]
#[reducer(name = "count-both", inputs(known_shops = Shop, sales = Sale), output = Sale)]
struct CountBoth {
    #[state]
    shops: u32,
    #[state]
    sales: u32,
}

impl Reduce for CountBoth {
    fn reduce(&mut self, item: CountBothInput, _: &Context) -> Result<()> {
        match item {
            CountBothInput::KnownShops(_) => self.shops += 1,
            CountBothInput::Sales(_) => self.sales += 1,
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Sale>, _: &Context) -> Result<()> {
        out.emit(sale(self.shops, i128::from(self.sales)));
        Ok(())
    }
}

/// Remembers shops in a field that no checkpoint saves.
#[derive(Processor)]
#[processor(name = "place-unsaved", inputs(known_shops = Shop, sales = Sale), output = Placed, unsaved)]
struct PlaceUnsaved {
    countries: BTreeMap<String, u32>,
}

impl Process for PlaceUnsaved {
    fn process(&mut self, item: PlaceUnsavedInput, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        match item {
            PlaceUnsavedInput::KnownShops(shop) => drop(self.countries.insert(shop.name, shop.country)),
            PlaceUnsavedInput::Sales(Sale { shop, amount }) => {
                let country = self.countries.get(&shop).copied();
                out.emit(Placed { shop, amount, country });
            }
        }
        Ok(())
    }
}

fn shops() -> Chunk {
    Chunk::of(vec![shop(1, 49), shop(2, 13), shop(3, 86)])
}

fn sales() -> Chunk {
    Chunk::of(vec![sale(3, 100), sale(2, 200), sale(1, 300)])
}

fn made(node: &mut dyn ProcessNode) -> Vec<Placed> {
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    chunk.items::<Placed>().clone()
}

/// Polls once: nothing here waits.
struct Inline;

impl BlockOn for Inline {
    fn block_on(&self, future: std::pin::Pin<&mut (dyn Future<Output = ()> + '_)>) {
        let mut waiting = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.poll(&mut waiting).is_ready());
    }
}

#[test]
fn a_join_is_registered_with_its_inputs_in_the_order_of_the_attribute() {
    let registry = Registry::linked().unwrap();
    for name in ["place", "place-async", "count-both"] {
        let inputs: Vec<(&str, &str)> = registry.processors[name]
            .inputs
            .iter()
            .map(|port| match port.record {
                PortRecord::Typed(record) => (port.name, record().schema.name),
                _ => panic!("{} has no type", port.name),
            })
            .collect();
        assert_eq!(inputs, [("known-shops", "Shop"), ("sales", "Sale")], "{name}");
    }
}

#[test]
fn each_port_has_its_items_and_all_share_counts_and_policy() {
    let futures: std::sync::Arc<dyn BlockOn> = std::sync::Arc::new(Inline);
    for name in ["place", "place-async"] {
        let mut node = process_node(name, |_| ());
        let policy = ItemPolicy { dead_letters: true, ..skipping() };
        let mut run = ItemRun::new(attempt(Some(futures.clone())), 0, policy);
        node.open(&run.cx.clone()).unwrap();
        node.process(0, &mut shops(), &mut run).unwrap();
        assert!(made(&mut *node).is_empty());
        run.row = 3;
        node.process(1, &mut sales(), &mut run).unwrap();
        let expected = [placed(3, 100, Some(86)), placed(2, 200, None), placed(1, 300, Some(49))];
        assert_eq!(made(&mut *node), expected, "{name}");
        // The letter is the row that arrived, not what the join was given.
        let letters: Vec<(u64, &str)> =
            run.dead_letters.iter().map(|l| (l.place.row, l.item.as_str())).collect();
        assert_eq!(letters, [(0, "shop 00002,13")], "{name}");
        let NodeCounts { read, passed, filtered, dead_lettered, emitted, .. } = run.counts;
        // What has no state and makes nothing of an item has filtered it.
        let wanted = if name == "place" { (6, 5, 0, 1, 3) } else { (6, 3, 2, 1, 3) };
        assert_eq!((read, passed, filtered, dead_lettered, emitted), wanted, "{name}");
    }
}

#[test]
fn an_item_that_used_up_its_retries_is_given_up_at_its_port() {
    let mut node = process_node("place", |_| ());
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    let negative = || Chunk::of(vec![sale(1, 5), sale(2, -5)]);
    run.row = 3;
    let failure = node.process(1, &mut negative(), &mut run).unwrap_err();
    let place = failure.place.unwrap();
    assert_eq!((place.row, place.index), (3, 1));
    let mut node = process_node("place", |_| ());
    let policy =
        ItemPolicy { dead_letters: true, exhausted: vec![(place, "failed again".to_owned())], ..skipping() };
    let mut run = ItemRun::new(attempt(None), 0, policy);
    node.process(0, &mut shops(), &mut run).unwrap();
    run.row = 3;
    node.process(1, &mut negative(), &mut run).unwrap();
    assert_eq!(made(&mut *node), [placed(1, 5, Some(49))]);
    assert_eq!(run.dead_letters[1].item, "shop 00002,-0.05");
}

#[test]
fn what_a_join_knows_of_one_input_is_there_for_the_other_after_a_checkpoint() {
    let mut node = process_node("place", |_| ());
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    node.process(0, &mut shops(), &mut run).unwrap();
    let mut state = Vec::new();
    node.save(&mut state).unwrap();
    let mut again = process_node("place", |_| ());
    again.restore(&state).unwrap();
    again.process(1, &mut sales(), &mut run).unwrap();
    assert_eq!(made(&mut *again)[0], placed(3, 100, Some(86)));
    assert!(again.finish(&mut run).unwrap());
    assert_eq!(made(&mut *again), [placed(99_999, 3, Some(2))]);
    assert!(!again.finish(&mut run).unwrap());
}

#[test]
fn what_goes_into_a_state_is_passed_also_where_it_cannot_be_saved() {
    assert_eq!(Registry::linked().unwrap().processors["place-unsaved"].state, StateKind::Unsaved);
    let mut node = process_node("place-unsaved", |_| ());
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    node.process(0, &mut shops(), &mut run).unwrap();
    node.process(1, &mut sales(), &mut run).unwrap();
    let NodeCounts { read, passed, filtered, emitted, .. } = run.counts;
    assert_eq!((read, passed, filtered, emitted), (6, 6, 0, 3));
}

#[test]
fn a_reducer_can_have_several_inputs() {
    let mut node = process_node("count-both", |_| ());
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    node.process(0, &mut shops(), &mut run).unwrap();
    node.process(1, &mut sales(), &mut run).unwrap();
    node.process(1, &mut sales(), &mut run).unwrap();
    assert!(node.finish(&mut run).unwrap());
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    assert_eq!(chunk.items::<Sale>(), &[sale(3, 6)]);
    assert_eq!((run.counts.read, run.counts.passed, run.counts.emitted), (9, 9, 1));
}
