"""What the WeChat sandbox sends, shows and keeps."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import urllib3

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.errors import Unavailable
from chalicelib.payments.gateways.wechat.client import Client
from infra.sandbox.httpd import LoopbackServer
from infra.sandbox.wechat import WechatSandbox
from infra.sandbox.wechat.__main__ import main
from tests.infra.sandbox.wechat.support import KEYS, ORDERS, REFUNDS, Receiver, account, order, refund, refused


@pytest.fixture(scope="module")
def webhook():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def receiver(webhook):
    webhook.forget()
    return webhook


@pytest.fixture
def sandbox(sandbox):
    sandbox.control("POST", "/settings", {"mode": "normal"})
    return sandbox


def paid(sandbox, client, receiver, number="order-1"):
    client.post(f"{ORDERS}/native", order(number, notify_url=receiver.url))
    return sandbox.control("POST", f"/orders/{number}/pay", {"openid": "openid-1"})


def test_a_payment_and_a_refund_are_told(sandbox, client, receiver):
    assert paid(sandbox, client, receiver)["payer"] == {"openid": "openid-1"}
    client.post(REFUNDS, refund(notify_url=receiver.url))
    client.post(REFUNDS, refund("untold"))
    assert sandbox.wait_idle()
    told = sorted((event.type, event.subject, event.ref) for event in receiver.events)
    assert told == [("REFUND.SUCCESS", "refund", "refund-1"), ("TRANSACTION.SUCCESS", "charge", "order-1")]
    assert all(one["answered"] for one in sandbox.control("GET", "/notices"))


@pytest.mark.parametrize(
    "how",
    ["late", "early", "forged", "unknown_serial", "altered_amount", "other_mchid", "other_appid", "probe"],
)
def test_a_notice_that_is_wrong_on_purpose(sandbox, client, receiver, how):
    sandbox.control("POST", "/settings", {"mode": "held"})
    paid(sandbox, client, receiver)
    one = sandbox.control("GET", "/notices")[0]["id"]
    assert sandbox.control("POST", f"/notices/{one}/send", {"how": how}) == {"queued": 1}
    assert sandbox.wait_idle()
    assert (receiver.events, receiver.refused) == ([], 1)
    sandbox.control("POST", f"/notices/{one}/send")
    assert sandbox.wait_idle()
    assert [event.ref for event in receiver.events] == ["order-1"]


def test_notices_twice_and_shuffled(sandbox, client, receiver):
    sandbox.control("POST", "/settings", {"mode": "twice"})
    numbers = [f"order-{number}" for number in range(5)]
    for number in numbers:
        paid(sandbox, client, receiver, number)
    assert sandbox.wait_idle()
    assert Counter(event.ref for event in receiver.events) == dict.fromkeys(numbers, 2)
    assert sandbox.control("POST", "/notices/send", {"copies": 3, "shuffle": True, "seed": 7}) == {"queued": 15}
    assert sandbox.control("GET", "/idle?timeout=10") == {"idle": True}
    assert Counter(event.ref for event in receiver.events) == dict.fromkeys(numbers, 5)
    with pytest.raises(ValueError, match="no such notice"):
        sandbox.control("POST", "/notices/none/send")


def test_a_notice_is_repeated_until_it_is_answered_or_given_up(sandbox, client, receiver):
    receiver.answers = [500, 302, 200, 500, 500, 500]
    paid(sandbox, client, receiver)
    assert sandbox.wait_idle()
    paid(sandbox, client, receiver, "order-2")
    assert sandbox.wait_idle()
    first, second = sandbox.control("GET", "/notices")
    assert [one["status_code"] for one in first["attempts"]] == [500, 302, 200]
    assert (first["answered"], second["answered"], len(second["attempts"])) == (True, False, 3)


def test_nobody_is_there_to_be_told(sandbox, client):
    client.post(f"{ORDERS}/native", order(notify_url="http://127.0.0.1:9/"))
    sandbox.control("POST", "/orders/order-1/pay")
    assert sandbox.wait_idle()
    assert sandbox.control("GET", "/notices")[0]["attempts"][0]["error"] == "NewConnectionError"


def test_the_payers_page(sandbox, client):
    link = urlsplit(
        client.post(
            f"{ORDERS}/h5",
            order(scene_info={"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}, description="<b>"),
        )["h5_url"]
    )
    with urllib3.PoolManager(retries=False) as browser:
        page = f"{sandbox.url}{link.path}?{link.query}&redirect_url=https%3A%2F%2Flinli.example%2Fback"
        assert "&lt;b&gt;" in browser.request("GET", page).data.decode()
        assert browser.request("POST", page, fields={"action": "dance"}, encode_multipart=False).status == 400
        for action, state in (("fail", "PAYERROR"), ("pay", "SUCCESS")):
            answer = browser.request("POST", page, fields={"action": action}, encode_multipart=False, redirect=False)
            assert (answer.status, answer.headers["location"]) == (303, "https://linli.example/back")
            assert sandbox.control("GET", "/orders/order-1")["trade_state"] == state
        assert browser.request("GET", f"{sandbox.url}/pay/none").status == 404
        assert browser.request("GET", f"{sandbox.url}/none").status == 404
        assert browser.request("GET", f"{sandbox.url}/_sandbox/health", headers={"Origin": "http://evil"}).status == 403
        told = browser.request("GET", f"{sandbox.url}/_sandbox/keys").json()
    assert told == KEYS.application()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/settings", {"mode": "loud"}),
        ("/withdrawals", {"amount": 0}),
        ("/orders/none/pay", {}),
        ("/refunds/none", {"status": "SUCCESS"}),
        ("/nothing", {}),
    ],
)
def test_what_cannot_be_arranged(sandbox, path, body):
    with pytest.raises(ValueError, match="code"):
        sandbox.control("POST", path, body)
    with pytest.raises(ValueError, match="timeout"):
        sandbox.control("GET", "/idle?timeout=x")


@pytest.mark.parametrize("query", [{"bill_date": "x"}, {}])
def test_a_bill_is_of_a_day(client, query):
    assert refused(lambda: client.get("/v3/bill/tradebill", query)) == "param_error"


def test_a_bill_comes_the_day_after_unpacked_where_nobody_asks(client, sandbox):
    client.post(f"{ORDERS}/native", order())
    sandbox.control("POST", "/orders/order-1/pay")
    today = {"bill_date": datetime.fromtimestamp(sandbox.world.clock(), UTC).date().isoformat()}
    with pytest.raises(Unavailable):
        client.get("/v3/bill/tradebill", today)
    now = sandbox.world.clock()
    sandbox.world.state.orders["order-1"]["paid"] = now - 3 * 86_400
    day = (datetime.fromtimestamp(now, UTC) + timedelta(hours=8) - timedelta(days=3)).date().isoformat()
    told = client.get("/v3/bill/tradebill", {"bill_date": day})
    text = client.download(told["download_url"]).decode("utf-8-sig")
    assert text.startswith("交易时间,公众账号ID")
    assert "`order-1," in text


def test_everything_outlives_a_restart(tmp_path, network):
    file = tmp_path / "wechat.json"
    with WechatSandbox(state=file) as first:
        first.control("POST", "/settings", {"refund_delay_ms": 600_000})
        told = first.keys.application()
        client = Client(account(dict(told)), first.url, SystemClock(), network)
        client.post(f"{ORDERS}/native", order())
        first.control("POST", "/orders/order-1/pay")
        client.post(REFUNDS, refund())
    assert file.stat().st_mode & 0o077 == 0
    file.write_text(file.read_text().replace("600000", "0"))
    with WechatSandbox(state=file) as second:
        assert second.keys.application() == told
        assert second.wait_idle()
        client = Client(account(dict(told)), second.url, SystemClock(), network)
        assert client.get(f"{REFUNDS}/refund-1")["status"] == "SUCCESS"
        second.control("POST", "/reset")
        assert second.control("GET", "/health")["objects"]["orders"] == 0


def test_the_command_writes_what_the_application_is_configured_with(tmp_path, capsys):
    keys, stop = tmp_path / "new" / "keys.json", threading.Event()
    stop.set()
    assert main(["--port", "0", "--keys", str(keys), "--quiet"], stop) == 0
    assert keys.stat().st_mode & 0o077 == 0
    told = json.loads(keys.read_text())
    assert {len(told["platform_keys"]), len(told["api_v3_key"]) // 16} == {2}
    assert "WeChat sandbox on http://127.0.0.1:" in capsys.readouterr().out
    with LoopbackServer(lambda _: None) as taken:
        assert main(["--port", str(taken.port)], stop) == 1
    assert "cannot listen" in capsys.readouterr().err
