from dataclasses import replace
from datetime import time, timedelta

import pytest

from chalicelib.accounts.ports import Identity, Kind
from chalicelib.kit.errors import NotFound
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications import use_cases
from chalicelib.notifications.rules import AUDIENCE, LEASE, InHand, State, Undeliverable
from chalicelib.notifications.use_cases import deliver
from chalicelib.profiles.ports import KINDS, Channel, Choices, QuietHours
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.notifications.payloads import message
from tests.fakes.neighbours import LINE, SHOP, Neighbours
from tests.fakes.notices import AT, FakeSender, notice_ports


@pytest.fixture
def near():
    return Neighbours()


@pytest.fixture
def ports(near):
    return notice_ports(near)


@pytest.fixture
def sms(ports):
    return ports.senders[Channel.SMS]


CUSTOMERS, MERCHANTS = "+8613800000001", "+8613800000002"


def without_phone(near, *identities):
    near.accounts.update({key: replace(one, identities=identities) for key, one in near.accounts.items()})


def test_who_has_told_no_phone_is_written_to_by_mail(ports, near, sms):
    without_phone(near, Identity(Kind.EMAIL, "ming@example.com", AT))
    mail = FakeSender()
    by_mail = replace(ports, senders={**ports.senders, Channel.EMAIL: mail})
    told = message("login.new")
    for _ in range(2):
        deliver(by_mail, told)
    assert [to for to, _text in mail.inbox.values()] == ["ming@example.com"]
    assert not sms.calls


def test_where_no_mail_is_sent_and_where_nobody_can_be_reached_it_stays_in_the_list(ports, near, sms):
    without_phone(near, Identity(Kind.EMAIL, "ming@example.com", AT))
    deliver(ports, message("login.new"))
    without_phone(near, Identity(Kind.WECHAT, "o6_bm", AT))
    deliver(ports, message("team.invited"))
    assert not sms.calls
    assert {one.state for one in ports.store.rows.values()} == {State.UNDELIVERABLE}


def test_customer_and_merchant_hear_of_an_order_each_in_their_language(ports, sms):
    deliver(ports, message("order.confirmed"))
    assert sms.texts() == {
        CUSTOMERS: "【邻里】您在南翔馒头店的预订已确认：包间，2030年5月1日 周三 14:30，已支付¥1,280.00。期待您的光临！",
        MERCHANTS: "[Linli] New order for Nanxiang Buns: 包间, Wed 1 May 2030, 14:30. CNY 1,280.00.",
    }


def test_other_texts_say_what_counts(ports, sms):
    for kind, words in {
        "order.refunded": "¥640.00",
        "claim.asked": "asks CNY 50.00 back: 包间, Wed 1 May",
        "claim.agreed": "已同意退款¥20.00：包间",
        "coupon.expired": "满100减20",
        "coupon.expiring": "您的优惠券“满100减20”将于2030年5月5日 周日 00:00（北京时间）过期",
        "settlement.posted": "CNY 920.00 for 10",
        "payout.paid": "CNY 915.00 was paid out",
        "payout.failed": "CNY 5.00 of your payout of CNY 920.00 did not arrive",
        "webhook.disabled": "no events to till.example.com any more: it took none for three days",
        "dispute.open": "CNY 1,280.00 back at Nanxiang Buns: 包间, Wed 1 May 2030, 14:30. Give evidence by Thu 9 May",
        "account.bank": "ending in 3000, from Thu 2 May 2030, 17:30 on",
        "account.connect": "ending in 3000 at our payment provider, from Thu",
        "login.new": "您的账号于2030年5月1日 周三 17:30（北京时间）通过iPhone在中国登录",
        "identity.linked": "已绑定新的登录方式：微信",
        "identity.unlinked": "已解绑登录方式：微信",
        "review.posted": "Nanxiang Buns has a new review: 4 of 5",
    }.items():
        sms.inbox.clear()
        deliver(ports, message(kind))
        ((_, body),) = sms.inbox.values()
        assert words in body


