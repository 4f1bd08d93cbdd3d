"""B1 and B1g in DataFusion: income per user, two partitions.

Shares are read as 64-bit floats and turned at once into whole hundredths, which is exact below 2**53; the sums are
64-bit integers in 1/1,000,000, written as such. The prices stand left of the join, so that they are the side hashed:
without statistics DataFusion hashes the ten million rows, which takes twice as long. Variant `sorted` tells it that the
file is sorted by user; `decimal` uses Arrow's exact decimals.
"""

import sys

import outcome

import datafusion
from datafusion import SessionConfig, SessionContext


def run(positions, nav, out, variant):
    session = SessionContext(SessionConfig().with_target_partitions(2))
    shares = "DECIMAL(18,2)" if variant == "decimal" else "DOUBLE"
    order = "WITH ORDER (user_id ASC)" if variant == "sorted" else ""
    session.sql(
        f"""
        CREATE EXTERNAL TABLE positions (user_id BIGINT UNSIGNED NOT NULL, fund_id INT UNSIGNED NOT NULL,
                                         shares {shares} NOT NULL, cost VARCHAR NOT NULL)
        STORED AS CSV {order} LOCATION '{positions}' OPTIONS ('format.has_header' 'true')
        """
    ).collect()
    session.sql(
        f"""
        CREATE EXTERNAL TABLE nav (fund_id INT UNSIGNED NOT NULL, price DECIMAL(9,4) NOT NULL,
                                   previous DECIMAL(9,4) NOT NULL)
        STORED AS CSV LOCATION '{nav}' OPTIONS ('format.has_header' 'true')
        """
    ).collect()
    earned = "price - previous" if variant == "decimal" else "CAST((price - previous) * 10000 AS BIGINT)"
    amount = "shares" if variant == "decimal" else "CAST(round(shares * 100) AS BIGINT)"
    session.sql(
        f"""
        SELECT user_id, sum({amount} * earned) AS income
        FROM (SELECT fund_id, {earned} AS earned FROM nav) JOIN positions USING (fund_id)
        GROUP BY user_id
        """
    ).write_csv(out, with_header=True)


if __name__ == "__main__":
    sys.exit(outcome.timed("datafusion", datafusion.__version__, run))
