"""A merchant's money, and the operator's look at the books."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import ADMINS, MERCHANTS
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.ledger import schemas, use_cases

bp = Blueprint(__name__)


@endpoint(
    bp, "GET", "/v1/me/settlements", summary="My settlements, newest first", tag="ledger", roles=MERCHANTS,
    query=PageQuery, returns=schemas.Settlements,
)  # fmt: skip
def settlements(call: Call) -> schemas.Settlements:
    scope, cursors = f"settlements|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.settlements(wiring.ledger(), call.actor, after, call.query.limit)
    items = [schemas.Settlement.of(one) for one in page.items]
    return schemas.Settlements(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", "/v1/me/settlements/{settlement_id}", summary="A settlement, line by line", tag="ledger",
    roles=MERCHANTS, query=PageQuery, returns=schemas.Statement,
)  # fmt: skip
def statement(call: Call, settlement_id: str) -> schemas.Statement:
    scope, cursors = f"statement|{call.actor.account_id}|{settlement_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    settlement, page = use_cases.statement(wiring.ledger(), call.actor, settlement_id, after, call.query.limit)
    return schemas.Statement(
        settlement=schemas.Settlement.of(settlement),
        lines=[schemas.SettledLine.of(due) for due in page.items],
        next_cursor=cursors.pack(scope, page.next),
    )


@endpoint(
    bp, "GET", "/v1/me/balance", summary="What is payable to me", tag="ledger", roles=MERCHANTS,
    returns=schemas.Balances,
)  # fmt: skip
def balance(call: Call) -> schemas.Balances:
    found = use_cases.balance(wiring.ledger(), call.actor)
    return schemas.Balances(items=[schemas.Balance.of(one) for one in found])


@endpoint(
    bp, "GET", "/v1/admin/ledger/trial-balance", summary="The books at this moment", tag="ledger", roles=ADMINS,
    returns=schemas.TrialBalances,
)  # fmt: skip
def trial_balance(_call: Call) -> schemas.TrialBalances:
    return schemas.TrialBalances.of(use_cases.trial_balance(wiring.ledger()))


@endpoint(
    bp, "GET", "/v1/admin/ledger/transactions/{transaction_id}", summary="One posted transaction", tag="ledger",
    roles=ADMINS, returns=schemas.Transaction,
)  # fmt: skip
def transaction(_call: Call, transaction_id: str) -> schemas.Transaction:
    return schemas.Transaction.of(use_cases.transaction(wiring.ledger(), transaction_id))
