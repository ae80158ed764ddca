"""The claims table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| claim | order id | `CLAIM#<line>#<number>` | `MERCHANT#<id>`, `1#<asked at>#<claim>` (over: `0#...`) | see below |

One that is escalated is in the second index: `ESCALATED`, `<escalated at>#<claim>`; it leaves when it is decided. These
are few: one partition takes a thousand a second. For the first index a claim that was declined is over at once, because
its time runs out without a write; escalated it is open again.

A line's claims are numbered: of two that are asked at once one finds its number taken, and decides again.

| pattern | requests | units (rows under 1 KB; a text has 6 KB at most) |
|---|---|---|
| a claim | 1 GetItem, consistent | 1 read |
| claims of an order | 1 Query, consistent | 1 read per 4 KB |
| ask | part of the transaction | 3 write |
| escalate, and what becomes of that | part of the transaction | 5 write |
| all else | part of the transaction | 4 write where it opens or ends, for it moves in the index |
| what a merchant is asked for, what is escalated | 1 Query | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to; where it moves there, two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.claims.keys import ClaimKey
from chalicelib.claims.rules import Claim, ReasonCode, State
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action

_CLAIM, _ESCALATED = "CLAIM#", "ESCALATED"
_WAITS = frozenset({State.ASKED, State.ESCALATED})


class ClaimRow(Row):
    class Meta(TableMeta):
        table = "claims"

    shop_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    code = UnicodeAttribute()
    text = UnicodeAttribute()
    state = UnicodeAttribute()
    given = NumberAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    appeal = UnicodeAttribute(null=True)
    verdict = UnicodeAttribute(null=True)
    asked_at = UnicodeAttribute()
    answered_at = UnicodeAttribute(null=True)
    escalated_at = UnicodeAttribute(null=True)
    ended_at = UnicodeAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    by_merchant = Gsi1()
    to_decide = Gsi2()


class ClaimsTable:
    """See `claims.ports.ClaimStore`."""

    def claim(self, key: ClaimKey) -> Claim | None:
        try:
            return _claim(ClaimRow.get(*_keys(key), consistent_read=True))
        except ClaimRow.DoesNotExist:
            return None

    def of_order(self, order_id: str) -> Sequence[Claim]:
        rows = ClaimRow.query(order_id, ClaimRow.sk.startswith(_CLAIM), consistent_read=True)
        return [_claim(row) for row in rows]

    def create(self, claim: Claim) -> Action:
        return put(_row(claim), ClaimRow.pk.does_not_exist())

    def replace(self, claim: Claim) -> Action:
        return put(_row(claim), ClaimRow.version == claim.version - 1)

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
        merchant = f"MERCHANT#{merchant_id}"
        rows = ClaimRow.by_merchant.query(merchant, scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _claim)

    def escalated(self, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
        return page_of(ClaimRow.to_decide.query(_ESCALATED, **paged(after, limit)), _claim)


def _keys(key: ClaimKey) -> tuple[str, str]:
    return key.order_id, f"{_CLAIM}{key.line_id}#{key.number}"


def _row(claim: Claim) -> ClaimRow:
    asked_at, escalated_at = iso(claim.asked_at), iso_or_none(claim.escalated_at)
    is_escalated = claim.state == State.ESCALATED
    return ClaimRow(
        *_keys(claim.key),
        shop_id=claim.shop_id,
        customer_id=claim.customer_id,
        merchant_id=claim.merchant_id,
        amount=claim.amount.amount,
        currency=claim.amount.currency,
        code=claim.code,
        text=claim.text,
        state=claim.state,
        given=claim.given,
        answer=claim.answer,
        appeal=claim.appeal,
        verdict=claim.verdict,
        asked_at=asked_at,
        answered_at=iso_or_none(claim.answered_at),
        escalated_at=escalated_at,
        ended_at=iso_or_none(claim.ended_at),
        version=claim.version,
        gsi1pk=f"MERCHANT#{claim.merchant_id}",
        gsi1sk=f"{int(claim.state in _WAITS)}#{asked_at}#{claim.id}",
        gsi2pk=_ESCALATED if is_escalated else None,
        gsi2sk=f"{escalated_at}#{claim.id}" if is_escalated else None,
    )


def _claim(row: ClaimRow) -> Claim:
    line_id, _, number = row.sk.removeprefix(_CLAIM).partition("#")
    return Claim(
        key=ClaimKey(row.pk, line_id, int(number)),
        shop_id=row.shop_id,
        customer_id=row.customer_id,
        merchant_id=row.merchant_id,
        amount=Money(int(row.amount), row.currency),
        code=ReasonCode(row.code),
        text=row.text,
        state=State(row.state),
        given=None if row.given is None else int(row.given),
        answer=row.answer,
        appeal=row.appeal,
        verdict=row.verdict,
        asked_at=parse(row.asked_at),
        answered_at=parse_or_none(row.answered_at),
        escalated_at=parse_or_none(row.escalated_at),
        ended_at=parse_or_none(row.ended_at),
        version=int(row.version),
    )
