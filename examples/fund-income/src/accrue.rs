//! `accrue-income`: from a holding to what it earned today.

use std::{
    fs,
    path::{Path, PathBuf},
};

use dyeline::prelude::*;

use crate::records::{Income, Position};

/// Fund ids index a table, so that a price is found in a step; a larger id is refused rather than given gigabytes.
const MAX_FUND: usize = 1 << 20;

/// Computes what each holding earned: its shares × (today's price − the previous day's)
#[derive(Processor)]
#[processor(name = "accrue-income", input = Position, output = Income)]
pub(crate) struct AccrueIncome {
    /// Fund prices as CSV with the columns `fund_id,price,previous`
    #[param]
    nav: PathBuf,
    /// What a share of each fund earned, by fund id.
    earned: Vec<Option<Decimal<4>>>,
}

impl Process for AccrueIncome {
    fn open(&mut self, _cx: &Context) -> Result<()> {
        self.earned = read_prices(&self.nav)?;
        Ok(())
    }

    fn process(&mut self, position: Position, out: &mut Emitter<Income>, _cx: &Context) -> Result<()> {
        let Position { user_id, fund_id, shares, .. } = position;
        let Some(earned) = self.earned.get(fund_id as usize).copied().flatten() else {
            return Err(Error::skip(format!("no price for fund {fund_id} in {}", self.nav.display())));
        };
        out.emit(Income { user_id, fund_id, income: shares.times(earned) });
        Ok(())
    }
}

fn read_prices(path: &Path) -> Result<Vec<Option<Decimal<4>>>> {
    let text = fs::read_to_string(path).context(format!("read the fund prices in {}", path.display()))?;
    let mut earned = Vec::new();
    for (row, line) in text.lines().enumerate().skip(1) {
        let (fund, change) = read_price(line).ok_or_else(|| {
            Error::fatal(format!(
                "{}:{}: expected `fund_id,price,previous`, found `{line}`",
                path.display(),
                row + 1
            ))
        })?;
        if earned.len() <= fund {
            earned.resize(fund + 1, None);
        }
        earned[fund] = Some(change);
    }
    Ok(earned)
}

fn read_price(line: &str) -> Option<(usize, Decimal<4>)> {
    let mut fields = line.split(',');
    let fund = fields.next()?.parse().ok().filter(|&fund| fund < MAX_FUND)?;
    let price: Decimal<4> = fields.next()?.parse().ok()?;
    let previous = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some((fund, price - previous))
}
