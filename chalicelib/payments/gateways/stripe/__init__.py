"""Stripe behind the domain's words. The only place that imports the SDK, and it is imported only where money moves.

Timeouts are bounded: a call of one request with its one retry, or of several without, ends well inside API Gateway's 29
seconds, and a search begins no page after its first seconds; the account's book alone is read to its end. Whatever is
created carries an idempotency key made of our own id, so that a retry whose first answer was lost creates nothing
twice; as Stripe forgets keys after a day, our id stands in the object's metadata too, by which it is found later. The
SDK's version pins Stripe's API version; with an `sk_test_` key and no other base address the same code talks to
Stripe's test mode.
"""

from chalicelib.payments.gateways.stripe.books import Books
from chalicelib.payments.gateways.stripe.charges import Charges
from chalicelib.payments.gateways.stripe.disputes import Disputes
from chalicelib.payments.gateways.stripe.notices import Notices
from chalicelib.payments.gateways.stripe.transfers import Transfers

__all__ = ["StripeProvider"]


class StripeProvider(Charges, Disputes, Transfers, Books, Notices):
    """One account at Stripe: `payments.ports.PaymentProvider`, `DisputeProvider` and `TransferProvider`.

    Args: see `account.Account`.
    """
