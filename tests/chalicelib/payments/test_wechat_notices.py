"""Which of WeChat's notices the gateway believes: it asks nobody for a key, whatever comes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments.rules import (
    BadSignature,
    Notice,
)
from tests.chalicelib.payments.wechat import (
    KEYS,
    NOW,
    PAID,
    Never,
    provider,
)


def notice(about=None, event="TRANSACTION.SUCCESS", at=NOW, sign=None, resource=None, base=PAID, **change):
    """A notice as WeChat makes it, with what is wrong with it."""
    plain = json.dumps(base | (about or {})).encode()
    sealed = KEYS.seal(plain, "transaction") | (resource or {})
    body = {"id": "evt-1", "event_type": event, "resource_type": "encrypt-resource", "resource": sealed} | change
    raw = json.dumps(body).encode()
    headers = KEYS.signature(raw, int(at.timestamp()), **sign or {})
    return Notice(raw, {"content-type": "application/json"} | {name.lower(): value for name, value in headers.items()})


def headed(made, **change):
    return replace(made, headers={**made.headers, **{f"wechatpay-{name}": value for name, value in change.items()}})


def read(made, now=NOW, **change):
    never = Never()
    try:
        return provider(exchange=never, change=change).read_event(made, now)
    finally:
        assert never.calls == 0


@pytest.mark.parametrize("which", [0, 1])
def test_a_notice_of_a_payment_is_read(which):
    event = read(notice(sign={"name": list(KEYS.platform)[which]}))
    assert (event.id, event.subject, event.ref) == ("evt-1", "charge", "pay_abcdef")
    assert (event.type, event.provider) == ("TRANSACTION.SUCCESS", "wechat")


def test_a_notice_of_a_refund_and_one_of_no_interest():
    about = {name: value for name, value in PAID.items() if name != "appid"} | {"out_refund_no": "ref_1"}
    event = read(notice(about, "REFUND.SUCCESS", base={}))
    assert (event.subject, event.ref) == ("refund", "ref_1")
    other = read(notice(event="COUPON.USE"))
    assert (other.subject, other.ref) == ("other", "")


def test_five_minutes_are_let_pass_either_way():
    for seconds in (-299, 299):
        assert read(notice(at=NOW + timedelta(seconds=seconds))).ref == "pay_abcdef"


GOOD = notice()
FORGED = {
    "wrong key": notice(sign={"pem": KEYS.stranger}),
    "unknown serial": notice(sign={"name": "PUB_KEY_ID_1", "pem": KEYS.stranger}),
    "old": notice(at=NOW - timedelta(seconds=302)),
    "future": notice(at=NOW + timedelta(seconds=302)),
    "other nonce": headed(GOOD, nonce="another"),
    "no nonce": headed(GOOD, nonce=""),
    "other time": headed(GOOD, timestamp=str(int(NOW.timestamp()) + 1)),
    "time is no number": headed(GOOD, timestamp="²"),
    "endless time": headed(GOOD, timestamp="9" * 5_000),
    "probe": headed(GOOD, signature="WECHATPAY/SIGNTEST/" + GOOD.headers["wechatpay-signature"]),
    "signature is no base64": headed(GOOD, signature="é"),
    "short signature": headed(GOOD, signature="AAAA"),
    "no headers": Notice(GOOD.raw, {}),
    "altered": replace(GOOD, raw=GOOD.raw.replace(b"evt-1", b"evt-2")),
    "longer": replace(GOOD, raw=GOOD.raw + b" "),
    "huge": notice(padding="x" * 70_000),
    "a form": replace(GOOD, headers={**GOOD.headers, "content-type": "application/x-www-form-urlencoded"}),
    "other merchant": notice({"mchid": "1900009999"}),
    "other app": notice({"appid": "wx9"}),
    "no app": notice({"appid": None}),
    "no app at all": notice(base={name: value for name, value in PAID.items() if name != "appid"}),
    "refund of another merchant": notice({"mchid": "1", "out_refund_no": "ref_1"}, "REFUND.SUCCESS"),
    "refund of another app": notice({"appid": "wx9", "out_refund_no": "ref_1"}, "REFUND.SUCCESS"),
    "refund without a number": notice(event="REFUND.SUCCESS"),
    "number is no text": notice({"out_trade_no": 7}),
    "other algorithm": notice(resource={"algorithm": "AEAD_AES_128_GCM"}),
    "not sealed": notice(resource={"ciphertext": "AAAA"}),
    "not base64": notice(resource={"ciphertext": "é"}),
    "sealed with more": notice(resource={"associated_data": "refund"}),
    "associated is no text": notice(resource={"associated_data": 7}),
    "no nonce inside": notice(resource={"nonce": ""}),
    "no id": notice(id=None),
    "no type": notice(event=7),
}


@pytest.mark.parametrize("made", FORGED.values(), ids=FORGED)
def test_what_is_forged_old_or_not_ours_is_refused_without_asking_anybody(made):
    with pytest.raises(BadSignature):
        read(made)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff\xfe", b'{"resource": []}', b"[" * 60_000])
def test_a_signed_body_that_is_no_notice_is_refused(raw):
    headers = {name.lower(): value for name, value in KEYS.signature(raw, int(NOW.timestamp())).items()}
    with pytest.raises(BadSignature):
        read(Notice(raw, headers))


def test_a_payment_names_its_app_also_where_there_is_only_one():
    assert read(GOOD, app_appid=None).ref == "pay_abcdef"
    for name in ("no app", "no app at all"):
        with pytest.raises(BadSignature):
            read(FORGED[name], app_appid=None)


def test_another_key_than_ours_opens_nothing():
    with pytest.raises(BadSignature):
        read(GOOD, api_v3_key=b"0" * 32)


NAMES = ["wechatpay-signature", "wechatpay-serial", "wechatpay-timestamp", "wechatpay-nonce", "content-type"]
VALUES = st.text() | st.sampled_from([*KEYS.platform, str(int(NOW.timestamp())), *GOOD.headers.values()])


@given(raw=st.binary() | st.just(GOOD.raw), headers=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_comes_is_read_or_refused(raw, headers):
    try:
        event = read(Notice(raw, headers))
    except BadSignature:
        return
    assert (raw, event.ref) == (GOOD.raw, "pay_abcdef")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    inner=JSON, outer=st.dictionaries(st.sampled_from(["id", "event_type", "resource"]), JSON), is_inner=st.booleans()
)
def test_whatever_wechat_signs_is_read_or_refused(inner, outer, is_inner):
    sealed = KEYS.seal(json.dumps(inner).encode(), "transaction")
    body = {"id": "1", "event_type": "TRANSACTION.SUCCESS", "resource": sealed}
    raw = json.dumps(body if is_inner else body | outer).encode()
    headers = {name.lower(): value for name, value in KEYS.signature(raw, int(NOW.timestamp())).items()}
    with pytest.raises(BadSignature):
        read(Notice(raw, headers))
