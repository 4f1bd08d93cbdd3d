//! `sum-per-user`, `sum-per-fund` and `sum-in-all`: incomes added up by three keys.
//!
//! Sums of decimals do not depend on the order of the items, so each is combined before anything is moved.

use dyeline::prelude::*;

use crate::records::{FundIncome, Income, TotalIncome, UserIncome};

/// Adds up what each user earned
#[derive(Reducer)]
#[reducer(name = "sum-per-user", input = Income, output = UserIncome, aggregate)]
pub(crate) struct SumPerUser {}

impl Aggregate for SumPerUser {
    type Key = u64;

    fn key(&self, item: &Income) -> u64 {
        item.user_id
    }

    fn key_of(&self, sum: &UserIncome) -> u64 {
        sum.user_id
    }

    fn start(&self, item: Income) -> Result<UserIncome> {
        Ok(UserIncome { user_id: item.user_id, income: item.income })
    }

    fn add(&self, sum: &mut UserIncome, item: Income) -> Result<()> {
        sum.income += item.income;
        Ok(())
    }

    fn merge(&self, sum: &mut UserIncome, other: UserIncome) -> Result<()> {
        sum.income += other.income;
        Ok(())
    }
}

/// Adds up what each fund earned
#[derive(Reducer)]
#[reducer(name = "sum-per-fund", input = Income, output = FundIncome, aggregate)]
pub(crate) struct SumPerFund {}

impl Aggregate for SumPerFund {
    type Key = u32;

    fn key(&self, item: &Income) -> u32 {
        item.fund_id
    }

    fn key_of(&self, sum: &FundIncome) -> u32 {
        sum.fund_id
    }

    fn start(&self, item: Income) -> Result<FundIncome> {
        Ok(FundIncome { fund_id: item.fund_id, income: item.income })
    }

    fn add(&self, sum: &mut FundIncome, item: Income) -> Result<()> {
        sum.income += item.income;
        Ok(())
    }

    fn merge(&self, sum: &mut FundIncome, other: FundIncome) -> Result<()> {
        sum.income += other.income;
        Ok(())
    }
}

/// Adds up everything, and counts it
#[derive(Reducer)]
#[reducer(name = "sum-in-all", input = Income, output = TotalIncome, aggregate)]
pub(crate) struct SumInAll {}

impl Aggregate for SumInAll {
    type Key = ();

    fn key(&self, _item: &Income) {}

    fn key_of(&self, _sum: &TotalIncome) {}

    fn start(&self, item: Income) -> Result<TotalIncome> {
        Ok(TotalIncome { rows: 1, income: item.income })
    }

    fn add(&self, sum: &mut TotalIncome, item: Income) -> Result<()> {
        sum.rows += 1;
        sum.income += item.income;
        Ok(())
    }

    fn merge(&self, sum: &mut TotalIncome, other: TotalIncome) -> Result<()> {
        sum.rows += other.rows;
        sum.income += other.income;
        Ok(())
    }
}
