"""The sandbox as a merchant's own code meets it: requests signed here, notices received here."""

import io
import json
import stat
import threading
import time
import zipfile
from urllib.parse import parse_qsl, urlencode

import pytest
import requests

from infra.sandbox.alipay import AlipaySandbox, Keys
from infra.sandbox.alipay import __main__ as command
from infra.sandbox.alipay.keys import sign, signed_by, sorted_text
from infra.sandbox.alipay.world import written
from infra.sandbox.httpd import LoopbackServer, Response

KEYS = Keys.generate()
START = 1_800_000_000.0
PRECREATE = "alipay.trade.precreate"
ORDER = {"out_trade_no": "pay_1", "total_amount": "50.00", "subject": "订单 ord_1"}


class Receiver:
    """A merchant's webhook; it answers what it is told to, then `success`."""

    def __init__(self):
        self.forms, self.answers = [], []
        self.server = LoopbackServer(self._answer)
        self.url = f"{self.server.url}/hook"

    def _answer(self, request):
        assert request.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
        self.forms.append(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
        text = self.answers.pop(0) if self.answers else "success"
        return Response(200, text.encode(), "text/plain")


@pytest.fixture(scope="module")
def shared():
    now, receiver = [START], Receiver()
    with AlipaySandbox(KEYS, clock=lambda: now[0], retry_seconds=(0.01, 0.01)) as made, receiver.server:
        yield made, now, receiver


@pytest.fixture
def sandbox(shared):
    made, now, receiver = shared
    now[0] = START
    receiver.forms.clear()
    receiver.answers.clear()
    made.control("POST", "/reset")
    return made


@pytest.fixture
def now(shared):
    return shared[1]


@pytest.fixture
def receiver(shared):
    return shared[2]


def parameters(method, content, key=KEYS.app, **change):
    made = {
        "app_id": KEYS.app_id,
        "method": method,
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": written(START),
        "version": "1.0",
        "biz_content": content if isinstance(content, str) else json.dumps(content),
    }
    made = {name: value for name, value in (made | change).items() if value is not None}
    return made | {"sign": sign(sorted_text(made, ()), key)}


def ask(sandbox, method, content, **change):
    """Ask, and hold the answer's signature against its text."""
    text = requests.post(f"{sandbox.url}/gateway.do", parameters(method, content, **change), timeout=5).text
    node, mark, signature = text.partition(":")[2].rpartition(',"sign":"')
    if mark:
        assert signed_by(node, signature.removesuffix('"}'), KEYS.alipay)
        return json.loads(node)
    (answer,) = json.loads(text).values()
    return answer


def placed(sandbox, receiver=None, **change):
    more = {"notify_url": receiver.url} if receiver else {}
    return ask(sandbox, PRECREATE, ORDER | change, **more)


def paid(sandbox, receiver=None, **change):
    placed(sandbox, receiver, **change)
    sandbox.control("POST", "/trades/pay_1/pay", {"buyer_id": "2088000000000100"})


@pytest.mark.parametrize(
    ("change", "sub_code"),
    [
        ({"key": KEYS.stranger}, "isv.invalid-signature"),
        ({"app_id": "2021000000000999"}, "isv.invalid-app-id"),
        ({"timestamp": written(START - 901)}, "isv.invalid-timestamp"),
        ({"timestamp": written(START + 901)}, "isv.invalid-timestamp"),
        ({"timestamp": "now"}, "isv.invalid-parameter"),
        ({"charset": "gbk"}, "isv.invalid-parameter"),
        ({"version": None}, "isv.invalid-parameter"),
        ({"colour": "red"}, "isv.invalid-parameter"),
        ({"notify_url": "/hook"}, "isv.invalid-parameter"),
        ({"biz_content": "no JSON"}, "isv.invalid-parameter"),
        ({"biz_content": '{"out_trade_no": 1}'}, "isv.invalid-parameter"),
    ],
)
def test_what_every_request_must_carry(sandbox, change, sub_code):
    answer = ask(sandbox, PRECREATE, ORDER, **change)
    assert (answer["code"], answer["sub_code"]) == ("40002", sub_code)
    assert sandbox.control("GET", "/health") == {"ok": True, "trades": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"total_amount": "50"},
        {"total_amount": "0.00"},
        {"total_amount": "050.00"},
        {"total_amount": "100000000.01"},
        {"out_trade_no": "pay-1"},
        {"subject": "a=b"},
        {"colour": "red"},
        {"time_expire": "soon"},
    ],
)
def test_what_an_order_must_be(sandbox, change):
    assert placed(sandbox, **change)["code"] in ("40002", "40004")
    assert sandbox.control("GET", "/health")["trades"] == 0


