//! Fund prices: every fund is a mix of two real indices, the S&P 500 and the Nasdaq Composite.
//!
//! All prices are whole numbers of 1/10,000, so that nothing is ever rounded twice.

use std::fmt::Write as _;

/// Daily closing levels, `date,sp500,nasdaq`; the source is named in `data/README.md`.
const LEVELS: &str = include_str!("../../data/index-levels.csv");

/// How many funds there are.
pub(crate) const FUNDS: u64 = 500;

/// The id of the first fund; the others follow without gaps.
pub(crate) const FIRST_FUND: u64 = 1001;

/// The closing levels of one trading day, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Levels {
    date: &'static str,
    sp500: u64,
    nasdaq: u64,
}

/// The price file of a trading day: `fund_id,price,previous`, four decimals.
///
/// `price` is that of the day and `previous` that of the trading day before it. The first day of the data has no
/// day before it, and a weekend or holiday has no price at all: both are errors that name the nearest days.
pub(crate) fn price_file(date: &str) -> Result<String, String> {
    let days = levels()?;
    let at = days.partition_point(|day| day.date < date);
    let (Some(today), Some(before)) = (days.get(at), at.checked_sub(1).and_then(|i| days.get(i))) else {
        return Err(outside(date, &days));
    };
    if today.date != date {
        return Err(format!(
            "no prices for {date}: the markets were closed; the nearest trading days are {} and {}",
            before.date, today.date
        ));
    }
    let mut text = String::from("fund_id,price,previous\n");
    for fund in FIRST_FUND..FIRST_FUND + FUNDS {
        let (price, previous) = (price(fund, *today), price(fund, *before));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{fund},{},{}", Price(price), Price(previous));
    }
    Ok(text)
}

/// The price of a fund on a day, in 1/10,000.
///
/// The weight of the S&P 500 in the mix is a number of thousandths drawn from the fund's id; a share starts near
/// one thousandth of the index, as new shares are offered near 1.
fn price(fund: u64, day: Levels) -> u64 {
    let weight = fund * 37 % 1001;
    let mix = weight * day.sp500 + (1000 - weight) * day.nasdaq;
    (mix + 5_000) / 10_000
}

fn outside(date: &str, days: &[Levels]) -> String {
    match days {
        [_, first, .., last] => format!(
            "no prices for {date}: the index levels allow trading days from {} to {}, as YYYY-MM-DD",
            first.date, last.date
        ),
        _ => format!("no prices for {date}: the index levels hold fewer than three days"),
    }
}

fn levels() -> Result<Vec<Levels>, String> {
    let parse = |line: &'static str| {
        let mut fields = line.split(',');
        let (date, sp500, nasdaq) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Levels { date, sp500: hundredths(sp500)?, nasdaq: hundredths(nasdaq)? })
    };
    LEVELS
        .lines()
        .enumerate()
        .skip(1)
        .map(|(row, line)| {
            parse(line).ok_or_else(|| {
                format!("index-levels.csv line {}: expected date,sp500,nasdaq, found {line:?}", row + 1)
            })
        })
        .collect()
}

fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    if part.len() != 2 {
        return None;
    }
    Some(whole.parse::<u64>().ok()? * 100 + part.parse::<u64>().ok()?)
}

/// A price with its four decimals.
struct Price(u64);

impl std::fmt::Display for Price {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_file_holds_every_fund_once() {
        let text = price_file("2018-12-31").unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("fund_id,price,previous"));
        let ids: Vec<u64> = lines.map(|l| l.split(',').next().unwrap().parse().unwrap()).collect();
        assert_eq!(ids, (FIRST_FUND..FIRST_FUND + FUNDS).collect::<Vec<_>>());
    }

    #[test]
    fn a_price_is_the_rounded_mix_of_the_levels() {
        // 1001 × 37 = 37 × 1001: weight 0, all Nasdaq. 1002: weight 37.
        let day = Levels { date: "", sp500: 250_685, nasdaq: 663_528 };
        assert_eq!(price(1001, day), 66_353);
        assert_eq!(price(1002, day), (37 * 250_685 + 963 * 663_528 + 5_000) / 10_000);
    }

    #[test]
    fn a_day_without_prices_names_the_nearest() {
        let closed = price_file("2018-12-25").unwrap_err();
        assert!(closed.contains("2018-12-24 and 2018-12-26"), "{closed}");
        for outside in ["2017-01-03", "2019-01-01", "yesterday"] {
            let error = price_file(outside).unwrap_err();
            assert!(error.contains("2017-01-04 to 2018-12-31"), "{error}");
        }
    }

    #[test]
    fn every_line_of_the_levels_parses() {
        assert_eq!(levels().unwrap().len(), 502);
    }
}
