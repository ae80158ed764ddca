"""Invoices for the operator's e-invoice system: posted as JSON, signed, to the address that it listens on.

The body is sent with `Idempotency-Key`, the invoice's number, and `Linli-Signature: t=<seconds>,v1=<hex>`: HMAC-SHA256,
under the shared secret, of the seconds, a full stop and the body. The system answers 200 or 201 with
`{"reference": "..."}`, the same whenever the number comes again. 408, 409, 425, 429 and 5xx are no answer yet.
"""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit

import urllib3

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.observability import log
from chalicelib.payouts.documents_ports import InvoiceRefused
from chalicelib.payouts.rules.documents import Invoice, Party, major

_TIMEOUT = urllib3.Timeout(connect=3.0, read=8.0)
_WHOLE_SECONDS = 15.0
_RETRY_SECONDS = 60
_MOST_BYTES = 64 * 1024
_DONE = {200, 201}
_LATER = {408, 409, 425, 429}
_SERVER_ERROR = 500
_LOCAL = {"127.0.0.1", "::1", "localhost"}


class PostedInvoices:
    """See `payouts.documents_ports.EInvoices`.

    Args:
        url: https; http only on this machine.
        secret: shared with the system.
    """

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise ValueError("invoices go over https")
        if not secret:
            raise ValueError("invoices are signed")
        self._url, self._secret, self._clock = url, secret.encode(), clock
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def issue(self, invoice: Invoice) -> str:
        body = json.dumps(payload(invoice), ensure_ascii=False, separators=(",", ":")).encode()
        seconds = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": invoice.number,
            "Linli-Signature": f"t={seconds},v1={signature(self._secret, seconds, body)}",
        }
        status, told = self._post(body, headers)
        if status in _LATER or status >= _SERVER_ERROR:
            raise Unavailable(retry_after=_RETRY_SECONDS)
        if status not in _DONE:
            log.warning("invoice refused", number=invoice.number, status=status)
            raise InvoiceRefused(reason=f"HTTP {status}")
        return _reference(told, invoice)

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body of the answer; no redirection is followed, an endless answer is none."""
        deadline = time.monotonic() + _WHOLE_SECONDS
        try:
            answer = self._http.request(
                "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
            )
            try:
                told = _read(answer, deadline)
            except BaseException:
                answer.close()  # what is left unread must not be the next answer
                raise
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(retry_after=_RETRY_SECONDS) from error
        return answer.status, told


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    told = bytearray()
    while part := answer.read1(_MOST_BYTES):
        told += part
        if len(told) > _MOST_BYTES or time.monotonic() > deadline:
            raise Unavailable(retry_after=_RETRY_SECONDS)
    return bytes(told)


def _reference(told: bytes, invoice: Invoice) -> str:
    try:
        answer = json.loads(told)
    except (ValueError, RecursionError):
        answer = None
    reference = answer.get("reference") if isinstance(answer, dict) else None
    if not isinstance(reference, str) or not reference:
        # It may have been issued: asking again under the same number is safe, giving up is not.
        log.error("an e-invoice system answered without a reference", number=invoice.number)
        raise Unavailable(retry_after=_RETRY_SECONDS)
    return reference


def signature(secret: bytes, seconds: str, body: bytes) -> str:
    """Return what stands after `v1=`."""
    return hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def payload(invoice: Invoice) -> dict[str, Any]:
    """Return the invoice as it is posted; amounts are decimals in texts, so that nobody's floats touch them."""

    def written(amount: int) -> str:
        return major(amount, invoice.currency)

    return {
        "number": invoice.number,
        "type": "credit_note" if invoice.is_credit else "invoice",
        "period": invoice.period,
        "issued_on": invoice.issued_on.isoformat(),
        "currency": invoice.currency,
        "merchant_id": invoice.merchant_id,
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "lines": [{"item": item.value, "amount": written(amount)} for item, amount in invoice.charges],
        "net": written(invoice.net),
        "tax": written(invoice.tax),
        "total": written(invoice.total),
    }


def _party(party: Party) -> dict[str, Any]:
    return {"name": party.name, "address": list(party.address), "tax_id": party.tax_id}
