"""What those who send merchants their money need to know of payments."""

from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import PaymentRefused, Transfer

__all__ = ["PaymentRefused", "Transfer", "charge_ref_of"]


def charge_ref_of(ports: PaymentPorts, payment_id: str, provider: str) -> str | None:
    """Return the reference of a payment's charge at a provider; None where that one does not have its money."""
    payment = ports.store.payment(payment_id)
    return payment.charge_ref if payment is not None and payment.provider == provider else None
