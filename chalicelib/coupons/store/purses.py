"""Budgets of money: see `coupons.purse_ports.PurseStore` and the package."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.coupons.purse_ports import Purses
from chalicelib.coupons.rules.draw import Draw, Held
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Row, TableMeta, delete, put, update
from chalicelib.kit.transaction import Action

_PURSE, _HELD, _DRAW = "PURSE", "HELD#", "DRAW"


class PurseRow(Row):
    """A purse, or a part of it that is held: they are read together."""

    class Meta(TableMeta):
        table = "coupons"

    size = NumberAttribute(null=True)
    left = NumberAttribute(null=True)
    amount = NumberAttribute(null=True)


class DrawRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    order_id = UnicodeAttribute()
    parts = JSONAttribute()
    hold_until = UnicodeAttribute(null=True)
    version = NumberAttribute()


class PurseTable:
    """See `coupons.purse_ports.PurseStore`."""

    def open(self, campaign_id: str, sizes: Sequence[int]) -> Sequence[Action]:
        rows = [PurseRow(_pk(campaign_id, n), _PURSE, size=size, left=size) for n, size in enumerate(sizes)]
        return [put(row, PurseRow.pk.does_not_exist()) for row in rows]

    def draw(self, coupon_id: str) -> Draw | None:
        try:
            row = DrawRow.get(coupon_id, _DRAW, consistent_read=True)
        except DrawRow.DoesNotExist:
            return None
        parts = {int(purse): int(part) for purse, part in row.parts.items()}
        return Draw(coupon_id, row.order_id, parts, parse_or_none(row.hold_until), int(row.version))

    def look(self, campaign_id: str, purses: Iterable[int], held: Iterable[Held] = ()) -> Purses:
        wanted = {_pk(campaign_id, n): n for n in purses}
        asked = {(_pk(campaign_id, one.purse), _held_sk(one)): one for one in held}
        rooms: dict[int, int] = {}
        found: set[Held] = set()
        for row in PurseRow.batch_get([*((pk, _PURSE) for pk in wanted), *asked], consistent_read=True):
            if row.sk == _PURSE:
                rooms[wanted[row.pk]] = int(row.left)
            else:
                found.add(asked[row.pk, row.sk])
        return Purses(rooms, frozenset(found))

    def left(self, campaign_id: str, purses: int) -> int:
        rows = PurseRow.batch_get([(_pk(campaign_id, n), _PURSE) for n in range(purses)])
        return sum(int(row.left) for row in rows)

    def take(self, campaign_id: str, purse: int, amount: int) -> Action:
        row = PurseRow(_pk(campaign_id, purse), _PURSE)
        return update(row, [PurseRow.left.add(-amount)], PurseRow.left >= max(amount, 0))

    def hold(self, campaign_id: str, held: Held, was: int | None = None) -> Action:
        row = PurseRow(_pk(campaign_id, held.purse), _held_sk(held), amount=held.amount)
        return put(row, PurseRow.pk.does_not_exist() if was is None else PurseRow.amount == was)

    def unhold(self, campaign_id: str, held: Held) -> Action:
        return delete(PurseRow(_pk(campaign_id, held.purse), _held_sk(held)), PurseRow.amount == held.amount)

    def keep(self, draw: Draw) -> Action:
        row = DrawRow(
            draw.coupon_id,
            _DRAW,
            order_id=draw.order_id,
            parts={str(purse): part for purse, part in draw.parts.items()},
            hold_until=iso_or_none(draw.hold_until),
            version=draw.version,
        )
        if draw.version == 1:
            return put(row, DrawRow.pk.does_not_exist())
        return put(row, DrawRow.version == draw.version - 1)

    def drop(self, draw: Draw) -> Action:
        return delete(DrawRow(draw.coupon_id, _DRAW), DrawRow.version == draw.version)

    def lapsed(self, campaign_id: str, purse: int, before: datetime, limit: int) -> Sequence[Held]:
        until = PurseRow.sk.between(_HELD, f"{_HELD}{iso(before)}~")  # an sk goes on with `#` and the coupon
        rows = PurseRow.query(_pk(campaign_id, purse), until, consistent_read=True, limit=limit)
        return [_held(purse, row.sk, int(row.amount)) for row in rows]


def _pk(campaign_id: str, purse: int) -> str:
    return f"{campaign_id}#PURSE{purse}"


def _held_sk(held: Held) -> str:
    return f"{_HELD}{iso(held.until)}#{held.coupon_id}"


def _held(purse: int, sk: str, amount: int) -> Held:
    until, _, coupon_id = sk.removeprefix(_HELD).partition("#")
    return Held(purse, coupon_id, parse(until), amount)
