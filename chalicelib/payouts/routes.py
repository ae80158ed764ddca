"""What merchants are paid, and what admins do about it."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import PageQuery
from chalicelib.payouts import schemas, use_cases
from chalicelib.payouts.rules import (
    ApprovalNeeded,
    NamedByYou,
    NoBankKnown,
    NotClosed,
    NothingToPay,
    NotYetFinal,
    Payout,
    TooManyLines,
    WrongState,
)
from chalicelib.payouts.rules.documents import statement_csv

bp = Blueprint(__name__)
_ALL = "/v1/admin/payouts"
_ONE = _ALL + "/{payout_id}"
_BATCHES = _ALL + "/batches"
_STATEMENT = "/v1/me/settlements/{settlement_id}/statement"
_PDF = "application/pdf"


@endpoint(
    bp, "GET", "/v1/me/payouts", summary="My payouts, newest first", tag="payouts",
    needs=Permission.MONEY_READ, query=PageQuery,
    returns=schemas.Payouts,
)  # fmt: skip
def my_payouts(call: Call) -> schemas.Payouts:
    scope = f"payouts|{call.actor.merchant_id}"
    after = wiring.cursors().unpack(scope, call.query.cursor)
    return _payouts(call, scope, use_cases.of_merchant(wiring.payouts(), call.actor, after, call.query.limit))


@endpoint(
    bp, "GET", "/v1/me/payouts/{payout_id}", summary="A payout of mine and its transfers", tag="payouts",
    needs=Permission.MONEY_READ, query=PageQuery, returns=schemas.PayoutInFull,
)  # fmt: skip
def my_payout(call: Call, payout_id: str) -> schemas.PayoutInFull:
    return _in_full(call, payout_id)


@endpoint(
    bp, "GET", _ALL, summary="Payouts in a state, the oldest first", tag="payouts", needs=Permission.PAYOUT_DECIDE,
    query=schemas.PayoutsQuery, returns=schemas.Payouts,
)  # fmt: skip
def payouts(call: Call) -> schemas.Payouts:
    query: schemas.PayoutsQuery = call.query
    scope = f"payouts||{query.state}"
    after = wiring.cursors().unpack(scope, query.cursor)
    return _payouts(call, scope, use_cases.in_state(wiring.payouts(), query.state, after, query.limit))


@endpoint(
    bp, "GET", _ONE, summary="A payout and its transfers", tag="payouts",
    needs=Permission.PAYOUT_DECIDE, query=PageQuery,
    returns=schemas.PayoutInFull,
)  # fmt: skip
def payout(call: Call, payout_id: str) -> schemas.PayoutInFull:
    return _in_full(call, payout_id)


@endpoint(
    bp, "POST", _ONE + "/approve", summary="Agree to a payout above the limit; two different admins do",
    tag="payouts", needs=Permission.PAYOUT_DECIDE, body=schemas.Decision, returns=schemas.Payout, idempotent=True,
    errors=(ApprovalNeeded, NamedByYou, WrongState, Busy),
)  # fmt: skip
def approve(call: Call, payout_id: str) -> schemas.Payout:
    why, once = _why(call), call.once(schemas.Payout.of)
    return schemas.Payout.of(use_cases.approve(wiring.payouts(), call.actor, payout_id, why, once))


@endpoint(
    bp, "POST", _ONE + "/decline", summary="Keep a payout from leaving", tag="payouts", needs=Permission.PAYOUT_DECIDE,
    body=schemas.Decision, returns=schemas.Payout, idempotent=True, errors=(WrongState, Busy),
)  # fmt: skip
def decline(call: Call, payout_id: str) -> schemas.Payout:
    why, once = _why(call), call.once(schemas.Payout.of)
    return schemas.Payout.of(use_cases.decline(wiring.payouts(), call.actor, payout_id, why, once))


@endpoint(
    bp, "POST", _ONE + "/settled", summary="Say what the bank did with a payout", tag="payouts",
    needs=Permission.PAYOUT_DECIDE,
    body=schemas.Settled, returns=schemas.Payout, idempotent=True, errors=(WrongState, NotClosed, Busy),
)  # fmt: skip
def settled(call: Call, payout_id: str) -> schemas.Payout:
    body: schemas.Settled = call.body
    why, once = _why(call), call.once(schemas.Payout.of)
    new = use_cases.settled(wiring.payouts(), call.actor, payout_id, body.outcome, body.reference, why, once)
    return schemas.Payout.of(new)


@endpoint(
    bp, "POST", _BATCHES, summary="Gather the payouts by bank that are ready", tag="payouts",
    needs=Permission.PAYOUT_DECIDE,
    body=schemas.NewBatch, returns=schemas.Batch, status=201, idempotent=True,
    errors=(NothingToPay, NoBankKnown, Busy),
)  # fmt: skip
def gather(call: Call) -> schemas.Batch:
    body: schemas.NewBatch = call.body
    wish = use_cases.BatchWish(body.currency, body.format, body.execute_on)
    why, once = Why("payouts for the bank", call.source_ip), call.once(schemas.Batch.of)
    return schemas.Batch.of(use_cases.gather(wiring.payouts(), call.actor, wish, why, once))


@endpoint(
    bp, "GET", _BATCHES + "/{batch_id}", summary="A batch of payouts", tag="payouts", needs=Permission.PAYOUT_DECIDE,
    returns=schemas.Batch,
)  # fmt: skip
def batch(_call: Call, batch_id: str) -> schemas.Batch:
    return schemas.Batch.of(use_cases.batch(wiring.payouts(), batch_id))


@endpoint(
    bp, "GET", _BATCHES + "/{batch_id}/file", summary="The file for the bank, CSV or XML: always the same",
    tag="payouts", needs=Permission.PAYOUT_DECIDE, errors=(NotClosed, NoBankKnown), media="text/plain; charset=utf-8",
)  # fmt: skip
def bank_file(_call: Call, batch_id: str) -> Reply:
    found, content = use_cases.bank_file(wiring.payouts(), batch_id)
    suffix = "csv" if found.format == "csv" else "xml"
    return _file(content.decode(), "text/plain; charset=utf-8", f"{batch_id}.{suffix}")


@endpoint(
    bp, "GET", _STATEMENT + ".csv", summary="A settlement's statement for spreadsheets", tag="payouts",
    needs=Permission.MONEY_READ, errors=(NotYetFinal, TooManyLines, Busy), media="text/csv; charset=utf-8",
)  # fmt: skip
def statement_as_csv(call: Call, settlement_id: str) -> Reply:
    made = use_cases.statement(wiring.payouts(), call.actor, settlement_id)
    return _file(statement_csv(made), "text/csv; charset=utf-8", f"{settlement_id}.csv")


@endpoint(
    bp, "GET", _STATEMENT + ".pdf", summary="A settlement's statement to keep", tag="payouts",
    needs=Permission.MONEY_READ,
    query=schemas.LanguageQuery, errors=(NotYetFinal, TooManyLines, Busy), media=_PDF,
)  # fmt: skip
def statement_as_pdf(call: Call, settlement_id: str) -> Reply:
    made = use_cases.statement(wiring.payouts(), call.actor, settlement_id)
    content = wiring.documents().statement(made, call.query.lang or call.language)
    return _file(content, _PDF, f"{settlement_id}.pdf")


# The currency ends the path: a gateway knows no path that is partly a parameter.
@endpoint(
    bp, "GET", "/v1/me/invoices/{month}/{currency}", summary="The platform's invoice to me for a month, as PDF",
    tag="payouts",
    needs=Permission.MONEY_READ, query=schemas.LanguageQuery, errors=(NotYetFinal, TooManyLines, Busy), media=_PDF,
)  # fmt: skip
def invoice(call: Call, month: str, currency: str) -> Reply:
    made = use_cases.invoice(wiring.payouts(), call.actor, month, currency, wiring.operator())
    content = wiring.documents().invoice(made, call.query.lang or call.language)
    return _file(content, _PDF, f"{made.number}.pdf")


def _payouts(call: Call, scope: str, page: Page[Payout]) -> schemas.Payouts:
    items = [schemas.Payout.of(one, for_admin=call.actor.doing == Permission.PAYOUT_DECIDE) for one in page.items]
    return schemas.Payouts(items=items, next_cursor=wiring.cursors().pack(scope, page.next))


def _in_full(call: Call, payout_id: str) -> schemas.PayoutInFull:
    scope, cursors = f"payout|{payout_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    found, page = use_cases.payout(wiring.payouts(), call.actor, payout_id, after, call.query.limit)
    return schemas.PayoutInFull(
        payout=schemas.Payout.of(found, for_admin=call.actor.doing == Permission.PAYOUT_DECIDE),
        legs=[schemas.Leg.of(leg) for leg in page.items],
        next_cursor=cursors.pack(scope, page.next),
    )


def _why(call: Call) -> Why:
    return Why(call.body.reason, call.source_ip)


def _file(content: Any, media: str, name: str) -> Reply:
    return Reply(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
