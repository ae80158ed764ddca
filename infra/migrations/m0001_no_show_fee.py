"""What a line costs whom does not come is on every line.

Lines of orders from before there was a choice have no `no_show_fee_bps`, and are read as the whole price
(`chalicelib/orders/store.py`). Every later version writes it, so this is the middle of three steps; once it is done
everywhere, the reader's own answer for lines without it can go.

The order's version stays: nothing changes for who reads it, and whoever writes it writes all lines, with this.
"""

from infra.migrations.model import Change, Item, Migration

ALL = 10_000
"""Basis points: all of the price, as lines without a share were sold."""


def change(row: Item) -> Change | None:
    """Say what to write into a row of the table `orders`."""
    lines = row.get("lines", ())
    if row["sk"] != "ORDER" or all(line.get("no_show_fee_bps") is not None for line in lines):
        return None
    told = [line if line.get("no_show_fee_bps") is not None else {**line, "no_show_fee_bps": ALL} for line in lines]
    return Change(
        update="SET #lines = :lines",
        condition="#version = :version",
        values={":lines": told, ":version": row["version"]},
        names={"#lines": "lines", "#version": "version"},
    )


MIGRATION = Migration(
    number=1,
    name="no-show-fee",
    table="orders",
    about="lines sold before there was a choice say what not coming costs: all of the price",
    change=change,
)
