"""Waits, in the booking table.

| row | pk | sk | gsi2 | dies |
|---|---|---|---|---|
| wait | `WAIT#<id>` | `WAIT` | `WAITER#<customer>`, `<asked at>#<id>` | 30 days after it is over |
| place in a shop's line | `WAITS#<shop>` | `<asked at>#<id>` | | with its last date |
| place in the line of a date and cell | `NEAR#<date>#<cell>` | `<category>#<asked at>#<id>` | | likewise |
| live waits of a customer | `WAITER#<customer>` | `LIVE` | | with the last of them |

A place says what is asked for and never changes, so a line is read without its waits; a wait that has ended leaves its
line. Lines are read consistently: who asked before time came free is seen by whoever hears of it.

What is written together, each wait on condition of its version:

| happening | rows |
|---|---|
| ask | wait, place, live waits, stored answer; at a shop also the message that looks at what is free already |
| claim | wait (`offering`, with what is to be held, and a lease); with it that an older offer was let pass |
| hold | what orders write for it, and the answer's row under wait, start and turn |
| offer | wait (`offered`), message `wait.offered` |
| the hold is refused | wait (`waiting`) |
| withdraw, or seen that it was paid | wait, place, live waits |

| pattern | requests | units (small rows) |
|---|---|---|
| ask at a shop, the answer's row included | 2 (the shop, live waits), 1 transaction | 2 read; 14 write, 2 for who blocks whom |
| ask nearby, likewise | 1 GetItem, 1 transaction | 1 read; 9 write |
| who waits at a shop; in a cell for a category | 1 Query each | 1 read per 4 KB, 1 at least |
| time came free that nobody waits for: the shop, its line, one cell | 3 | 3 read |
| offer beside the hold: wait, days, claim, wait again, mark | 5 | 2 read and 2 for the days; 9 write |
| look at a wait that has an offer | 2 GetItem | 2 read |
| my waits | 1 Query of an index, 1 GetItem for each that had an offer | 0.5 read per 4 KB, 1 for each |
| withdraw; with an offer | 2 GetItem; 3; 1 transaction | 2 read; 3; 7 write |

What may go wrong:

- Two messages at once: one claims a wait, the other finds the claim and waits for it. Of two who hold one time one is
  refused by the days' rows, and its claim is given up.
- A run dies after the claim: whoever comes next, at the latest the repeat of its message, finds the lease run out and goes
  on with the same claim under the same turn.
- It dies after the hold: likewise; the hold is found by its turn and offered as long as it lasts, else the claim is given
  up and the time offered anew: who was not told has not let it pass.
- A wait is withdrawn meanwhile: its version is another, nothing is offered, and the hold runs out by itself.
"""  # noqa: E501 - a table's rows are one line each

import heapq
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.booking.rules.waits import AtShop, Entry, Nearby, Offer, State, Tally, Wait
from chalicelib.kit.cells import cell
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi2, Row, TableMeta, delete, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action

KEPT = timedelta(days=30)
_SK, _LIVE = "WAIT", "LIVE"


class WaitRow(Row):
    class Meta(TableMeta):
        table = "booking"

    gsi2pk = UnicodeAttribute()
    gsi2sk = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    ask = UnicodeAttribute()  # JSON, as in the place
    created_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    state = UnicodeAttribute()
    turn = NumberAttribute()
    offer = UnicodeAttribute(null=True)  # JSON
    lease_until = UnicodeAttribute(null=True)
    order_id = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    passed = UnicodeAttribute(null=True)  # JSON
    missed = UnicodeAttribute(null=True)  # JSON
    version = NumberAttribute()
    of_customer = Gsi2()


class PlaceRow(Row):
    class Meta(TableMeta):
        table = "booking"

    ask = UnicodeAttribute()


class TallyRow(Row):
    class Meta(TableMeta):
        table = "booking"

    live = UnicodeAttribute()  # JSON: when each is over, by id
    version = NumberAttribute()


