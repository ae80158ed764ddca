"""Where nobody sends transfers: a region without Stripe. What was to go so comes back to the merchant's account."""

from typing import NoReturn

from chalicelib.payments.use_cases import PaymentRefused, Transfer

_REASON = "no provider sends transfers in this region; name a bank account"


class NoTransfers:
    """See `payments.ports.TransferProvider`."""

    def transfer(self, transfer: Transfer) -> NoReturn:  # noqa: ARG002 - the port's
        raise PaymentRefused(reason=_REASON)

    def find_transfer(self, transfer: Transfer) -> None:
        """None was ever sent."""

    def reverse(self, transfer: Transfer, reversal_id: str, amount: int) -> NoReturn:  # noqa: ARG002 - the port's
        raise PaymentRefused(reason=_REASON)
