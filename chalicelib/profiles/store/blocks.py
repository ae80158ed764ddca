"""Blocks in the profiles table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.dynamo import check, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.profiles.problems import TooManyBlocked
from chalicelib.profiles.rules.blocks import MOST_BLOCKED, Block, Pair, Side, ends, mark
from chalicelib.profiles.store.rows import BLOCK, PAIR, TALLY, BlockRow, PairRow, TallyRow

SEALED = (SealedField("profiles", "reason", "profiles|{pk}/{sk}|reason", BLOCK),)
_COUNTED = {Side.CUSTOMER: TallyRow.blocked_customer, Side.MERCHANT: TallyRow.blocked_merchant}


class BlockTable:
    """See `profiles.ports.BlockStore`.

    Args:
        sealer: makes what seals reasons, when it is first needed: who only asks whether a block stands needs no key.
    """

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def pair(self, one: str, other: str) -> Pair:
        row = _pair_row(one, other)
        try:
            found = PairRow.get(row.pk, row.sk, consistent_read=True)
        except PairRow.DoesNotExist:
            return Pair(ends(one, other))
        return Pair(ends(one, other), frozenset(found.marks))

    def block(self, block: Block, before: Pair) -> Sequence[Action]:
        count = _COUNTED[block.side]
        return [
            put(self._row(block), BlockRow.pk.does_not_exist()),
            _marked(before, before.marks | {mark(block.by, block.side)}),
            update(
                TallyRow(f"ACC#{block.by}", TALLY),
                [count.add(1)],
                count.does_not_exist() | (count < MOST_BLOCKED),
                lambda _row: TooManyBlocked(limit=MOST_BLOCKED),
            ),
        ]

    def reword(self, block: Block) -> Action:
        return put(self._row(block), BlockRow.pk.exists())

    def unblock(self, by: str, side: Side, other: str, before: Pair) -> Sequence[Action]:
        return [
            delete(BlockRow(f"ACC#{by}", f"{BLOCK}{side}#{other}"), BlockRow.pk.exists()),
            _marked(before, before.marks - {mark(by, side)}),
            update(TallyRow(f"ACC#{by}", TALLY), [_COUNTED[side].add(-1)]),
        ]

    def blocks(self, by: str, side: Side, after: Mapping[str, Any] | None, limit: int) -> Page[Block]:
        rows = BlockRow.query(
            f"ACC#{by}", BlockRow.sk.startswith(f"{BLOCK}{side}#"), consistent_read=True, **paged(after, limit)
        )
        return page_of(rows, self._block)

    def against(self, account_id: str) -> Sequence[Block]:
        return [self._block(row) for row in BlockRow.against.query(f"BLOCKED#{account_id}")]

    def free(self, one: str, other: str) -> Action:
        return check(_pair_row(one, other), PairRow.pk.does_not_exist(), lambda _row: NotAvailable())

    def _row(self, block: Block) -> BlockRow:
        row = BlockRow(
            f"ACC#{block.by}",
            f"{BLOCK}{block.side}#{block.other}",
            shop_id=block.shop_id,
            at=iso(block.at),
            gsi1pk=f"BLOCKED#{block.other}",
            gsi1sk=f"{block.by}#{block.side}",
        )
        if block.reason is not None:
            row.reason = self._sealer().seal(block.reason, _place(row))
        return row

    def _block(self, row: BlockRow) -> Block:
        side, _, other = row.sk.removeprefix(BLOCK).partition("#")
        return Block(
            by=row.pk.removeprefix("ACC#"),
            side=Side(side),
            other=other,
            shop_id=row.shop_id,
            at=parse(row.at),
            reason=self._sealer().open(row.reason, _place(row)) if row.reason else None,
        )


def _place(row: BlockRow) -> str:
    return SEALED[0].place_in(row.pk, row.sk)


def _pair_row(one: str, other: str) -> PairRow:
    return PairRow("#".join(("PAIR", *ends(one, other))), PAIR)


def _marked(before: Pair, marks: frozenset[str]) -> Action:
    """Return the write of a pair with other marks, on condition that it stands as before; none of it is no row."""
    row = _pair_row(*before.ends)
    unchanged: Condition = PairRow.pk.does_not_exist()
    if before.marks:
        unchanged = PairRow.marks == sorted(before.marks)
    if not marks:
        return delete(row, unchanged)
    row.marks = sorted(marks)
    return put(row, unchanged)
