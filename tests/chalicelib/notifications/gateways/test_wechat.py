import json
from datetime import timedelta

import pytest

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Http
from chalicelib.kit.texting import Forms
from chalicelib.notifications.gateways import wechat
from chalicelib.notifications.gateways.wechat import WechatKind, WechatSender, WechatSource
from chalicelib.notifications.ports import AddressBusy, AddressGone, SenderDown, Undeliverable
from tests.chalicelib.notifications.gateways.letters import ENGLISH, LETTER, Listening, Replies

OFFICIAL, MINI, LASTING = "wx0000000official", "wx000000000000mini", "wx0000000000lasting"
FORM = {"code": "tpl_1", "params": ["thing1=shop", "thing2=what", "amount3=amount", "thing4=nobody"]}
FORMS = Forms.of({"order.confirmed.customer": {"*": FORM}})
SOURCES = {
    OFFICIAL: WechatSource("secret_o", WechatKind.OFFICIAL, FORMS, "pages/notice", MINI),
    MINI: WechatSource("secret_m", WechatKind.MINI, FORMS, "pages/notice"),
    LASTING: WechatSource("secret_l", WechatKind.MINI, FORMS, lasting=True),
}
TOKEN = {"access_token": "tok+1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok", "msgid": 200228332}
DATA = {
    "thing1": {"value": "阿明理发店"},
    "thing2": {"value": "剪发"},
    "amount3": {"value": "¥88.00"},
    "thing4": {"value": "-"},
}


class Counted:
    """Consents in memory."""

    def __init__(self, left=2):
        self.left, self.last, self.over = left, None, False

    def take(self, account_id, template, letter_id):
        assert (account_id, template) == ("acc_1", "tpl_1")
        if self.last == letter_id:
            return True
        if not self.left:
            return False
        self.left, self.last = self.left - 1, letter_id
        return True

    def used_up(self, account_id, template):
        assert (account_id, template) == ("acc_1", "tpl_1")
        self.left = 0


def sender(*answers, consents=None, exchange=None, **options):
    replies = exchange or Replies(*answers)
    return WechatSender(SOURCES, consents or Counted(), replies, **options), replies


def test_an_official_account_tells_a_follower_and_opens_the_mini_program():
    with Listening(TOKEN, OK) as server:
        made, _ = sender(exchange=Http(), api=f"http://{server.host}")
        assert made.send(LETTER, f"{OFFICIAL}/openid_1") == "200228332"
    (first, _, asked), (second, headers, told) = server.got
    assert (first, json.loads(asked)) == (
        "/cgi-bin/stable_token",
        {"grant_type": "client_credential", "appid": OFFICIAL, "secret": "secret_o"},
    )
    assert second == "/cgi-bin/message/template/send?access_token=tok%2B1"
    assert headers["content-type"] == "application/json"
    assert json.loads(told) == {
        "touser": "openid_1",
        "template_id": "tpl_1",
        "data": DATA,
        "client_msg_id": "ntc_1",
        "miniprogram": {"appid": MINI, "pagepath": "pages/notice?notice=ntc_1"},
    }


@pytest.mark.parametrize(("letter", "lang"), [(LETTER, "zh_CN"), (ENGLISH, "en_US")])
def test_a_mini_program_tells_whoever_agreed_and_uses_the_consent_up(letter, lang):
    consents = Counted()
    made, replies = sender(TOKEN, {"errcode": 0}, consents=consents)
    assert made.send(letter, f"{MINI}/openid_1") is None
    assert json.loads(replies.asked[1][3]) == {
        "touser": "openid_1",
        "template_id": "tpl_1",
        "data": DATA,
        "page": "pages/notice?notice=ntc_1",
        "lang": lang,
        "miniprogram_state": "formal",
    }
    assert consents.left == 1


def test_without_a_consent_wechat_is_not_asked():
    made, replies = sender(consents=Counted(left=0))
    with pytest.raises(Undeliverable) as said:
        made.send(LETTER, f"{MINI}/openid_1")
    assert not isinstance(said.value, AddressGone)
    assert replies.asked == []


def test_a_repeat_of_a_letter_takes_no_second_consent():
    consents = Counted()
    made, _ = sender(TOKEN, {"errcode": -1}, {"errcode": 0}, consents=consents)
    with pytest.raises(SenderDown):
        made.send(LETTER, f"{MINI}/openid_1")
    made.send(LETTER, f"{MINI}/openid_1")
    assert consents.left == 1


