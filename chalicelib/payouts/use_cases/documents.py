"""What a merchant's statements and invoices say."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.payouts.ports import PayoutPorts
from chalicelib.payouts.rules import NotYetFinal, Payout, PayoutState, TooManyLines
from chalicelib.payouts.rules.documents import Invoice, Paid, Party, Statement
from chalicelib.payouts.rules.documents import invoice as invoice_of
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Settlement, SettlementState, Terms

# A request has 28 seconds, an answer 6 MB: 20 000 lines as PDF take 7 s of a whole core and 4.3 MB in base64.
_MOST_LINES = 15_000
_MOST_BILLED = 50_000  # lines that an invoice adds up
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def statement(ports: PayoutPorts, actor: Actor, settlement_id: str) -> Statement:
    """Return a statement of the caller's: a settlement with every due in it, and what became of its money. Among those
    that one payout took the newest shows it; before it they carry.

    Raises:
        NotFound: not the caller's. NotYetFinal: it is still being posted. TooManyLines: for one document.
    """
    merchant_id = actor.merchant_id
    this = next(iter(settlement.by_id(ports.settlement, merchant_id, [settlement_id])), None)
    if this is None:
        raise NotFound("settlement")
    if this.state == SettlementState.OPEN:
        raise NotYetFinal
    _fits(this.sums.lines, _MOST_LINES)
    terms = settlement.terms_of(ports.settlement, merchant_id)
    payout = ports.store.payout(this.payout_id) if this.payout_id else None
    opening = sum(one.sums.payable for one in _before(ports, this, payout))
    paid = _paid(payout) if payout is not None and payout.settlement_ids[-1] == this.id else None
    return Statement(
        merchant_id=merchant_id,
        merchant_name=_name(merchant_id, terms),
        settlement=this,
        dues=tuple(settlement.dues_in(ports.settlement, merchant_id, [this.id])),
        opening=opening,
        paid=paid,
        closing=opening + this.sums.payable - (paid.amount if paid else 0),
        zone=terms.zone,
    )


def _before(ports: PayoutPorts, this: Settlement, payout: Payout | None) -> list[Settlement]:
    """The settlements whose sums were carried when this one came."""
    if payout is None:
        carried = settlement.to_pay_out(ports.settlement, this.merchant_id, this.currency)
        return [one for one in carried if one.id < this.id]
    earlier = payout.settlement_ids[: payout.settlement_ids.index(this.id)]
    return settlement.by_id(ports.settlement, this.merchant_id, earlier)


def _paid(payout: Payout) -> Paid | None:
    """What did not arrive left all the same, and stands in a later settlement as returned."""
    if payout.state not in {PayoutState.SENT, PayoutState.PAID, PayoutState.FAILED}:
        return None
    reference = "returned" if payout.returned == payout.amount.amount else payout.reference
    return Paid(payout.id, payout.amount.amount, payout.sent_at or payout.created_at, reference)


def invoice(ports: PayoutPorts, actor: Actor, month: str, currency: str, seller: Party) -> Invoice:
    """Return the platform's invoice to the caller for a calendar month (`2026-10`), dated its last day.

    Raises:
        NotFound: nothing was settled in that month.
        NotYetFinal: something of the month may still be settled.
        TooManyLines: for one request.
    """
    if not _MONTH.fullmatch(month):
        raise NotFound("invoice")
    merchant_id = actor.merchant_id
    terms = settlement.terms_of(ports.settlement, merchant_id)
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    today = ports.clock.now().astimezone(ZoneInfo(terms.zone)).date()
    if today - timedelta(days=terms.delay_days) <= last:
        raise NotYetFinal
    settled = settlement.of_month(ports.settlement, merchant_id, month, currency)
    if not settled:
        raise NotFound("invoice")
    if any(one.state == SettlementState.OPEN for one in settled):
        raise NotYetFinal
    _fits(sum(one.sums.lines for one in settled), _MOST_BILLED)
    dues = settlement.dues_in(ports.settlement, merchant_id, [one.id for one in settled])
    return invoice_of(
        merchant_id, month, currency, dues, seller=seller, buyer=Party(_name(merchant_id, terms)), issued_on=last
    )


def _fits(lines: int, limit: int) -> None:
    if lines > limit:
        raise TooManyLines(lines=lines, limit=limit)


def _name(merchant_id: str, terms: Terms) -> str:
    return terms.bank.holder if terms.bank else merchant_id
