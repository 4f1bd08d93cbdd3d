//! Aggregates in all places of a plan give what a map gives, also when stopped and resumed at any boundary.

use std::collections::BTreeMap;

use dyeline::{
    contract::{Chunk, ItemRun, NodeCounts, ProcessNode},
    prelude::*,
};
use proptest::{collection::vec, prelude::*};

use crate::shared::{CHUNK, Sale, attempt, process_node, sale, skipping};

#[derive(Clone, Debug, PartialEq, Record)]
struct Total {
    shop: String,
    sales: u64,
    amount: Decimal<2>,
    largest: Decimal<2>,
}

#[derive(Reducer)]
#[reducer(name = "total", input = Sale, output = Total, aggregate)]
struct TotalPerShop {
    #[param(default = "-1", live)]
    refused: Decimal<2>,
}

impl Aggregate for TotalPerShop {
    type Key = String;

    fn key(&self, item: &Sale) -> String {
        item.shop.clone()
    }
    fn key_of(&self, result: &Total) -> String {
        result.shop.clone()
    }
    fn start(&self, item: Sale) -> Result<Total> {
        self.check(&item)?;
        Ok(Total { shop: item.shop, sales: 1, amount: item.amount, largest: item.amount })
    }
    fn add(&self, result: &mut Total, item: Sale) -> Result<()> {
        let other = self.start(item)?;
        self.merge(result, other)
    }
    fn merge(&self, result: &mut Total, other: Total) -> Result<()> {
        result.sales += other.sales;
        result.amount += other.amount;
        result.largest = result.largest.max(other.largest);
        Ok(())
    }
}