def test_methods_are_called_as_they_are_meant(sandbox):
    assert ask(sandbox, "alipay.trade.unknown", ORDER)["sub_code"] == "isv.invalid-method"
    for method in ("alipay.trade.wap.pay", "alipay.trade.app.pay"):
        assert ask(sandbox, method, ORDER)["sub_code"] == "isv.invalid-method"
    wrong = parameters("alipay.trade.page.pay", ORDER | {"product_code": "QUICK_WAP_WAY"})
    answer = requests.get(f"{sandbox.url}/gateway.do", wrong, timeout=5).json()["alipay_trade_page_pay_response"]
    assert answer["sub_code"] == "ACQ.INVALID_PARAMETER"
    order = urlencode(parameters("alipay.trade.query", {"out_trade_no": "pay_1"}))
    with pytest.raises(ValueError, match="invalid-method"):
        sandbox.control("POST", "/app", {"order_string": order})


def test_the_same_order_is_one_trade(sandbox):
    assert placed(sandbox) == placed(sandbox)
    assert placed(sandbox, total_amount="50.01")["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"
    sandbox.control("POST", "/trades/pay_1/pay")
    assert placed(sandbox)["sub_code"] == "ACQ.TRADE_HAS_SUCCESS"
    placed(sandbox, out_trade_no="pay_2")
    sandbox.control("POST", "/trades/pay_2/close")
    assert placed(sandbox, out_trade_no="pay_2")["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


def test_a_trade_exists_once_it_is_opened(sandbox):
    placed(sandbox)
    query = {"out_trade_no": "pay_1"}
    assert ask(sandbox, "alipay.trade.query", query)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert "¥50.00" in requests.get(f"{sandbox.url}/pay/pay_1", timeout=5).text
    assert ask(sandbox, "alipay.trade.query", query)["trade_status"] == "WAIT_BUYER_PAY"
    requests.post(f"{sandbox.url}/pay/pay_1", {"action": "close"}, timeout=5)
    assert ask(sandbox, "alipay.trade.query", query)["trade_status"] == "TRADE_CLOSED"
    assert requests.post(f"{sandbox.url}/pay/pay_1", {"action": "pay"}, timeout=5).status_code == 400
    assert requests.get(f"{sandbox.url}/pay/<script>", timeout=5).status_code == 400


def test_another_amount_can_arrive(sandbox):
    placed(sandbox)
    sandbox.control("POST", "/trades/pay_1/pay", {"amount": 4_999})
    assert ask(sandbox, "alipay.trade.query", {"out_trade_no": "pay_1"})["total_amount"] == "49.99"


def refund(sandbox, amount, request="ref_1"):
    content = {"out_trade_no": "pay_1", "out_request_no": request, "refund_amount": amount}
    return ask(sandbox, "alipay.trade.refund", content)


def test_refunds_are_made_once_and_never_exceed_what_was_paid(sandbox):
    placed(sandbox)
    assert refund(sandbox, "1.00")["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    sandbox.control("POST", "/trades/pay_1/pay")
    assert refund(sandbox, "50.01")["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    assert [refund(sandbox, "30.00")["fund_change"] for _ in range(2)] == ["Y", "N"]
    assert refund(sandbox, "30.01")["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert refund(sandbox, "20.01", "ref_2")["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    assert refund(sandbox, "20.00", "ref_2")["refund_fee"] == "50.00"
    closed = ask(sandbox, "alipay.trade.query", {"out_trade_no": "pay_1"})
    assert (closed["trade_status"], closed["send_pay_date"]) == ("TRADE_CLOSED", written(START))
    assert refund(sandbox, "0.01", "ref_3")["sub_code"] == "ACQ.TRADE_STATUS_ERROR"


def test_a_trade_that_is_finished_is_not_refunded(sandbox):
    paid(sandbox)
    sandbox.control("POST", "/trades/pay_1/finish")
    assert refund(sandbox, "1.00")["sub_code"] == "ACQ.TRADE_HAS_FINISHED"


def test_notices_are_repeated_until_they_are_answered_success(sandbox, receiver, now):
    receiver.answers.extend(["<html>", '{"received": true}'])
    paid(sandbox, receiver)
    assert sandbox.control("GET", "/idle") == {"idle": True}
    assert [form["trade_status"] for form in receiver.forms] == ["TRADE_SUCCESS"] * 3
    assert len({form["notify_id"] for form in receiver.forms}) == 1
    for form in receiver.forms:
        assert signed_by(sorted_text(form, ("sign", "sign_type")), form["sign"], KEYS.alipay)
    now[0] += 60
    refund(sandbox, "20.00")
    sandbox.wait_idle()
    told = receiver.forms[-1]
    assert (told["out_biz_no"], told["refund_fee"], told["notify_time"]) == ("ref_1", "20.00", written(START + 60))
    assert [len(notice["attempts"]) for notice in sandbox.control("GET", "/notices")] == [3, 1]


def test_who_never_answers_success_is_given_up(sandbox, receiver):
    receiver.answers.extend(["no"] * 9)
    paid(sandbox, receiver)
    assert sandbox.wait_idle()
    assert len(receiver.forms) == 3


@pytest.mark.parametrize(
    ("how", "count", "good"),
    [
        ("normal", 1, True),
        ("late", 1, True),
        ("twice", 2, True),
        ("shuffled", 2, True),
        ("forged", 1, False),
        ("altered_amount", 1, False),
        ("other_app", 1, True),
        ("other_seller", 1, True),
    ],
)
def test_ways_to_send_a_notice(sandbox, receiver, how, count, good):
    sandbox.control("POST", "/settings", {"mode": "held"})
    paid(sandbox, receiver)
    assert receiver.forms == []
    answers = sandbox.control("POST", "/notices/deliver", {"how": how, "out_trade_no": "pay_1", "seconds": 90})
    assert [answer["body"] for answer in answers] == ["success"] * count
    for form in receiver.forms:
        assert signed_by(sorted_text(form, ("sign", "sign_type")), form["sign"], KEYS.alipay) == good
        assert form["notify_time"] == written(START - (90 if how == "late" else 0))
        assert (form["app_id"] == KEYS.app_id) == (how != "other_app")
        assert (form["seller_id"] == KEYS.seller_id) == (how != "other_seller")
        assert (form["total_amount"] == "50.00") == (how != "altered_amount")


def test_nobody_listens(sandbox, receiver):
    sandbox.control("POST", "/settings", {"mode": "held"})
    ask(sandbox, PRECREATE, ORDER, notify_url="http://127.0.0.1:9/hook")
    sandbox.control("POST", "/trades/pay_1/pay")
    assert sandbox.control("POST", "/notices/deliver")[0]["status"] == 0


def test_the_bill_of_a_day_is_made_when_it_is_over(sandbox, now):
    paid(sandbox)
    refund(sandbox, "20.00")
    date = written(START)[:10]
    wanted = {"bill_type": "trade", "bill_date": date}
    method = "alipay.data.dataservice.bill.downloadurl.query"
    assert ask(sandbox, method, wanted)["sub_code"] == "isp.bill_not_exist"
    now[0] += 86_400
    url = ask(sandbox, method, wanted, timestamp=written(now[0]))["bill_download_url"]
    with zipfile.ZipFile(io.BytesIO(requests.get(url, timeout=5).content)) as files:
        sums, details = (files.read(name).decode("gbk") for name in files.namelist())
    assert "支付宝交易号" not in sums
    assert ("50.00,50.00" in details, "-20.00,-20.00" in details, "ref_1" in details) == (True, True, True)
    other = wanted | {"bill_type": "signcustomer"}
    assert ask(sandbox, method, other, timestamp=written(now[0]))["sub_code"] == "isv.invalid-arguments"


def test_calls_are_held_until_they_are_let_go(sandbox):
    sandbox.control("POST", "/failures", {"kind": "hold", "path": PRECREATE})
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(placed(sandbox)))
    waiter.start()
    assert sandbox.control("GET", "/calls/held?timeout=5") == {"held": True}
    assert sandbox.control("GET", "/failures") == []
    sandbox.control("DELETE", "/failures")
    waiter.join(5)
    assert answers[0]["code"] == "10000"


def test_what_is_no_control(sandbox):
    for method, path, body in [
        ("GET", "/nothing", {}),
        ("POST", "/settings", {"colour": "red"}),
        ("POST", "/trades/pay_9/pay", {}),
        ("GET", "/idle?timeout=soon", {}),
        ("POST", "/notices/deliver", {"how": "backwards"}),
    ]:
        with pytest.raises(ValueError, match=r"."):
            sandbox.control(method, path, body)
    assert requests.get(f"{sandbox.url}/", timeout=5).status_code == 404
    evil = requests.get(f"{sandbox.url}/_sandbox/keys", headers={"Host": "evil.example"}, timeout=5)
    assert evil.status_code == 403


def test_keys_are_kept_in_a_file_for_their_owner(tmp_path):
    file = tmp_path / "keys.json"
    made = Keys.kept(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Keys.kept(file).config() == made.config()
    with AlipaySandbox(made) as sandbox:
        assert requests.get(f"{sandbox.url}/_sandbox/keys", timeout=5).json() == made.config()
        assert abs(sandbox.world.clock() - time.time()) < 60


def test_a_taken_port_is_one_clear_line(sandbox, capsys):
    assert command.main(["--port", str(sandbox.port)], threading.Event()) == 1
    assert "cannot listen on port" in capsys.readouterr().err


def test_the_command(capsys, tmp_path):
    stop = threading.Event()
    stop.set()
    assert command.main(["--port", "0", "--keys", str(tmp_path / "keys.json")], stop) == 0
    assert "Alipay sandbox on http" in capsys.readouterr().out
