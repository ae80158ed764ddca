import base64
import contextlib
import http.client
import io
import queue
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest
import requests
import stripe

from infra.sandbox import stripe as command
from infra.sandbox.httpd import LoopbackServer, html_response
from infra.sandbox.scheduler import Scheduler
from tests.infra.sandbox.support import card, client_for, wallet

EVIL = '"><script>alert(1)</script>'


def get(sandbox, path, **headers):
    return requests.get(sandbox.url + path, headers=headers, timeout=5)


def post(sandbox, path, data=None, **more):
    return requests.post(sandbox.url + path, data=data, timeout=5, **more)


@pytest.mark.parametrize("key", ["", "sk_live_abc", "nonsense", "pk_live_abc"])
def test_keys(sandbox, key):
    answer = get(sandbox, "/v1/charges", Authorization=f"Bearer {key}")
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_key_as_the_user_name(sandbox):
    good = base64.b64encode(b"sk_test_1:").decode()
    assert get(sandbox, "/v1/charges", Authorization=f"Basic {good}").status_code == 200
    for bad in ("???", base64.b64encode(b"\xff\xfe").decode()):
        assert get(sandbox, "/v1/charges", Authorization=f"Basic {bad}").status_code == 401


def test_the_sdk_reports_a_wrong_key(sandbox):
    client = client_for(sandbox.url, "sk_wrong")
    with pytest.raises(stripe.AuthenticationError):
        client.v1.charges.list()
    client._requestor._client.close()