impl TotalPerShop {
    fn check(&self, item: &Sale) -> Result<()> {
        if item.amount == self.refused {
            return Err(Error::skip(format!("{} is refused", item.amount)));
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Whole,
    Merge,
    Combine,
    Sorted,
}

impl Place {
    fn node(self) -> Box<dyn ProcessNode> {
        process_node("total", |args| match self {
            Self::Whole => {}
            Self::Merge => args.merge = true,
            Self::Combine => args.combine = true,
            Self::Sorted => args.sorted_by = Some("shop"),
        })
    }

    /// Runs all chunks. At boundaries that `stops` draws, the node is saved and another one goes on.
    fn run<T: Clone + Send + 'static>(self, items: &[T], stops: u64) -> (Vec<Vec<Total>>, NodeCounts) {
        let mut node = self.node();
        let mut run = ItemRun::new(attempt(None), 0, skipping());
        let mut made = Vec::new();
        for (number, chunk) in items.chunks(CHUNK).enumerate() {
            node.process(0, &mut Chunk::of(chunk.to_vec()), &mut run).unwrap();
            run.row += CHUNK as u64;
            take(&mut *node, &mut made);
            if node.at_boundary() && stops >> (number % 64) & 1 == 1 {
                let mut state = Vec::new();
                node.save(&mut state).unwrap();
                node = self.node();
                node.restore(&state).unwrap();
            }
        }
        while node.finish(&mut run).unwrap() {
            take(&mut *node, &mut made);
            assert!(made.last().is_some_and(|m: &Vec<Total>| m.len() <= CHUNK), "bounded parts");
        }
        (made, run.counts)
    }
}

fn take(node: &mut dyn ProcessNode, made: &mut Vec<Vec<Total>>) {
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    made.push(std::mem::take(chunk.items_mut()));
}

fn expected(sales: &[Sale]) -> Vec<Total> {
    let mut totals: BTreeMap<&str, Total> = BTreeMap::new();
    for sale in sales.iter().filter(|s| s.amount.mantissa() != -100) {
        let total = totals.entry(&sale.shop).or_insert_with(|| Total {
            shop: sale.shop.clone(),
            sales: 0,
            amount: Decimal::ZERO,
            largest: Decimal::MIN,
        });
        total.sales += 1;
        total.amount += sale.amount;
        total.largest = total.largest.max(sale.amount);
    }
    totals.into_values().collect()
}

proptest! {
    #[test]
    fn every_place_gives_the_same_totals(shops in 1..2000u32, draws in vec((any::<u32>(), -300..300i128), 0..700), stops in any::<u64>()) {
        let mut sales: Vec<Sale> = draws.iter().map(|(shop, amount)| sale(shop % shops, *amount)).collect();
        let refused = sales.iter().filter(|s| s.amount.mantissa() == -100).count() as u64;
        let expected = expected(&sales);

        let (whole, counts) = Place::Whole.run(&sales, stops);
        prop_assert_eq!(&whole.concat(), &expected);
        prop_assert_eq!(counts.read, sales.len() as u64);
        prop_assert_eq!((counts.skipped, counts.passed), (refused, counts.read - refused));
        prop_assert_eq!(counts.emitted, expected.len() as u64);

        let (partials, counts) = Place::Combine.run(&sales, stops);
        let (undisturbed, _) = Place::Combine.run(&sales, 0);
        prop_assert_eq!(&partials, &undisturbed, "a resumed shard hands on the same partial results");
        // Together the two halves count what the whole does.
        prop_assert_eq!((counts.read, counts.skipped, counts.emitted), (sales.len() as u64, refused, 0));
        prop_assert!(partials.concat().len() <= sales.len());
        let (merged, counts) = Place::Merge.run(&partials.concat(), stops);
        prop_assert_eq!((counts.read, counts.passed, counts.emitted), (0, 0, expected.len() as u64));
        prop_assert_eq!(&merged.concat(), &expected);

        sales.sort_by(|a, b| a.shop.cmp(&b.shop));
        let (sorted, counts) = Place::Sorted.run(&sales, stops);
        prop_assert_eq!(sorted.concat(), expected);
        prop_assert_eq!(counts.skipped, refused);
    }
}

#[test]
fn combining_pays_or_passes() {
    let few: Vec<Sale> = (0..2_000).map(|i| sale(i % 3, 1)).collect();
    let (partials, _) = Place::Combine.run(&few, u64::MAX);
    let groups = 2_000usize.div_ceil(64 * CHUNK);
    assert_eq!(partials.concat().len(), 3 * groups, "three keys in each group of chunks");
    // So many keys that combining does not pay, then few.
    let many: Vec<Sale> = (0..10_000).map(|i| sale(if i < 6_000 { i } else { 1 }, 1)).collect();
    let (partials, _) = Place::Combine.run(&many, u64::MAX);
    let len = |chunk: usize| partials[chunk].len();
    assert_eq!((len(0), len(20)), (0, CHUNK), "behind the sample each item goes on at once");
    assert_eq!(len(64 * 15), CHUNK, "some groups on, nothing is sampled again");
    assert_eq!((len(64 * 16), len(64 * 16 + 20)), (0, CHUNK), "then it is");
    assert_eq!((len(64 * 32), len(64 * 32 + 20), len(64 * 33 - 1)), (0, 0, 1), "until combining pays");
}

#[test]
fn an_unsorted_shard_is_an_error_that_names_both_places() {
    let mut node = Place::Sorted.node();
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    run.row = 40;
    node.process(0, &mut Chunk::of(vec![sale(1, 1), sale(3, 1), sale(3, 1)]), &mut run).unwrap();
    run.row = 44;
    let failure = node.process(0, &mut Chunk::of(vec![sale(3, 1), sale(2, 7)]), &mut run).unwrap_err();
    assert_eq!(
        failure.error.to_string(),
        "the input is not sorted by `shop`: `shop 00002,0.07` (item 1 of the chunk at row 44) stands behind \
         `shop 00003,3,0.03,0.01` (first seen as item 1 of the chunk at row 40); sort the input, or take `sorted` out \
         of the exchange"
    );
    assert_eq!(failure.error.class(), Class::Fatal);
}
