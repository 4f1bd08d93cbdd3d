"""B1 and B1g in DuckDB: income per user, two threads, insertion order not kept.

Shares are read as 64-bit floats and turned at once into whole hundredths, which is exact below 2**53; the sums are
128-bit integers in 1/1,000,000, written as such. Variant `decimal` uses DuckDB's exact decimals throughout: slower by a
sixth.
"""

import sys

import outcome

import duckdb


def run(positions, nav, out, variant):
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SET preserve_insertion_order = false")
    shares = "DECIMAL(18,2)" if variant == "decimal" else "DOUBLE"
    earned = "price - previous" if variant == "decimal" else "CAST((price - previous) * 10000 AS BIGINT)"
    amount = "shares" if variant == "decimal" else "CAST(round(shares * 100) AS BIGINT)"
    connection.execute(
        f"""
        COPY (
            SELECT user_id, sum({amount} * earned) AS income
            FROM read_csv('{positions}', header = true, auto_detect = false, delim = ',', quote = '', escape = '',
                          columns = {{'user_id': 'UBIGINT', 'fund_id': 'UINTEGER', 'shares': '{shares}',
                                      'cost': 'VARCHAR'}})
            JOIN (
                SELECT fund_id, {earned} AS earned
                FROM read_csv('{nav}', header = true, auto_detect = false, delim = ',',
                              columns = {{'fund_id': 'UINTEGER', 'price': 'DECIMAL(9,4)', 'previous': 'DECIMAL(9,4)'}})
            ) USING (fund_id)
            GROUP BY user_id
        ) TO '{out}' (HEADER, DELIMITER ',')
        """
    )
    connection.close()


if __name__ == "__main__":
    sys.exit(outcome.timed("duckdb", duckdb.__version__, run))
