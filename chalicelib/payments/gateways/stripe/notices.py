"""Stripe's calls to our webhook: held against their signature and read for what they are about."""

import json
from datetime import UTC, datetime

import stripe

from chalicelib.payments.gateways.stripe.account import Account
from chalicelib.payments.rules import STRIPE, TOLERANCE, BadSignature, Event, Notice, Subject

# Stripe's objects that something is told of, by their `object`.
_SUBJECTS = {
    "payment_intent": Subject.CHARGE,
    "refund": Subject.REFUND,
    "dispute": Subject.DISPUTE,
    "transfer": Subject.TRANSFER,
}
_LONGEST = 1_000_000  # bytes; an event is a snapshot of one object, some thousands of them


class Notices(Account):
    """See `payments.ports.PaymentProvider`."""

    def read_event(self, notice: Notice, now: datetime) -> Event:
        raw, signature = notice.raw, notice.headers.get("stripe-signature", "")
        if len(raw) > _LONGEST or not any(_signed(raw, signature, secret, now) for secret in self._webhook_secrets):
            raise BadSignature
        return _event(raw)


def _signed(raw: bytes, header: str, secret: str, now: datetime) -> bool:
    """The SDK compares the signature; the time is checked here, because the SDK lets the future pass."""
    if not header.isascii():  # the SDK's comparison raises on these
        return False
    try:
        stripe.WebhookSignature.verify_header(raw.decode(), header, secret)
        # The scheme of the header: t=<seconds>,v1=<hex>[,v1=...]; the SDK has just parsed it.
        stamp = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
        return abs(now - datetime.fromtimestamp(stamp, UTC)) <= TOLERANCE
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, OverflowError, StopIteration):
        return False


def _event(raw: bytes) -> Event:
    """Read what was signed.

    Raises:
        BadSignature: it is no event of Stripe's, whoever signed it.
    """
    try:
        body = json.loads(raw)
        about = body["data"]["object"]
        words = (body["id"], body["type"], about["object"], about.get("id", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSignature from error
    if not all(isinstance(word, str) for word in words):
        raise BadSignature
    id_, type_, kind, ref = words
    return Event(id=id_, subject=_SUBJECTS.get(kind, Subject.OTHER), ref=ref, type=type_, provider=STRIPE)