class WaitTable:
    """See `booking.wait_ports.WaitStore`."""

    def wait(self, wait_id: str) -> Wait | None:
        try:
            return _wait(WaitRow.get(f"WAIT#{wait_id}", _SK, consistent_read=True))
        except WaitRow.DoesNotExist:
            return None

    def create(self, wait: Wait) -> Sequence[Action]:
        place = PlaceRow(*_place(wait), ask=_ask_text(wait.ask), expires_at=int(wait.ends_at.timestamp()))
        return [put(_row(wait), WaitRow.pk.does_not_exist()), put(place)]

    def replace(self, wait: Wait) -> Action:
        return put(_row(wait), WaitRow.version == wait.version)

    def leave(self, wait: Wait) -> Action:
        return delete(PlaceRow(*_place(wait)))

    def forget(self, wait: Wait) -> Sequence[Action]:
        return [delete(WaitRow(f"WAIT#{wait.id}", _SK), WaitRow.version == wait.version), self.leave(wait)]

    def of_shop(self, shop_id: str) -> Iterable[Entry]:
        return map(_entry, PlaceRow.query(f"WAITS#{shop_id}", consistent_read=True))

    def near(self, day: date, cells: Collection[str], categories: Collection[str]) -> Iterable[Entry]:
        lines = [
            map(
                _entry,
                PlaceRow.query(
                    f"NEAR#{day.isoformat()}#{one}", PlaceRow.sk.startswith(f"{category}#"), consistent_read=True
                ),
            )
            for one in sorted(cells)
            for category in sorted(categories)
        ]
        return heapq.merge(*lines, key=lambda entry: (entry.created_at, entry.wait_id))

    def of_customer(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Wait]:
        rows = WaitRow.of_customer.query(f"WAITER#{account_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _wait)

    def tally(self, customer_id: str) -> Tally:
        try:
            row = TallyRow.get(f"WAITER#{customer_id}", _LIVE, consistent_read=True)
        except TallyRow.DoesNotExist:
            return Tally(customer_id, {})
        live = {wait_id: parse(ends) for wait_id, ends in json.loads(row.live).items()}
        return Tally(customer_id, live, int(row.version))

    def replace_tally(self, tally: Tally) -> Action:
        row = TallyRow(
            f"WAITER#{tally.customer_id}",
            _LIVE,
            live=_json({wait_id: iso(ends) for wait_id, ends in tally.live.items()}),
            version=tally.version + 1,
        )
        if tally.live:  # without, it stays: a version that begins anew would let an older one pass
            row.expires_at = int((max(tally.live.values()) + KEPT).timestamp())
        return put(row, TallyRow.version == tally.version if tally.version else TallyRow.pk.does_not_exist())


def _place(wait: Wait) -> tuple[str, str]:
    ask, place = wait.ask, f"{iso(wait.created_at)}#{wait.id}"
    if isinstance(ask, AtShop):
        return f"WAITS#{ask.shop_id}", place
    return f"NEAR#{ask.first.isoformat()}#{cell(ask.lat, ask.lon)}", f"{ask.category}#{place}"


def _entry(row: PlaceRow) -> Entry:
    *_, created_at, wait_id = row.sk.split("#")
    return Entry(wait_id, parse(created_at), _ask(row.ask))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _ask_text(ask: AtShop | Nearby) -> str:
    return _json(vars(ask) | {"first": ask.first.isoformat(), "last": ask.last.isoformat()})


def _ask(text: str) -> AtShop | Nearby:
    told = json.loads(text)
    told |= {name: date.fromisoformat(told[name]) for name in ("first", "last")}
    return AtShop(**told) if "shop_id" in told else Nearby(**told)


def _offer_text(offer: Offer | None) -> str | None:
    return None if offer is None else _json(vars(offer) | {"start": iso(offer.start)})


def _offer(text: str | None) -> Offer | None:
    if text is None:
        return None
    offer = Offer(**json.loads(text))
    return replace(offer, start=parse(str(offer.start)))


def _row(wait: Wait) -> WaitRow:
    return WaitRow(
        f"WAIT#{wait.id}",
        _SK,
        gsi2pk=f"WAITER#{wait.customer_id}",
        gsi2sk=f"{iso(wait.created_at)}#{wait.id}",
        customer_id=wait.customer_id,
        ask=_ask_text(wait.ask),
        created_at=iso(wait.created_at),
        ends_at=iso(wait.ends_at),
        state=wait.state.value,
        turn=wait.turn,
        offer=_offer_text(wait.offer),
        lease_until=iso_or_none(wait.lease_until),
        order_id=wait.order_id,
        until=iso_or_none(wait.until),
        passed=_json([[shop_id, iso(start)] for shop_id, start in wait.passed]) if wait.passed else None,
        missed=_json(wait.missed) if wait.missed else None,
        version=wait.version + 1,
        expires_at=int((wait.ends_at + KEPT).timestamp()),
    )


def _wait(row: WaitRow) -> Wait:
    return Wait(
        id=row.pk.partition("#")[2],
        customer_id=row.customer_id,
        ask=_ask(row.ask),
        created_at=parse(row.created_at),
        ends_at=parse(row.ends_at),
        state=State(row.state),
        turn=int(row.turn),
        offer=_offer(row.offer),
        lease_until=parse_or_none(row.lease_until),
        order_id=row.order_id,
        until=parse_or_none(row.until),
        passed=tuple((shop_id, parse(start)) for shop_id, start in json.loads(row.passed or "[]")),
        missed=tuple(json.loads(row.missed or "[]")),
        version=int(row.version),
    )
