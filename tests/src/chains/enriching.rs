//! An enrichment: positions joined with the holders they belong to, as a user would write it.

use std::collections::BTreeMap;

use dyeline::prelude::*;

/// A customer.
#[derive(Clone, Debug, Record)]
#[record(name = "TestHolder")]
pub(crate) struct Holder {
    /// What positions call `user_id`.
    pub(crate) id: u32,
    /// Where the customer lives.
    pub(crate) country: String,
}

/// What a customer holds of one fund.
#[derive(Clone, Debug, Record)]
#[record(name = "TestPosition")]
pub(crate) struct Position {
    /// The customer.
    pub(crate) user_id: u64,
    /// The fund.
    pub(crate) fund: u32,
}

/// A position with its holder; one of the two may be absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
#[record(name = "TestPlaced")]
pub(crate) struct Placed {
    /// The customer.
    pub(crate) user_id: u64,
    /// The fund, if there is a position.
    pub(crate) fund: Option<u32>,
    /// Where the customer lives, if that is known.
    pub(crate) country: Option<String>,
}

/// Puts to each position where its holder lives: a full outer join
#[derive(Processor)]
#[processor(name = "t-enrich", inputs(holders = Holder, positions = Position), output = Placed)]
pub(crate) struct Enrich {
    /// Rests a millisecond after so many items
    #[param]
    rest: u64,
    taken: u64,
    #[state]
    holders: BTreeMap<u64, (String, bool)>,
}

impl Process for Enrich {
    fn process(&mut self, item: EnrichInput, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        self.taken += 1;
        if self.taken.is_multiple_of(self.rest) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        match item {
            EnrichInput::Holders(Holder { id, country }) => {
                self.holders.insert(u64::from(id), (country, false));
            }
            EnrichInput::Positions(Position { user_id, fund }) => {
                let country = self.holders.get_mut(&user_id).map(|(country, met)| {
                    *met = true;
                    country.clone()
                });
                out.emit(Placed { user_id, fund: Some(fund), country });
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
        for (user_id, (country, _)) in self.holders.iter().filter(|(_, (_, met))| !met) {
            out.emit(Placed { user_id: *user_id, fund: None, country: Some(country.clone()) });
        }
        Ok(())
    }
}
