"""Charges and the account's balance: what a payment earned, what it cost, when it can be spent."""

from typing import Any

from infra.sandbox import amounts
from infra.sandbox.methods import Method, used
from infra.sandbox.state import Json
from infra.sandbox.world import World

PENDING_DAYS = 2
_DAY = 86_400


def make(world: World, intent: Json, method: Method) -> Json:
    """A charge for an attempt to pay `intent`; declined when the method declines."""
    code, decline_code, message = method.decline or (None, None, None)
    paid = method.decline is None
    outcome = {"type": "authorized" if paid else "issuer_declined", "reason": decline_code, "seller_message": message}
    shared = ("currency", "customer", "description", "metadata", "receipt_email", "shipping", "transfer_group")
    return world.add(
        "charge",
        **{name: intent[name] for name in shared},
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        amount_refunded=0,
        balance_transaction=None,
        billing_details={"address": None, "email": None, "name": None, "phone": None},
        captured=paid,
        disputed=False,
        failure_balance_transaction=None,
        failure_code=code,
        failure_message=message,
        fraud_details={},
        outcome=outcome | {"network_status": "approved_by_network" if paid else "declined_by_network"},
        paid=paid,
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details={"type": method.type, method.type: used(world, method)},
        refunded=False,
        status="succeeded" if paid else "failed",
    )


def settle(world: World, charge: Json, method: Method) -> None:
    """Give a paid charge its balance transaction: the amount less the processor's fee."""
    if charge["balance_transaction"] is not None or not charge["paid"]:
        return
    cost = amounts.fee(charge["amount"], world.state.settings.fee_bps)
    wait = 0 if method.available_now else PENDING_DAYS * _DAY
    made = book(
        world, kind_of(charge, "charge"), charge["amount"], charge["currency"], charge["id"],
        cost=cost, available_on=world.now + wait, category="charge",
    )  # fmt: skip
    charge["balance_transaction"] = made["id"]


def kind_of(charge: Json, card: str) -> str:
    """Stripe's type of a balance transaction: `card` (charge, refund, refund_failure) for cards; what is no card is a
    payment, and a payment's refund has one type whether it goes or comes back.
    """
    if charge["payment_method_details"]["type"] == "card":
        return card
    return "payment" if card == "charge" else "payment_refund"


def settle_later(world: World, charge_id: str, method: Method) -> None:
    """As Stripe does unless told to wait: the balance transaction comes after the charge, told by `charge.updated`."""

    def work() -> None:
        with world.lock:
            charge = world.table("charge").get(charge_id)
            if charge is not None and charge["balance_transaction"] is None:
                settle(world, charge, method)
                world.emit("charge.updated", charge, {"balance_transaction": None})

    world.scheduler.after(world.state.settings.settle_ms / 1000, work)


def book(
    world: World,
    kind: str,
    amount: int,
    currency: str,
    source: str | None,
    *,
    cost: int = 0,
    available_on: int | None = None,
    category: str | None = None,
) -> Json:
    """A balance transaction: `amount` minor units come in (or go out, negative), less `cost`.

    `available_on` is when it can be spent (None: at once), `category` Stripe's reporting category where it is not
    called like the type.
    """
    fees: list[dict[str, Any]] = []
    if cost:
        fees = [{"amount": cost, "currency": currency, "type": "stripe_fee", "application": None, "description": "Fee"}]
    when = world.now if available_on is None else available_on
    return world.add(
        "balance_transaction",
        amount=amount,
        available_on=when,
        currency=currency,
        description=None,
        exchange_rate=None,
        fee=cost,
        fee_details=fees,
        net=amount - cost,
        reporting_category=category or kind,
        source=source,
        status="available" if when <= world.now else "pending",
        type=kind,
    )


def ripen(world: World) -> None:
    """Turn what has waited long enough from pending to available."""
    for entry in world.table("balance_transaction").values():
        if entry["status"] == "pending" and entry["available_on"] <= world.now:
            entry["status"] = "available"


def balance(world: World) -> Json:
    """The account's balance by currency, pending and available."""
    ripen(world)
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for entry in world.table("balance_transaction").values():
        for name, part in sums.items():
            mine = entry["net"] if entry["status"] == name else 0
            part[entry["currency"]] = part.get(entry["currency"], 0) + mine
    parts = {
        name: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in part.items()
        ]
        for name, part in sums.items()
    }
    return {"object": "balance", "livemode": False, **parts}
