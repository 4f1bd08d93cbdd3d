"""B1 and B1g in Polars: income per user, streaming engine, lazy CSV scan to CSV sink.

Shares are read as 64-bit floats and turned at once into whole hundredths, which is exact below 2**53 and faster
than Polars' decimals (variant `decimal`); all sums are 64-bit integers in 1/1,000,000, written as such. Variant `sorted`
tells Polars that the file is sorted by user, which halves the time.
"""

import sys

import outcome

import polars as pl


def run(positions, nav, out, variant):
    holdings = pl.scan_csv(
        positions,
        schema={
            "user_id": pl.UInt64,
            "fund_id": pl.UInt32,
            "shares": pl.Decimal(18, 2) if variant == "decimal" else pl.Float64,
            "cost": pl.Float64,
        },
    )
    if variant == "sorted":
        holdings = holdings.set_sorted("user_id")
    prices = pl.read_csv(nav, schema={"fund_id": pl.UInt32, "price": pl.Float64, "previous": pl.Float64})
    prices = prices.lazy().select(
        "fund_id",
        earned=(pl.col("price") * 10_000).round().cast(pl.Int64) - (pl.col("previous") * 10_000).round().cast(pl.Int64),
    )
    if variant == "decimal":
        cents = (pl.col("shares") * 100).cast(pl.Int64)
    else:
        cents = (pl.col("shares") * 100).round().cast(pl.Int64)
    income = cents * pl.col("earned")
    (
        holdings.join(prices, on="fund_id")
        .group_by("user_id")
        .agg(income=income.sum())
        .sink_csv(out, engine="streaming")
    )


if __name__ == "__main__":
    sys.exit(outcome.timed("polars", pl.__version__, run))
