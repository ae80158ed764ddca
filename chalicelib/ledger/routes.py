"""The operator's look at the books."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.http import Call, endpoint
from chalicelib.ledger import schemas, use_cases

bp = Blueprint(__name__)


@endpoint(
    bp, "GET", "/v1/admin/ledger/trial-balance", summary="The books now, or as they stood at a moment", tag="ledger",
    needs=Permission.BOOKS_READ, query=schemas.AtMoment, returns=schemas.TrialBalances,
)  # fmt: skip
def trial_balance(call: Call) -> schemas.TrialBalances:
    return schemas.TrialBalances.of(use_cases.trial_balance(wiring.ledger(), call.query.at))


@endpoint(
    bp, "GET", "/v1/admin/ledger/transactions/{transaction_id}", summary="One posted transaction", tag="ledger",
    needs=Permission.BOOKS_READ, returns=schemas.Transaction,
)  # fmt: skip
def transaction(_call: Call, transaction_id: str) -> schemas.Transaction:
    return schemas.Transaction.of(use_cases.transaction(wiring.ledger(), transaction_id))


@endpoint(
    bp, "GET", "/v1/admin/ledger/orders/{order_id}", summary="What an order did in the books, oldest first",
    tag="ledger", needs=Permission.BOOKS_READ, returns=schemas.Transactions,
)  # fmt: skip
def of_order(_call: Call, order_id: str) -> schemas.Transactions:
    posted = use_cases.of_order(wiring.ledger(), order_id)
    return schemas.Transactions(items=[schemas.Transaction.of(one) for one in posted])
