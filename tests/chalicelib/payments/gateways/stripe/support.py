"""What the tests of the Stripe gateway share: the gateway, the shortest ways to pay, and the customer's app."""

from dataclasses import replace
from datetime import UTC, datetime

import requests

from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import StripeProvider
from chalicelib.payments.rules import Method, Payment, PaymentState, Refund, RefundState, Scene, Transfer, Way

SECRET, OLD_SECRET = "whsec_new_0123456789", "whsec_old_0123456789"
NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
PAGE = Way("https://linli.example/return")
QR = replace(PAGE, scene=Scene.QR)


def payment(method=Method.CARD, amount=5_000, currency="CNY", id_="pay_1"):
    return Payment(id_, "ord_1", "acc_1", Money(amount, currency), method, PaymentState.CREATED, NOW)


def refund(amount, id_="ref_1"):
    return Refund(id_, "ord_1", "pay_1", Money(amount, "CNY"), "cancelled", RefundState.PENDING, NOW)


def transfer(of=None, amount=3_000, id_="leg_1", destination="acct_shop"):
    return Transfer(id_, destination, Money(amount, "CNY"), of.charge_ref if of else None)


def provider(base=None):
    return StripeProvider("sk_test_sandbox", (SECRET, OLD_SECRET), base)


def confirm(sandbox, charge, card="pm_card_visa"):
    """Confirm a charge as a customer's app does, with the publishable key and the client's secret."""
    return requests.post(
        f"{sandbox.url}/v1/payment_intents/{charge.ref}/confirm",
        headers={"Authorization": "Bearer pk_test_sandbox"},
        data={"client_secret": charge.client_secret, "payment_method": card},
        timeout=5,
    )


def paid(sandbox, gateway, wanted=None, card="pm_card_visa"):
    """Pay with a card, or with a wallet that agrees; the payment with its `charge_ref`."""
    wanted = wanted or payment()
    charge = gateway.charge(wanted, PAGE)
    if charge.state == PaymentState.REQUIRES_ACTION:
        sandbox.control("POST", f"/payment_intents/{charge.ref}/approve")
    else:
        confirm(sandbox, charge, card)
    return replace(wanted, charge_ref=charge.ref)
