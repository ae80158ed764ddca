"""Payment methods: Stripe's test cards by the names of their tokens, and the two wallets."""

from dataclasses import dataclass
from typing import Literal

from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World

WALLETS = ("alipay", "wechat_pay")
SUPPORTED = ("card", *WALLETS)
NETWORK = "payment_method_options[card][network]"


@dataclass(frozen=True)
class Method:
    """What a payment method does when a payment is tried with it."""

    type: str = "card"
    brand: str = "visa"
    last4: str = "4242"
    decline: tuple[str, str, str] | None = None  # code, decline code, message
    authenticate: bool = False
    refund: Literal["succeeds", "fails", "waits"] = "succeeds"
    dispute: bool = False
    available_now: bool = False


def _declined(code: str, decline_code: str, message: str, last4: str) -> Method:
    return Method(decline=(code, decline_code, message), last4=last4)


_GENERIC = _declined("card_declined", "generic_decline", "The card was declined.", "0002")
_NO_FUNDS = _declined("card_declined", "insufficient_funds", "The card has insufficient funds.", "9995")
METHODS: dict[str, Method] = {
    "alipay": Method("alipay", "", "", refund="waits"),
    "wechat_pay": Method("wechat_pay", "", "", refund="waits"),
    "pm_card_visa": Method(),
    "pm_card_mastercard": Method(brand="mastercard", last4="4444"),
    "pm_card_amex": Method(brand="amex", last4="8431"),
    "pm_card_unionpay": Method(brand="unionpay", last4="0005"),
    "pm_card_chargeDeclined": _GENERIC,
    "pm_card_visa_chargeDeclined": _GENERIC,
    "pm_card_chargeDeclinedInsufficientFunds": _NO_FUNDS,
    "pm_card_visa_chargeDeclinedInsufficientFunds": _NO_FUNDS,
    "pm_card_chargeDeclinedExpiredCard": _declined("expired_card", "expired_card", "The card has expired.", "0069"),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("incorrect_cvc", "incorrect_cvc", "The CVC is wrong.", "0127"),
    "pm_card_chargeDeclinedProcessingError": _declined(
        "processing_error", "processing_error", "The card could not be processed; try again.", "0119"
    ),
    "pm_card_authenticationRequired": Method(authenticate=True, last4="3184"),
    "pm_card_threeDSecure2Required": Method(authenticate=True, last4="3220"),
    "pm_card_refundFail": Method(refund="fails", last4="5126"),
    "pm_card_pendingRefund": Method(refund="waits", last4="7726"),
    "pm_card_createDispute": Method(dispute=True, last4="0259"),
    "pm_card_bypassPending": Method(available_now=True, last4="0077"),
}


def attach(world: World, token: str) -> Json:
    """The payment method behind a test token, a wallet's name, or the id of one made before. Raises ApiError (400)."""
    if token in world.table("payment_method"):
        return world.table("payment_method")[token]
    if token not in METHODS:
        raise ApiError(f"No such PaymentMethod: '{token}'", code="resource_missing", param="payment_method")
    method = METHODS[token]
    made = world.add(
        "payment_method",
        type=method.type,
        billing_details={},
        customer=None,
        metadata={},
        **{method.type: details(method)},
    )
    world.state.tokens[made["id"]] = token
    return made


def behind(world: World, payment_method: str) -> Method:
    """What the payment method with this id does."""
    return METHODS[world.state.tokens[payment_method]]


def details(method: Method) -> Json:
    """The part of a payment method that says which card it is; wallets say nothing before they pay."""
    if method.type != "card":
        return {}
    card = {"brand": method.brand, "last4": method.last4, "exp_month": 12, "exp_year": 2034, "country": "US"}
    networks = {"available": [method.brand], "preferred": None}
    return card | {"funding": "credit", "fingerprint": f"sandbox{method.brand}{method.last4}", "networks": networks}


def used(world: World, method: Method) -> Json:
    """The part of a charge that says which card or wallet paid it."""
    if method.type == "card":
        card = details(method)
        del card["networks"]
        return card | {"network": method.brand}
    payer = world.state.settings.wallet_payer
    paid = {"fingerprint": f"{method.type}-{payer}", "transaction_id": world.state.new_id("wallet")}
    return paid | ({"buyer_id": payer} if method.type == "alipay" else {"location": None, "reader": None})


def check_network(method: Method, options: Json) -> None:
    """Raises ApiError (400) when a card is to run on a network that it does not know."""
    network = options.get("card", {}).get("network")
    if network is not None and method.type == "card" and network != method.brand:
        raise ApiError(f"The card does not run on the network '{network}'.", param=NETWORK)
