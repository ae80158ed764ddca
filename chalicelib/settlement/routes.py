"""What a merchant is owed, and the terms of it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Conflict
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.settlement import schemas, use_cases

bp = Blueprint(__name__)
_TERMS = "/v1/admin/merchants/{merchant_id}/terms"


@endpoint(
    bp, "GET", "/v1/me/settlements", summary="My settlements, newest first", tag="settlement",
    needs=Permission.MONEY_READ,
    query=PageQuery, returns=schemas.Settlements,
)  # fmt: skip
def settlements(call: Call) -> schemas.Settlements:
    scope, cursors = f"settlements|{call.actor.merchant_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.settlements(wiring.settlement(), call.actor, after, call.query.limit)
    items = [schemas.Settlement.of(one) for one in page.items]
    return schemas.Settlements(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", "/v1/me/settlements/{settlement_id}", summary="A settlement, line by line", tag="settlement",
    needs=Permission.MONEY_READ, query=PageQuery, returns=schemas.Statement,
)  # fmt: skip
def statement(call: Call, settlement_id: str) -> schemas.Statement:
    merchant_id = call.actor.merchant_id
    scope, cursors = f"statement|{merchant_id}|{settlement_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    settlement, page = use_cases.statement(wiring.settlement(), merchant_id, settlement_id, after, call.query.limit)
    return schemas.Statement(
        settlement=schemas.Settlement.of(settlement),
        lines=[schemas.StatementLine.of(due) for due in page.items],
        next_cursor=cursors.pack(scope, page.next),
    )


@endpoint(
    bp, "GET", "/v1/me/balance", summary="What is payable to me", tag="settlement", needs=Permission.MONEY_READ,
    returns=schemas.Balances,
)  # fmt: skip
def balance(call: Call) -> schemas.Balances:
    found = use_cases.balance(wiring.settlement(), call.actor)
    return schemas.Balances(items=[schemas.Balance.of(one) for one in found])


@endpoint(
    bp, "GET", "/v1/me/terms", summary="My terms: fees, periods, how I am paid", tag="settlement",
    needs=Permission.MONEY_READ,
    returns=schemas.Terms,
)  # fmt: skip
def my_terms(call: Call) -> schemas.Terms:
    return schemas.Terms.of(use_cases.terms_of(wiring.settlement(), call.actor.merchant_id))


@endpoint(
    bp, "GET", _TERMS, summary="A merchant's terms", tag="settlement",
    needs=Permission.TERMS_SET, returns=schemas.Terms,
)  # fmt: skip
def terms(_call: Call, merchant_id: str) -> schemas.Terms:
    return schemas.Terms.of(use_cases.terms_of(wiring.settlement(), merchant_id))


@endpoint(
    bp, "PUT", _TERMS, summary="Agree on other terms with a merchant", tag="settlement", needs=Permission.TERMS_SET,
    body=schemas.NewTerms, returns=schemas.Terms, errors=(Conflict,),
)  # fmt: skip
def set_terms(call: Call, merchant_id: str) -> schemas.Terms:
    ports, why = wiring.settlement(), Why(call.body.reason, call.source_ip)
    terms = call.body.terms(lambda: use_cases.conditions_of(ports, merchant_id))
    return schemas.Terms.of(use_cases.set_terms(ports, call.actor, merchant_id, terms, why))