def test_the_phone_from_before_is_told_how_one_signs_in_now_and_nothing_else(ports, near, sms):
    before, near.accounts_ports.clock = "+8613700137000", ports.clock
    near.accounts.update(
        {key: replace(one, former=(Identity(Kind.PHONE, before, AT),)) for key, one in near.accounts.items()}
    )
    for kind, number in (("identity.linked", 1), ("order.expired", 0)):
        sms.inbox.clear()
        one = message(kind)
        for _ in range(2):
            deliver(ports, one)
        assert sum(to == before for _, (to, _) in sms.inbox.items()) == number
        assert len(sms.inbox) == 1 + number


def test_who_was_told_by_mail_is_not_told_again_once_they_have_a_phone(ports, near, sms):
    without_phone(near, Identity(Kind.EMAIL, "ming@example.com", AT))
    mail, told = FakeSender(), message("login.new")
    by_mail = replace(ports, senders={**ports.senders, Channel.EMAIL: mail})
    deliver(by_mail, told)
    without_phone(near, Identity(Kind.PHONE, CUSTOMERS, AT))
    deliver(by_mail, told)
    assert (len(mail.inbox), sms.calls) == (1, [])


def test_a_replay_tells_no_former_phone_again_nor_one_that_was_none_then(ports, near, sms):
    first, second = (Identity(Kind.PHONE, f"+861370013700{n}", AT + timedelta(minutes=n)) for n in range(2))
    near.accounts_ports.clock, one = ports.clock, message("identity.linked")

    def formerly(*former):
        near.accounts.update({key: replace(one, former=former) for key, one in near.accounts.items()})
        sms.inbox.clear()
        deliver(ports, one)
        return [to for to, _ in sms.inbox.values()]

    assert formerly(first) == [CUSTOMERS, first.subject]
    assert formerly(first, second) == [], "the second was lost after what is told here"
    assert formerly(second, first) == []


@pytest.mark.parametrize(("language", "by"), [("en", "Give evidence soon."), ("zh-CN", "请尽快提交证据")])
def test_where_no_bank_says_until_when_evidence_is_wanted_soon(ports, near, sms, language, by):
    near.accounts.update({key: replace(one, language=language) for key, one in near.accounts.items()})
    one = message("dispute.open")
    deliver(ports, replace(one, payload=dict(one.payload) | {"evidence_until": None}))
    assert by in sms.texts()[MERCHANTS]


def test_what_is_not_known_of_an_account_or_a_sign_in_is_said_so(ports, near, sms):
    near.accounts.update({key: replace(one, language="zh-CN") for key, one in near.accounts.items()})
    one, unknown = message("account.connect"), {"device": None, "place": None}
    deliver(ports, replace(one, payload=dict(one.payload) | {"held_until": None}))
    assert "即日起开始打款" in sms.texts()[MERCHANTS]
    for language, words in (
        ("zh-CN", "通过未知设备在未知地点"),
        ("en", "with an unknown device from an unknown place on"),
    ):
        near.accounts.update({key: replace(one, language=language) for key, one in near.accounts.items()})
        sms.inbox.clear()
        made = message("login.new")
        deliver(ports, replace(made, id=f"msg_{language}", payload=dict(made.payload) | unknown))
        assert words in sms.texts()[CUSTOMERS]


def test_a_shop_without_an_english_name_keeps_its_own(ports, near, sms):
    near.shops["shp_1"] = replace(SHOP, name_en=None)
    deliver(ports, message("review.posted"))
    assert "南翔馒头店" in sms.texts()[MERCHANTS]


def test_long_orders_and_lines_without_a_time_stay_short(ports, near, sms):
    lines = tuple(replace(LINE, id=f"lin_{n}", title=f"T{n}", starts_at=None) for n in range(5))
    near.orders["ord_1"] = replace(near.orders["ord_1"], lines=lines)
    deliver(ports, message("order.confirmed"))
    assert "T0; T1; T2; +2." in sms.texts()[MERCHANTS]