def test_what_the_api_does_not_have(client, sandbox):
    key = {"Authorization": f"Bearer {sandbox.api_key}"}
    assert get(sandbox, "/v1/customers", **key).status_code == 404
    assert requests.delete(f"{sandbox.url}/v1/charges/x", headers=key, timeout=5).status_code == 404
    assert post(sandbox, "/v1/refunds", json={"a": 1}, headers=None).status_code == 400
    assert post(sandbox, "/v1/refunds", data=b"\xff", headers=key).status_code == 400
    assert (
        get(sandbox, "/v1/charges", **key, **{"Stripe-Account": "acct_1"}).json()["error"]["code"]
        == "sandbox_unsupported"
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.charges.retrieve("ch_none")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    assert refusal.value.request_id.startswith("req_")


def test_pages_escape_what_they_show(client, sandbox, receiver):
    intent = wallet(client, "alipay", description=EVIL, return_url=f"https://x.example/?{EVIL}")
    client.v1.refunds.create({"payment_intent": card(client).id})
    sandbox.control("POST", "/disputes", {"payment_intent": card(client).id, "reason": EVIL})
    theft = {"destination": f"acct_{EVIL}", "amount": 100, "payment_intent": card(client).id}
    sandbox.control("POST", "/transfers", theft)
    card(client, "pm_card_bypassPending", amount=50_000)
    payout = sandbox.control("POST", "/payouts", {"amount": 100})["id"]
    sandbox.control("POST", "/settings", {"webhook_url": f"{receiver.url}&{EVIL}"})
    for path in ("/", f"/pay/{intent.id}"):
        page = get(sandbox, path)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "&lt;script&gt;" in page.text
    assert payout in get(sandbox, "/").text
    refusal = post(sandbox, f"/pay/{intent.id}", {"action": EVIL}, headers={"Accept": "text/html"})
    assert refusal.status_code == 400
    assert "<script" not in refusal.text
    assert sandbox.wait_idle()


def test_empty_pages(sandbox):
    sandbox.control("POST", "/settings", {"webhook_url": ""})
    page = get(sandbox, "/")
    assert "No payment yet." in page.text
    assert "only recorded" in page.text


@pytest.mark.parametrize("action", ["approve", "decline"])
@pytest.mark.parametrize("back", ["https://x.example/b", "linli://back?a=1"])
def test_a_browser_is_sent_back(client, sandbox, action, back):
    intent = wallet(client, "alipay", return_url=back)
    answer = post(
        sandbox, f"/pay/{intent.id}", {"action": action}, headers={"Accept": "text/html"}, allow_redirects=False
    )
    assert answer.status_code == 303
    status = "succeeded" if action == "approve" else "failed"
    assert answer.headers["Location"].startswith(back)
    assert f"redirect_status={status}" in answer.headers["Location"]


def test_a_page_on_which_to_pay(client, sandbox):
    intent = client.v1.payment_intents.create(
        {"amount": 1000, "currency": "cny", "allowed_payment_method_types": ["card", "alipay"]}
    )
    page = get(sandbox, f"/pay/{intent.id}")
    assert "pay:pm_card_visa" in page.text
    assert "pay:wechat_pay" not in page.text
    assert post(sandbox, f"/pay/{intent.id}", {"action": "pay:alipay"}).json()["status"] == "requires_action"
    assert "Approve" in get(sandbox, f"/pay/{intent.id}").text
    post(sandbox, f"/pay/{intent.id}", {"action": "decline"})
    paid = post(sandbox, f"/pay/{intent.id}", {"action": "pay:pm_card_visa"}, headers={"Accept": "text/html"})
    assert "succeeded" in paid.text
    assert "<button" not in paid.text
    asked = card(client, "pm_card_authenticationRequired")
    assert "Your bank asks" in get(sandbox, f"/pay/{asked.id}").text
    assert get(sandbox, "/pay/pi_none").status_code == 404


def test_other_sites_are_kept_out(sandbox):
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        for path in ("/", "/_sandbox/settings", "/pay/x", "/v1/payment_intents"):
            assert get(sandbox, path, **headers).status_code == 403
    assert get(sandbox, "/", Host="[").status_code == 403
    same = get(sandbox, "/_sandbox/health", Origin=sandbox.url)
    assert same.json()["ok"]
    assert get(sandbox, "/nothing").status_code == 404


def test_a_return_url_cannot_add_headers(client, sandbox):
    intent = client.v1.payment_intents.create(
        {
            "amount": 1000, "currency": "cny", "allowed_payment_method_types": ["alipay"], "confirm": True,
            "payment_method_data": {"type": "alipay"}, "return_url": "https://x.example/\r\nSet-Cookie: a=b",
        }
    )  # fmt: skip
    answer = post(
        sandbox, f"/pay/{intent.id}", {"action": "decline"}, headers={"Accept": "text/html"}, allow_redirects=False
    )
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (303, False)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/settings", b"{"),
        ("POST", "/settings", b"[]"),
        ("POST", "/settings", b'{"mode": "loud"}'),
        ("POST", "/settings", b'{"colour": 1}'),
        ("POST", "/failures", b'{"kind": "fire"}'),
        ("POST", "/deliveries/release", b'{"types": ["a"]}'),
        ("GET", "/idle?timeout=soon", b""),
        ("GET", "/deliveries?limit=-1", b""),
    ],
)
def test_the_control_endpoints_refuse(sandbox, method, path, body):
    answer = requests.request(method, f"{sandbox.url}/_sandbox{path}", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_unknown_control_endpoints(sandbox):
    assert get(sandbox, "/_sandbox/nothing").status_code == 404
    assert get(sandbox, "/_sandbox/settings").json()["webhook_secret"] == "whsec_test"


def test_a_connection_is_kept_alive_and_bodies_are_bounded(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    for _ in range(2):
        connection.request("GET", "/_sandbox/health")
        assert connection.getresponse().read()
    ours = connection.sock
    connection.request("GET", "/_sandbox/health")
    assert connection.getresponse().read()
    assert connection.sock is ours
    connection.request("POST", "/v1/refunds", headers={"Content-Length": "1000001"})
    assert connection.getresponse().status == 413
    connection.close()


def test_a_bug_in_a_handler_is_a_500_that_is_shown(capsys):
    def broken(_):
        raise RuntimeError("planted")

    with LoopbackServer(broken) as server, pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(server.url, timeout=5)
    assert answer.value.code == 500
    answer.value.close()
    assert "planted" in capsys.readouterr().err


def test_clients_that_go_away(capsys):
    with LoopbackServer(lambda _: html_response(200, "x" * 10_000_000)) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            client.recv(1)
        requests.get(server.url, timeout=5)
    assert "Traceback" not in capsys.readouterr().err


def test_errors_of_the_listener_are_shown(capsys, monkeypatch):
    with LoopbackServer(lambda _: None) as server:
        monkeypatch.setattr("infra.sandbox.httpd.sys.exc_info", lambda: (RuntimeError, RuntimeError("planted"), None))
        server._listener.handle_error(None, ("127.0.0.1", 1))
    assert "Exception occurred" in capsys.readouterr().err


def test_faulty_work_does_not_end_the_scheduler(capsys):
    scheduler = Scheduler(workers=1)
    done = threading.Event()
    scheduler.after(0, lambda: 1 // 0)
    scheduler.after(0, done.set)
    assert done.wait(5)
    scheduler.after(60, done.clear)
    assert not scheduler.wait_idle(0.01)
    scheduler.clear()
    assert scheduler.wait_idle(1)
    scheduler.close()
    assert "ZeroDivisionError" in capsys.readouterr().err


class Written(io.TextIOBase):
    """What threads print, whole: nothing is lost between two looks."""

    def __init__(self):
        self.parts = queue.Queue()

    def write(self, text):
        self.parts.put(text)
        return len(text)

    def until(self, word):
        seen = ""
        while word not in seen or not seen.endswith("\n"):
            seen += self.parts.get(timeout=20)
        return seen


def test_the_command_serves_until_it_is_stopped():
    stop = threading.Event()
    codes = []
    thread = threading.Thread(target=lambda: codes.append(command.main(["--port", "0"], stop)))
    written = Written()
    with contextlib.redirect_stdout(written):
        thread.start()
        url = written.until("http").split()[-1]
        requests.get(url, timeout=5)
        assert "GET / 200" in written.until("GET")
        stop.set()
        thread.join()
    assert codes == [0]


def test_a_taken_port_is_one_clear_line(sandbox, capsys):
    assert command.main(["--port", str(sandbox.port), "--quiet"], threading.Event()) == 1
    assert "cannot listen on port" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["stripe", "inbox"])
def test_the_processes_end_on_a_signal(module):
    arguments = [sys.executable, "-m", f"infra.sandbox.{module}", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0
