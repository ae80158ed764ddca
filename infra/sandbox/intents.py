"""PaymentIntents: create, update, confirm, cancel, and the attempts that lead from one state to the next."""

from infra.sandbox import amounts, charges, disputes, methods
from infra.sandbox.errors import ApiError, required, unsupported
from infra.sandbox.methods import SUPPORTED, WALLETS, Method
from infra.sandbox.next_actions import next_action
from infra.sandbox.state import Json
from infra.sandbox.world import World

CREATE_ONLY = {"amount", "currency", "confirm", "confirmation_method", "customer", "automatic_payment_methods"}
PLAIN = {
    "description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
}  # fmt: skip
LATER = (
    "application_fee_amount", "canceled_at", "cancellation_reason", "client_secret", "last_payment_error",
    "latest_charge", "next_action", "processing",
)  # fmt: skip
ATTEMPT = {"payment_method", "payment_method_data", "payment_method_options", "return_url", "capture_method"}
KNOWN = {"expand", "metadata", "allowed_payment_method_types"}
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
PUBLIC = {
    "id", "object", "amount", "canceled_at", "cancellation_reason", "capture_method", "client_secret",
    "confirmation_method", "created", "currency", "description", "last_payment_error", "livemode", "next_action",
    "payment_method", "payment_method_types", "receipt_email", "shipping", "status", "automatic_payment_methods",
}  # fmt: skip
_METADATA_KEYS, _KEY_LENGTH, _VALUE_LENGTH = 50, 40, 500


def create(world: World, params: Json) -> Json:
    """POST /v1/payment_intents."""
    _refuse_unsupported(params, KNOWN | PLAIN | ATTEMPT | CREATE_ONLY)
    currency = amounts.check_charge(params["amount"], params["currency"])
    if "return_url" in params and not params.get("confirm"):
        raise ApiError("A return_url is taken when confirm is true.", param="return_url")
    if "network" in params.get("payment_method_options", {}).get("card", {}) and not params.get("confirm"):
        raise ApiError("A network is taken when confirm is true.", param=methods.NETWORK)
    metadata = merged({}, params.get("metadata", {}))
    types = _types(params)
    method = _chosen(world, params, types)
    automatic = None if "allowed_payment_method_types" in params else {"enabled": True, "allow_redirects": "always"}
    intent = world.add(
        "payment_intent",
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        amount=params["amount"],
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods=automatic,
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=currency,
        customer=params.get("customer"),
        metadata=metadata,
        payment_method=method["id"] if method else None,
        payment_method_options=params.get("payment_method_options", {}),
        payment_method_types=types,
        status="requires_confirmation" if method else "requires_payment_method",
        **dict.fromkeys(LATER),
        **{name: params.get(name) for name in sorted(PLAIN)},
    )
    intent["client_secret"] = f"{intent['id']}_{world.state.new_id('secret')}"
    world.emit("payment_intent.created", intent)
    return (
        confirm(world, intent, {k: params[k] for k in ("return_url",) if k in params})
        if params.get("confirm")
        else intent
    )


def update(world: World, intent: Json, params: Json) -> Json:
    """POST /v1/payment_intents/{id}: metadata and texts at any time, the amount only while nothing is under way."""
    _refuse_unsupported(params, KNOWN | PLAIN | {"amount", "payment_method", "payment_method_data"})
    if "amount" in params:
        _expect(intent, ("requires_payment_method", "requires_confirmation"), "have its amount changed")
        amounts.check_charge(params["amount"], intent["currency"])
    metadata = merged(intent["metadata"], params.get("metadata", {}))
    method = _chosen(world, params, _types(params, intent["payment_method_types"]))
    if method is not None:
        _expect(intent, ("requires_payment_method", "requires_confirmation"), "have its payment method changed")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    intent |= {name: params[name] for name in PLAIN | {"amount"} if name in params} | {"metadata": metadata}
    return intent


def confirm(world: World, intent: Json, params: Json) -> Json:
    """POST /v1/payment_intents/{id}/confirm. Raises ApiError: 402 for a declined card, 400 for a call out of turn."""
    _refuse_unsupported(params, KNOWN | ATTEMPT | {"receipt_email", "shipping", "use_stripe_sdk"})
    _expect(intent, OPEN, "be confirmed")
    attached = _chosen(world, params, _types(params, intent["payment_method_types"]))
    payment_method = attached["id"] if attached else intent["payment_method"]
    if payment_method is None:
        raise required("payment_method")
    method = methods.behind(world, payment_method)
    options: Json = params.get("payment_method_options") or intent["payment_method_options"]
    methods.check_network(method, options)
    action = None
    if method.type in WALLETS or method.authenticate:
        action = next_action(world, intent, method, params.get("return_url"), options)
    intent |= {"payment_method": payment_method, "payment_method_options": options, "last_payment_error": None}
    intent |= {name: params[name] for name in ("receipt_email", "shipping") if name in params}
    if action is not None:
        intent |= {"status": "requires_action", "next_action": action}
        world.emit("payment_intent.requires_action", intent)
        return intent
    _attempt(world, intent, method)
    return intent