def test_where_wechat_knows_that_no_consent_is_left_ours_are_none():
    consents = Counted(left=5)
    made, _ = sender(TOKEN, {"errcode": 43101}, consents=consents)
    with pytest.raises(Undeliverable):
        made.send(LETTER, f"{MINI}/openid_1")
    assert consents.left == 0


def test_a_consent_for_good_is_not_counted():
    made, _ = sender(TOKEN, {"errcode": 0}, consents=Counted(left=0))
    made.send(LETTER, f"{LASTING}/openid_1")


def test_one_token_serves_an_app_until_shortly_before_its_end(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(wechat.time, "monotonic", lambda: now[0])
    made, replies = sender(TOKEN, OK, OK, TOKEN, OK)
    made.send(LETTER, f"{OFFICIAL}/a")
    now[0] += 6899
    made.send(LETTER, f"{OFFICIAL}/b")
    now[0] += 2
    made.send(LETTER, f"{OFFICIAL}/c")
    asked = [url.rpartition("/")[2].partition("?")[0] for _, url, _, _ in replies.asked]
    assert asked == ["stable_token", "send", "send", "stable_token", "send"]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_was_ended_is_asked_for_again_once(code):
    made, replies = sender(TOKEN, {"errcode": code}, TOKEN | {"access_token": "tok2"}, OK)
    made.send(LETTER, f"{OFFICIAL}/a")
    assert replies.asked[-1][1].endswith("access_token=tok2")
    assert b"force_refresh" not in b"".join(body for *_, body in replies.asked)  # it would end everybody's
    made, _ = sender(TOKEN, {"errcode": code}, TOKEN, {"errcode": code})
    with pytest.raises(SenderDown):
        made.send(LETTER, f"{OFFICIAL}/a")


@pytest.mark.parametrize(
    ("code", "meaning", "wait"),
    [
        (40003, AddressGone, None),
        (43004, Undeliverable, None),
        (43019, Undeliverable, None),
        (43101, Undeliverable, None),
        (47003, Undeliverable, None),
        (-1, SenderDown, timedelta(seconds=5)),
        (45009, SenderDown, timedelta(hours=1)),
        (45011, SenderDown, timedelta(minutes=1)),
        (45047, AddressBusy, timedelta(minutes=1)),
        (40037, SenderDown, None),
        (48001, SenderDown, None),
        (99999, SenderDown, None),
    ],
)
def test_errors_are_told_apart_and_name_nobody(code, meaning, wait, record_property):
    record_property("channels", "1 refusals")
    made, _ = sender(TOKEN, {"errcode": code, "errmsg": "openid_1"})
    with pytest.raises(meaning) as said:
        made.send(LETTER, f"{OFFICIAL}/openid_1")
    assert (type(said.value), getattr(said.value, "retry_after", None)) == (meaning, wait)
    assert "openid_1" not in str(said.value)


@pytest.mark.parametrize("code", [40125, 40164, 45009, None])
def test_without_a_token_it_is_later(code):
    made, _ = sender({"errcode": code})
    with pytest.raises(SenderDown):
        made.send(LETTER, f"{OFFICIAL}/a")


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"[" * 5000, Unavailable(retry_after=2)])
def test_what_cannot_be_understood_is_later(answer):
    made, _ = sender(TOKEN, answer)
    with pytest.raises(SenderDown):
        made.send(LETTER, f"{OFFICIAL}/a")


def test_who_is_unknown_and_a_kind_without_a_template_are_told_at_once():
    made, replies = sender()
    for to in ("wxunknown/a", f"{MINI}"):
        with pytest.raises(Undeliverable):
            made.send(LETTER if "unknown" in to else LETTER.__class__(**vars(LETTER) | {"kind": "other"}), to)
    assert replies.asked == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("thing1", "字" * 20, "字" * 20),
        ("thing1", "字" * 21, "字" * 19 + "…"),
        ("phrase2", "已确认啦啦", "已确认啦啦"),
        ("name9", "a\nb", "a b"),
        ("time3", "2026年5月1日 14:30", "2026年5月1日 14:30"),
        ("thing1", "", "-"),
    ],
)
def test_a_field_takes_what_its_type_allows(name, value, told):
    assert wechat._fitting(name, value) == told
