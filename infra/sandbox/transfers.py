"""Transfers to connected accounts and their reversals, as far as paying merchants needs them."""

from infra.sandbox import accounts, charges
from infra.sandbox.errors import ApiError, required, unsupported
from infra.sandbox.intents import merged
from infra.sandbox.state import Json
from infra.sandbox.world import World, page

_TEXTS = {"transfer_group", "metadata", "description", "expand"}
_KNOWN = {"amount", "currency", "destination", "source_transaction"} | _TEXTS


def create(world: World, params: Json) -> Json:
    """POST /v1/transfers: capped by the charge it is tied to, otherwise by the available balance."""
    for name in params:
        if name not in _KNOWN:
            raise unsupported(name)
    if "amount" not in params:
        raise required("amount")
    amount, currency, destination = params["amount"], params["currency"].lower(), params["destination"]
    if amount <= 0:
        raise ApiError("Invalid positive integer.", code="parameter_invalid_integer", param="amount")
    accounts.expect_able(world, destination)
    source = params.get("source_transaction")
    _check_cap(world, amount, currency, source)
    metadata = merged({}, params.get("metadata", {}))
    transfer = world.add(
        "transfer",
        amount=amount,
        amount_reversed=0,
        balance_transaction=None,
        currency=currency,
        description=params.get("description"),
        destination=destination,
        destination_payment=None,
        metadata=metadata,
        reversals=page([], ""),
        reversed=False,
        source_transaction=source,
        source_type="card",
        transfer_group=params.get("transfer_group"),
    )
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    accounts.move(world, destination, amount)
    entry = charges.book(world, "transfer", -amount, currency, transfer["id"], available_on=_settled_on(world, source))
    transfer["balance_transaction"] = entry["id"]
    world.emit("transfer.created", transfer)
    return transfer


def reverse(world: World, transfer: Json, params: Json) -> Json:
    """POST /v1/transfers/{id}/reversals: all that remains, or a part."""
    for name in params:
        if name not in {"amount", "metadata", "description", "expand"}:
            raise unsupported(name)
    remaining = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", remaining)
    if not 0 < amount <= remaining:
        text = f"At most {remaining} of this transfer can be reversed."
        raise ApiError(text, code="amount_too_large", param="amount")
    metadata = merged({}, params.get("metadata", {}))
    accounts.move(world, transfer["destination"], -amount)
    reversal = world.add(
        "transfer_reversal",
        amount=amount,
        balance_transaction=None,
        currency=transfer["currency"],
        destination_payment_refund=None,
        metadata=metadata,
        source_refund=None,
        transfer=transfer["id"],
    )
    entry = charges.book(
        world, "transfer_refund", amount, transfer["currency"], reversal["id"], category="transfer_reversal"
    )
    reversal["balance_transaction"] = entry["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, dict(reversal))
    world.emit("transfer.reversed", transfer)
    return reversal


def _check_cap(world: World, amount: int, currency: str, source: str | None) -> None:
    if source is None:
        available = {part["currency"]: part["amount"] for part in charges.balance(world)["available"]}
        if amount > available.get(currency, 0):
            raise ApiError("The available balance is too small; use source_transaction.", code="balance_insufficient")
        return
    charge = world.find("charge", source, "source_transaction")
    if charge["currency"] != currency:
        raise ApiError("The transfer's currency must be the charge's.", param="currency")
    sent = sum(t["amount"] for t in world.table("transfer").values() if t["source_transaction"] == source)
    if not charge["paid"] or sent + amount > charge["amount"]:
        left = charge["amount"] - sent if charge["paid"] else 0
        text = f"At most {left} of the source transaction can be transferred."
        raise ApiError(text, code="transfer_source_balance_parameters_mismatch", param="amount")


def _settled_on(world: World, source: str | None) -> int | None:
    """When the charge behind a transfer can be spent: the transfer waits with it. None for one of no charge."""
    if source is None:
        return None
    entry = world.table("charge")[source]["balance_transaction"]
    if entry is None:
        return world.now + charges.PENDING_DAYS * 86_400
    when: int = world.table("balance_transaction")[entry]["available_on"]
    return when