def approve(world: World, intent: Json) -> Json:
    """What the payer's wallet, or the bank's page, does when the payer agrees."""
    _expect(intent, ("requires_action",), "be approved")
    _attempt(world, intent, methods.behind(world, intent["payment_method"]))
    return intent


def decline(world: World, intent: Json) -> Json:
    """What the payer's wallet, or the bank's page, does when the payer refuses."""
    _expect(intent, ("requires_action",), "be declined")
    wallet = methods.behind(world, intent["payment_method"]).type in WALLETS
    code = "payment_intent_payment_attempt_failed" if wallet else "payment_intent_authentication_failure"
    _fail(world, intent, {"code": code, "message": "The payer did not agree to the payment."})
    return intent


def cancel(world: World, intent: Json, params: Json) -> Json:
    """POST /v1/payment_intents/{id}/cancel."""
    _expect(intent, OPEN, "be canceled")
    reason = params.get("cancellation_reason")
    intent |= {"status": "canceled", "canceled_at": world.now, "cancellation_reason": reason, "next_action": None}
    world.emit("payment_intent.canceled", intent)
    return intent


def capture_again(world: World, intent: Json) -> Json:
    """Money that arrives twice: the second charge of a payment that has succeeded. Its intent knows the first."""
    _expect(intent, ("succeeded",), "be captured again")
    method = methods.behind(world, intent["payment_method"])
    charge = charges.make(world, intent, method)
    charges.settle(world, charge, method)
    world.emit("charge.succeeded", charge)
    return charge


def merged(metadata: dict[str, str], change: dict[str, str] | str) -> dict[str, str]:
    """Metadata after a change: an empty value removes its key, an empty string all. Raises ApiError (400)."""
    if isinstance(change, str):
        return {}
    fresh = {key: value for key, value in (metadata | change).items() if value}
    if len(fresh) > _METADATA_KEYS:
        raise ApiError(f"Metadata may have {_METADATA_KEYS} keys at most.", param="metadata")
    for key, value in fresh.items():
        if len(key) > _KEY_LENGTH or len(value) > _VALUE_LENGTH:
            text = f"Metadata keys may have {_KEY_LENGTH} characters, values {_VALUE_LENGTH}."
            raise ApiError(text, param=f"metadata[{key}]")
    return fresh


def public(intent: Json) -> Json:
    """What a publishable key may see."""
    return {name: value for name, value in intent.items() if name in PUBLIC}


def _attempt(world: World, intent: Json, method: Method) -> None:
    charge = charges.make(world, intent, method)
    intent |= {"latest_charge": charge["id"], "next_action": None}
    if method.decline is not None:
        code, decline_code, message = method.decline
        problem = {"code": code, "decline_code": decline_code, "message": message, "charge": charge["id"]}
        world.emit("charge.failed", charge)
        _fail(world, intent, problem)
        extra = problem | {
            "payment_intent": dict(intent),
            "payment_method": intent["last_payment_error"]["payment_method"],
        }
        raise ApiError(message, status=402, kind="card_error", code=code, extra=extra)
    if not world.state.settings.settle_ms:
        charges.settle(world, charge, method)
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)
    if world.state.settings.settle_ms:
        charges.settle_later(world, charge["id"], method)
    if method.dispute:
        disputes.create(world, charge, {})


def _fail(world: World, intent: Json, problem: Json) -> None:
    payment_method = dict(world.table("payment_method")[intent["payment_method"]])
    problem = problem | {"type": "card_error", "payment_method": payment_method}
    intent |= {"status": "requires_payment_method", "next_action": None, "payment_method": None}
    intent["last_payment_error"] = problem
    world.emit("payment_intent.payment_failed", intent)


def _refuse_unsupported(params: Json, known: set[str]) -> None:
    for name, value in params.items():
        if name not in known or (name == "capture_method" and value == "manual"):
            raise unsupported(name)


def _types(params: Json, default: list[str] | None = None) -> list[str]:
    types: list[str] = params.get("allowed_payment_method_types") or default or list(SUPPORTED)
    for name in types:
        if name not in SUPPORTED:
            raise ApiError(f"The sandbox does not take '{name}' payments.", param="allowed_payment_method_types")
    return types


def _chosen(world: World, params: Json, types: list[str]) -> Json | None:
    token = params.get("payment_method") or params.get("payment_method_data", {}).get("type")
    if token is None:
        return None
    param = "payment_method" if "payment_method" in params else "payment_method_data[type]"
    if param != "payment_method" and token not in WALLETS:
        raise ApiError("The sandbox takes cards by their test tokens, such as pm_card_visa.", param=param)
    if param == "payment_method" and token in WALLETS:
        raise ApiError(f"No such PaymentMethod: '{token}'", code="resource_missing", param=param)
    method = methods.attach(world, token)
    if method["type"] not in types:
        text = f"A {method['type']} payment is not among the allowed payment methods: {', '.join(types)}."
        raise ApiError(text, code="payment_intent_incompatible_payment_method", param=param)
    return method


def _expect(intent: Json, states: tuple[str, ...], what: str) -> None:
    if intent["status"] not in states:
        text = f"This PaymentIntent cannot {what}: its status is {intent['status']}."
        raise ApiError(text, code="payment_intent_unexpected_state", extra={"payment_intent": dict(intent)})