def test_a_message_that_comes_five_times_is_told_once(ports, sms):
    one = message("order.confirmed")
    for _ in range(5):
        deliver(ports, one)
    assert len(sms.calls) == 2
    assert {notice.state for notice in ports.store.rows.values()} == {State.SENT}


def test_a_crash_between_sending_and_marking_sends_the_same_id_again(ports, sms, monkeypatch):
    one = message("coupon.expired")

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(ports.store, "settle", die)
        with pytest.raises(SystemExit):
            deliver(ports, one)
    with pytest.raises(InHand):  # the lease of the dead run holds
        deliver(ports, one)
    monkeypatch.setattr(ports.clock, "at", AT + LEASE)
    deliver(ports, one)
    assert len(sms.calls) == 2
    assert len(set(sms.calls)) == 1
    assert len(sms.inbox) == 1
    deliver(ports, one)
    assert len(sms.calls) == 2


def test_what_can_never_be_delivered_is_not_tried_again(ports, sms):
    one = message("coupon.expired")
    sms.moods = {CUSTOMERS: [Undeliverable("opted out")]}
    deliver(ports, one)
    deliver(ports, one)
    assert len(sms.calls) == 1
    (notice,) = ports.store.rows.values()
    assert notice.state == State.UNDELIVERABLE


def test_a_recipient_who_is_gone_is_passed_over(ports, near, sms):
    del near.accounts[CUSTOMER.account_id]
    deliver(ports, message("order.confirmed"))
    assert set(sms.texts()) == {MERCHANTS}


def test_a_message_about_an_order_that_is_not_there_comes_again(ports, near):
    near.orders.clear()
    with pytest.raises(NotFound):
        deliver(ports, message("order.confirmed"))


def test_an_unknown_type_is_logged_and_done(ports, sms, caplog):
    deliver(ports, Message("weather.changed", (NOTIFICATIONS,), {}, AT))
    assert not sms.calls
    assert "nobody is told" in caplog.text


def test_everybody_reads_their_own_notices(ports):
    deliver(ports, message("order.confirmed"))
    inbox = use_cases.of_account(ports, CUSTOMER, {"pk": "x"}, 5)
    assert ([one.kind for one in inbox.page.items], inbox.page.next) == (["order.confirmed.customer"], {"pk": "x"})
    assert inbox.tally.total == 1


def test_kinds_are_spelled_as_the_log_says_them(ports):
    deliver(ports, message("order.confirmed"))
    assert {notice.kind for notice in ports.store.rows.values()} <= set(KINDS)
    assert all(notice.created_at == AT for notice in ports.store.rows.values())
    assert timedelta(0) < LEASE


def test_every_notice_has_a_weight():
    assert {f"{kind}.{side}" for kind, sides in AUDIENCE.items() for side in sides} <= set(KINDS)


def test_what_somebody_switched_off_is_written_down_and_not_sent(ports, near, sms):
    kind = "order.confirmed.merchant"
    near.choices[MERCHANT.account_id] = Choices(off=frozenset({(kind, Channel.SMS)}))
    for _ in range(2):
        deliver(ports, message("order.confirmed"))
    assert set(sms.texts()) == {CUSTOMERS}
    states = {notice.kind: notice.state for notice in ports.store.rows.values()}
    assert states == {kind: State.SILENT, "order.confirmed.customer": State.SENT}


def test_a_night_is_quiet_but_for_what_matters(ports, near, sms):
    near.choices[CUSTOMER.account_id] = Choices(quiet=QuietHours(time(17), time(18), "Asia/Shanghai"))  # it is 17:30
    for kind in ("order.completed", "order.refunded", "queue.called"):
        deliver(ports, message(kind))
    states = {notice.kind: notice.state for notice in ports.store.rows.values()}
    assert states == {
        "order.completed.customer": State.HELD,
        "order.refunded.customer": State.SENT,
        "queue.called.customer": State.SENT,
    }
