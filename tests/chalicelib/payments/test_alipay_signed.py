"""What the gateway to Alipay believes: answers, notices and amounts, good and forged."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.alipay import api, bills, signing
from chalicelib.payments.rules import ALIPAY, BadSignature, MovementKind, Notice, PaymentState, Scene
from infra.sandbox.httpd import LoopbackServer, Response
from tests.chalicelib.payments.alipay import BACK, FORM, KEYS, NOTIFY, NOW, OTHERS, payment, provider, way

# Answers


ANSWER = '{"code":"10000","out_trade_no":"pay_1","trade_status":"TRADE_SUCCESS","total_amount":"50.00","x":"\\/ 订"}'


def signed(text, key=KEYS.alipay):
    return signing.sign(text.encode(), key)


@pytest.fixture(scope="module")
def answered():
    answer = []
    elsewhere = Response(200, body().encode())
    with LoopbackServer(lambda request: elsewhere if request.path == "/elsewhere" else answer[-1]) as server:
        gateway = provider(server.url)

        def asked(text, status=200, headers=None):
            answer.append(Response(status, text.encode(), headers=headers or {}))
            return gateway.charge_state("pay_1")

        yield asked


def body(text=ANSWER, signature=None, name="alipay_trade_query_response"):
    return f'{{ "{name}" : {text} ,"sign":"{signed(text) if signature is None else signature}"}}'


@pytest.mark.parametrize("turned", [False, True])
def test_an_answer_is_verified_as_it_is_written(answered, turned):
    text = f'{{"sign":"{signed(ANSWER)}","alipay_trade_query_response":{ANSWER}}}' if turned else body()
    assert answered(text).received == Money(5_000, "CNY")


@pytest.mark.parametrize(
    "text",
    [
        body(signature=""),
        body(signature="no base64"),
        body(signature=signed(ANSWER, KEYS.stranger)),
        body(ANSWER.replace("50.00", "0.01"), signed(ANSWER)),
        body(ANSWER.replace("\\/", "/"), signed(ANSWER)),
        body('{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}', ""),
        body(name="alipay_trade_refund_response"),
        body(ANSWER.replace("pay_1", "pay_2")),
        body(ANSWER.replace("50.00", "50.001")),
        body()[:-1],
        body() + "{}",
        body()[:-1] + f',"alipay_trade_query_response":{ANSWER}}}',
        '{"alipay_trade_query_response":[],"sign":1}',
        "[" * 100_000,
        "",
        "{}",
        "<html>",
        f'{{"alipay_trade_query_response":{ANSWER},"sign":7}}',
        body(ANSWER.replace(" 订", "x" * api._LARGEST_ANSWER)),
    ],
)
def test_an_answer_that_cannot_be_trusted_is_none(answered, text):
    with pytest.raises(Unavailable):
        answered(text)


def test_an_answer_leads_nowhere_else(answered):
    with pytest.raises(Unavailable):
        answered(body(), status=302, headers={"Location": "/elsewhere"})


def test_an_answer_that_drips_has_an_end(answered, monkeypatch):
    monkeypatch.setattr(api, "_DEADLINE", -1.0)
    with pytest.raises(Unavailable):
        answered(body())


def test_a_state_that_is_new_to_us_is_on_its_way(answered):
    assert answered(body(ANSWER.replace("TRADE_SUCCESS", "TRADE_PENDING"))).state == PaymentState.PROCESSING


# Notices


def fields(**change):
    made = {
        "notify_id": "ntf_1",
        "notify_type": "trade_status_sync",
        "notify_time": "2030-05-01 17:00:00",
        "charset": "utf-8",
        "app_id": KEYS.app_id,
        "seller_id": KEYS.seller_id,
        "out_trade_no": "pay_1",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "50.00",
        "subject": "订单 a&b=c +",
    }
    return {name: value for name, value in (made | change).items() if value is not None}


def form(key=KEYS.alipay, sign_type="RSA2", **change):
    made = fields(**change)
    signature = signing.sign(signing.content(made), key)
    return urlencode(made | {"sign": signature, "sign_type": sign_type}).encode()


def read(raw, headers=FORM, now=NOW, **other):
    return provider(**other).read_event(Notice(raw, headers), now)


def test_a_notice_is_read():
    event = read(form())
    assert (event.id, event.subject, event.ref) == ("ntf_1", "charge", "pay_1")
    assert (event.type, event.provider) == ("TRADE_SUCCESS", ALIPAY)


def test_what_notices_are_about():
    refunded = read(form(out_biz_no="ref_1", refund_fee="20.00"))
    assert (refunded.subject, refunded.ref) == ("refund", "pay_1/ref_1")
    assert read(form(refund_fee="0.00", gmt_close="2030-05-01 17:00:00")).subject == "charge"
    assert read(form(notify_type="something_new")).subject == "other"


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=1), timedelta(hours=25, seconds=300)])
def test_alipays_repeats_are_read_however_late_they_come(late):
    assert read(form(), now=NOW + late).id == "ntf_1"


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (form(KEYS.stranger), FORM),
        (form(KEYS.app), FORM),
        (form(app_id="2021000000000999"), FORM),
        (form(seller_id="2088000000000999"), FORM),
        (form(seller_id=None), FORM),
        (form(charset="gbk"), FORM),
        (form(charset=None), FORM),
        (form(notify_id=None), FORM),
        (form(notify_id=""), FORM),
        (form(out_trade_no=""), FORM),
        (form(out_trade_no=None), FORM),
        (form(notify_time=None), FORM),
        (form(notify_time="yesterday"), FORM),
        (form(notify_time="0001-01-01 00:00:00"), FORM),
        (form(notify_time="2030-04-30 15:54:59"), FORM),
        (form(notify_time="2030-05-01 17:05:01"), FORM),
        (form(out_biz_no="ref_1", refund_fee="many"), FORM),
        (form(sign_type="RSA"), FORM),
        (form().replace(b"50.00", b"0.01"), FORM),
        (form() + b"&total_amount=50.00", FORM),
        (form() + b"&more=1", FORM),
        (form() + b"&" + b"x" * 40_000 + b"=1", FORM),
        (form().replace(b"sign=", b"sign=%00"), FORM),
        (form().replace(b"sign=", b"mark="), FORM),
        (form(subject="x" * 40_000), FORM),
        (form(**{f"f{number}": "1" for number in range(100)}), FORM),
        (form().replace(b"%E8%AE%A2", b"%FF"), FORM),
        (b"\xff\xfe", FORM),
        (b"", FORM),
        (form(), {}),
        (form(), {"content-type": "application/json"}),
        (form(), {"content-type": "application/x-www-form-urlencoded; charset=gbk"}),
    ],
)
def test_forged_notices_and_those_for_others_are_refused(raw, headers):
    with pytest.raises(BadSignature):
        read(raw, headers)


def test_a_notice_bears_any_of_the_accepted_keys():
    both = (KEYS.config()["alipay_public_key"], OTHERS.config()["alipay_public_key"])
    assert read(form(KEYS.stranger), public_keys=both).id == "ntf_1"


PROVIDER = provider()


@settings(max_examples=150, deadline=None)
@given(
    raw=st.binary(max_size=200)
    | st.builds(lambda pairs: urlencode(pairs).encode(), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)))),
    media=st.sampled_from([FORM["content-type"], "application/x-www-form-urlencoded"]) | st.text(max_size=20),
)
@example(raw=b"sign=%D8%00&sign_type=RSA2&notify_time=0001-01-01+00:00:00", media=FORM["content-type"])
def test_nothing_but_a_bad_signature_comes_of_nonsense(raw, media):
    with pytest.raises(BadSignature):
        PROVIDER.read_event(Notice(raw, {"content-type": media}), NOW)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*sorted(fields()), "refund_fee", "out_biz_no"]),
        st.none() | st.text(st.characters(codec="utf-8"), max_size=12),
        min_size=1,
    )
)
def test_nothing_else_comes_of_signed_nonsense(change):
    try:
        event = PROVIDER.read_event(Notice(form(**change), FORM), NOW)
    except BadSignature:
        return
    # What is read although something was changed: only fields that say nothing about whose it is.
    assert not {"app_id", "seller_id", "notify_time", "charset"} & set(change)
    assert event.id
    assert event.ref


# Amounts and requests


@given(st.integers(min_value=0, max_value=10**14))
def test_yuan_are_exact(amount):
    text = signing.yuan(amount)
    whole, _, part = text.partition(".")
    assert (len(part), int(whole + part)) == (2, amount)
    if amount < 10**13:
        assert signing.fen(text) == amount
        assert signing.fen(f"-{text}") == -amount


@pytest.mark.parametrize(("text", "amount"), [("88", 8_800), ("88.8", 8_880), ("0.01", 1), ("-0.06", -6)])
def test_yuan_as_alipay_writes_them(text, amount):
    assert signing.fen(text) == amount


@pytest.mark.parametrize("text", ["", ".5", "1.", "1.001", "1e2", "١", "+1", "1,000.00", " 1"])
def test_what_is_no_amount(text):
    with pytest.raises(ValueError, match="yuan"):
        signing.fen(text)


@given(st.integers(0, 8_000 * 365 * 86_400))
def test_moments_go_there_and_back(seconds):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert signing.read_moment(signing.written(moment)) == moment


def test_the_time_is_chinas_and_every_request_says_where_notices_go():
    url = provider().charge(payment(), way(Scene.PAGE, until=NOW + timedelta(minutes=15))).action_url
    sent = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert (sent["timestamp"], sent["notify_url"], sent["return_url"]) == ("2030-05-01 17:00:00", NOTIFY, BACK)
    order = json.loads(sent["biz_content"])
    assert (order["time_expire"], order["total_amount"]) == ("2030-05-01 17:15:00", "50.00")
    signature = sent.pop("sign")
    assert signing.verified(signing.content(sent), signature, [KEYS.app.public_key()])


def test_keys_are_read_as_pem_and_as_alipay_shows_them():
    for encoding, form_ in ((Encoding.PEM, PrivateFormat.PKCS8), (Encoding.PEM, PrivateFormat.TraditionalOpenSSL)):
        text = KEYS.app.private_bytes(encoding, form_, NoEncryption()).decode()
        bare = "".join(text.splitlines()[1:-1])
        for key in (signing.private_key(text), signing.private_key(bare)):
            assert key.private_numbers() == KEYS.app.private_numbers()
    public = KEYS.alipay.public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert signing.public_key(text) == signing.public_key("".join(text.splitlines()[1:-1])) == public


def test_keys_of_another_kind_are_refused():
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ValueError, match="RSA"):
        signing.private_key(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    with pytest.raises(ValueError, match="RSA"):
        signing.public_key(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
    with pytest.raises(ValueError, match=r"."):
        signing.private_key("nonsense")


def bill(*lines):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("bill.csv", "\r\n".join(lines).encode("gbk"))
    return packed.getvalue()


HEAD = "业务类型,支付宝交易号,商户订单号,完成时间,商家实收(元),退款批次号/请求号,服务费（元）"


def test_a_bill_is_read_by_the_names_of_its_columns():
    late, early = (f"交易,T{day}\t,pay_{day}\t,2030-05-0{day} 00:00:00,10.00,,-0.06" for day in (2, 1))
    more = ("佣金,T3,,2030-05-03 00:00:00,-1.00,,0.00", "退款,T1,pay_1,2030-05-04 00:00:00,3.00,ref_1,0.02")
    found = bills.read(bill("#支付宝业务明细查询", HEAD, late, early, *more, "#1"))
    assert [(m.id, m.kind, m.own_id, m.amount.amount, m.fee) for m in found] == [
        ("T1", MovementKind.CHARGE, "pay_1", 1_000, 6),
        ("T2", MovementKind.CHARGE, "pay_2", 1_000, 6),
        ("T3", MovementKind.OTHER, None, -100, 0),
        ("T1/ref_1", MovementKind.REFUND, "ref_1", -300, -2),
    ]
    assert found[0].at == datetime(2030, 4, 30, 16, tzinfo=UTC)
    assert bills.read(bill("门店编号,门店名称", "1,2")) == []


@pytest.mark.parametrize(
    "archive",
    [
        b"<html>",
        bill(HEAD, "交易,T1,pay_1,2030-05-01 00:00:00,10.00,,-0.06,one more"),
        bill(HEAD, "交易,T1,pay_1,2030-05-01 00:00:00,much,,-0.06"),
        bill(HEAD, "交易,T1,pay_1,today,10.00,,-0.06"),
    ],
)
def test_a_bill_that_cannot_be_read_is_for_people(archive):
    with pytest.raises(ValueError, match=r"."):
        bills.read(archive)
