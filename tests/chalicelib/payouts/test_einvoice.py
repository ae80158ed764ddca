"""The invoice arrives signed and by its number once; what is no answer is told from a no. The fake keeps the same word."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime

import pytest

from chalicelib.kit.errors import Unavailable
from chalicelib.payouts.documents_ports import InvoiceRefused
from chalicelib.payouts.gateways.einvoice import PostedInvoices
from chalicelib.payouts.rules.documents import Party, invoice
from chalicelib.settlement.ports import Due, DueKind
from infra.sandbox.httpd import LoopbackServer, Response, json_response
from tests.fakes.einvoices import FakeEInvoices
from tests.fakes.time import FakeClock

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
SECRET = "shared_0123456789"
DUE = Due("lin_1", DueKind.SERVICE, "shop_1", "KWD", NOW, gross=10_000, commission=800, fixed_fee=50, tax=51)
SELLER = Party("邻里", ("上海", "200040"), "TAX-1")
INVOICE = invoice("shop_1", "2026-11", "KWD", [DUE], seller=SELLER, buyer=Party("店"), issued_on=date(2026, 12, 1))


class System:
    """An e-invoice system that checks what it is sent, and answers what a test says."""

    def __init__(self):
        self.requests, self.issued, self.answer = [], {}, None

    def __call__(self, request):
        self.requests.append(request)
        stamp, _, mark = request.headers["linli-signature"].partition(",v1=")
        seconds = stamp.removeprefix("t=")
        right = hmac.new(SECRET.encode(), f"{seconds}.".encode() + request.body, hashlib.sha256).hexdigest()
        if mark != right or seconds != str(int(NOW.timestamp())):
            return json_response(401, {})
        if self.answer == "drop":
            return None
        if self.answer is not None:
            return self.answer
        number = request.headers["idempotency-key"]
        known = number in self.issued
        reference = self.issued.setdefault(number, f"FP-{len(self.issued) + 1}")
        return json_response(200 if known else 201, {"reference": reference})


@pytest.fixture
def system():
    return System()


@pytest.fixture
def server(system):
    with LoopbackServer(system) as listening:
        yield listening


def gateway(server, secret=SECRET):
    return PostedInvoices(f"{server.url}/invoices", secret, FakeClock(NOW))


def test_it_is_issued_once_however_often_it_is_asked(server, system):
    ours = gateway(server)
    assert [ours.issue(INVOICE) for _ in range(3)] == ["FP-1"] * 3
    assert {request.headers["idempotency-key"] for request in system.requests} == {INVOICE.number}


def test_the_body_says_the_invoice_in_exact_amounts(server, system):
    gateway(server).issue(INVOICE)
    assert json.loads(system.requests[0].body) == {
        "number": INVOICE.number,
        "type": "invoice",
        "period": "2026-11",
        "issued_on": "2026-12-01",
        "currency": "KWD",
        "merchant_id": "shop_1",
        "seller": {"name": "邻里", "address": ["上海", "200040"], "tax_id": "TAX-1"},
        "buyer": {"name": "店", "address": [], "tax_id": None},
        "lines": [{"item": "commission", "amount": "0.800"}, {"item": "fixed_fee", "amount": "0.050"}],
        "net": "0.850",
        "tax": "0.051",
        "total": "0.901",
    }


@pytest.mark.parametrize(
    "answer",
    [
        "drop",
        *(json_response(status, {}) for status in (408, 409, 425, 429, 500, 503)),
        json_response(200, {}),
        json_response(200, ["FP-1"]),
        json_response(200, {"reference": 7}),
        Response(200, b"[" * 60_000),
        Response(200, b"\xff not json"),
        Response(200, b'{"reference": "' + b"x" * 70_000 + b'"}'),
    ],
)
def test_no_answer_is_unavailable_and_a_repeat_gets_one(server, system, answer):
    ours, system.answer = gateway(server), answer
    with pytest.raises(Unavailable):
        ours.issue(INVOICE)
    system.answer = None
    assert ours.issue(INVOICE) == "FP-1"


@pytest.mark.parametrize("status", [301, 307, 400, 404, 422])
def test_a_no_is_a_refusal_and_no_redirection_is_followed(server, system, status):
    elsewhere = {"Location": f"{server.url}/elsewhere"}
    system.answer = Response(status, b"{}", headers=elsewhere)
    with pytest.raises(InvoiceRefused, match=str(status)):
        gateway(server).issue(INVOICE)
    assert len(system.requests) == 1


def test_another_secret_is_refused(server):
    with pytest.raises(InvoiceRefused, match="401"):
        gateway(server, secret="another").issue(INVOICE)


def test_nobody_there_is_unavailable():
    with LoopbackServer(System()) as gone:
        pass
    with pytest.raises(Unavailable):
        gateway(gone).issue(INVOICE)


@pytest.mark.parametrize(
    ("url", "secret"),
    [("http://invoices.example/", SECRET), ("ftp://127.0.0.1/", SECRET), ("https://invoices.example/", "")],
)
def test_invoices_go_over_https_and_signed(url, secret):
    with pytest.raises(ValueError, match="invoices"):
        PostedInvoices(url, secret, FakeClock(NOW))


def test_the_fake_keeps_the_ports_word():
    fake = FakeEInvoices()
    fake.silent = 1
    with pytest.raises(Unavailable):
        fake.issue(INVOICE)
    assert [fake.issue(INVOICE), fake.issue(INVOICE)] == ["EINV-1"] * 2
    fake.refusing = True
    with pytest.raises(InvoiceRefused):
        fake.issue(INVOICE)
