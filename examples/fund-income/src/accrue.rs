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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_line_gives_the_exact_change() {
        assert_eq!(read_price("1001,6.6353,6.5845"), Some((1001, Decimal::from_mantissa(508))));
        assert_eq!(read_price("7,1.0000,1.0001"), Some((7, Decimal::from_mantissa(-1))));
        for bad in ["", "1001", "1001,6.6", "1001,6.6,x", "1001,6.6,6.5,6.4", "1048576,1.0,1.0", "-1,1.0,1.0"]
        {
            assert_eq!(read_price(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_broken_price_file_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nav.csv");
        fs::write(&path, "fund_id,price,previous\n1,2.0000,1.0000\n2,oops,1.0000\n").unwrap();
        let error = read_prices(&path).unwrap_err();
        assert!(error.to_string().contains("nav.csv:3: expected"), "{error}");
        assert!(
            read_prices(&folder.path().join("absent.csv")).unwrap_err().to_string().contains("absent.csv")
        );
    }
}
