"""What payments say of a person. They stay for the books, and name nobody: who paid is the provider's to know."""

from collections.abc import Sequence

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, plain
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import customer_account
from chalicelib.orders import personal as orders
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import DisputeState, PaymentState, RefundState

_MOVING = {PaymentState.PROCESSING, RefundState.PENDING, RefundState.WAITING}
_BALANCE = Text("Money is on your balance: spend it, or ask support for it.", "余额未清，请使用或联系客服退还。")
_DISPUTED = {DisputeState.WARNING, DisputeState.OPEN, DisputeState.REVIEW}


def personal_data(ports: PaymentPorts, account_id: str) -> Told:
    """Return what they paid, what went back, and what is on their balance with every movement of their orders on it."""
    mine, ids = customer_account(account_id), [one.id for one in orders.of_customer(ports.orders, account_id)]
    movements = [one for order_id in ids for one in ledger.of_order(ports.ledger, order_id)]
    hidden = ("client_secret", "action_url", "action_params")
    return {
        "payments": [plain(one, *hidden) for order_id in ids for one in ports.store.payments_of(order_id)],
        "refunds": [plain(one, *hidden) for order_id in ids for one in ports.store.refunds_of(order_id)],
        "balance": [{"currency": name, "amount": amount} for name, amount in _balance(ports, account_id).items()],
        "balance_movements": [
            {"id": one.id, "at": plain(one.at), "amount": entry.amount, "currency": one.currency}
            for one in movements
            for entry in one.entries
            if entry.account == mine
        ],
    }


def open_matters(ports: PaymentPorts, account_id: str) -> Sequence[Matter]:
    """Return money that is owed either way or on its way, and orders whose payment a bank disputes."""
    moving: list[str] = []
    disputed: list[str] = []
    for order in orders.of_customer(ports.orders, account_id):
        moving += [one.id for one in ports.store.payments_of(order.id) if one.state in _MOVING]
        moving += [one.id for one in ports.store.refunds_of(order.id) if one.state in _MOVING]
        disputed += [one.id for one in ports.store.disputes_of_order(order.id) if one.state in _DISPUTED]
    owed = tuple(sorted(currency for currency, amount in _balance(ports, account_id).items() if amount))
    return [
        Matter(code, text, tuple(ids))
        for code, text, ids in (
            ("balance", _BALANCE, owed),
            ("money-moving", Text("Money is on its way.", "尚有款项在途。"), moving),
            ("dispute", Text("A bank has not decided yet.", "尚有未结的银行争议。"), disputed),
        )
        if ids
    ]


def _balance(ports: PaymentPorts, account_id: str) -> dict[str, int]:
    return ledger.balance(ports.ledger, customer_account(account_id))
