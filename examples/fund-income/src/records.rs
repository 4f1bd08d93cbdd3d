//! The items that move through the chains.

use dyeline::prelude::*;

/// A user's holding of a fund: one row of `positions.csv`.
#[derive(Clone, Debug, Record)]
pub(crate) struct Position {
    pub(crate) user_id: u64,
    pub(crate) fund_id: u32,
    pub(crate) shares: Decimal<2>,
    pub(crate) cost: Decimal<2>,
}

/// What a holding earned in a day: shares × (price − previous price), exact.
#[derive(Clone, Debug, Record)]
pub(crate) struct Income {
    pub(crate) user_id: u64,
    pub(crate) fund_id: u32,
    pub(crate) income: Decimal<6>,
}

/// What a user earned over all funds.
#[derive(Clone, Debug, Record)]
pub(crate) struct UserIncome {
    pub(crate) user_id: u64,
    pub(crate) income: Decimal<6>,
}

/// What a fund earned for all users.
#[derive(Clone, Debug, Record)]
pub(crate) struct FundIncome {
    pub(crate) fund_id: u32,
    pub(crate) income: Decimal<6>,
}

/// What all funds earned for all users, and how many holdings that were.
#[derive(Clone, Debug, Record)]
pub(crate) struct TotalIncome {
    pub(crate) rows: u64,
    pub(crate) income: Decimal<6>,
}
