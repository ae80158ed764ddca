"""Tags, words, wishes, hours and pace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Invalid
from chalicelib.kit.wall import shown
from chalicelib.outreach.rules import content, outreach, tags, wishes
from chalicelib.outreach.rules.outreach import Draft, Outcome, Outreach, Report, Started, State
from chalicelib.outreach.rules.problems import NotAllowedText, NotSending, SentEnough, TooManyTagged, TooManyTags
from chalicelib.outreach.rules.tags import Tally
from chalicelib.outreach.rules.wishes import Heard, Offer, Wish
from tests.chalicelib.outreach.world import NOW, TEXT
from tests.zones import ODD

HOUR = timedelta(hours=1)
HOSTS = frozenset({"linli.example"})
NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
OTR = Outreach(
    "May", ("a",), TEXT, None, NOW, 120,
    id="otr_1", merchant_id="acc_m", shop_id="shp_1", zone="Asia/Shanghai", currency="CNY", created_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["  Regular  guests "], ("regular guests",)),
        (["烫染", "ＶＩＰ", "vip"], ("vip", "烫染")),
        (["kids & co", "50+"], ("50+", "kids & co")),
    ],
)
def test_tags_are_kept_in_one_form(written, kept):
    assert tags.read(written, "add") == kept


@pytest.mark.parametrize(
    "written", ["", " ", "a" * 25, "#x", "x/y", "a\u202eb", "13812345678", "call 12345", "-", "a@b"]
)
def test_what_is_no_word_for_a_group_is_no_tag(written):
    with pytest.raises(Invalid) as refused:
        tags.read(["ok", written], "add")
    assert [one.field for one in refused.value.errors] == ["add.1"]


@given(st.lists(st.tuples(st.integers(1, 4), st.sets(NAMES), st.sets(NAMES)), max_size=30))
def test_the_tally_is_what_the_customers_have(changes):
    have: dict[int, tuple[str, ...]] = {}
    tally = Tally("acc_m")
    for who, add, remove in changes:
        before = have.get(who, ())
        after = tags.changed(before, add, remove)
        tally = tags.counted(tally, before, after)
        have[who] = after
    counted = {name: sum(name in one for one in have.values()) for name in "abcde"}
    assert tally.counts == {name: number for name, number in counted.items() if number}
    assert tally.customers == sum(bool(one) for one in have.values())


def test_tags_have_limits_that_nobody_is_caught_behind():
    many = [f"t{n}" for n in range(tags.MOST_OF_CUSTOMER)]
    assert len(tags.changed((), many, ())) == tags.MOST_OF_CUSTOMER
    with pytest.raises(TooManyTags):
        tags.changed(many, ["one more"], ())
    full = Tally("acc_m", {f"t{n}": 1 for n in range(tags.MOST_NAMES)}, tags.MOST_CUSTOMERS)
    with pytest.raises(TooManyTags):
        tags.counted(full, ["t1"], ["t1", "new"])
    with pytest.raises(TooManyTagged):
        tags.counted(full, (), ["t1"])
    over = replace(full, counts={f"t{n}": 1 for n in range(tags.MOST_NAMES + 5)}, customers=tags.MOST_CUSTOMERS + 5)
    assert tags.counted(over, ["t1"], ()).customers == tags.MOST_CUSTOMERS + 4


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Best wishes for May: colour and cut for the price of a cut."),
        ("en", "See https://linli.example/shops/shp_1 for the new card, from 9:00 to 18:30."),
        ("en", "20% off, 12.50 instead of 15.00, until 31.05.2030"),
        ("zh", "五月染发送剪发，满199减30，5月31日前有效。"),
        ("zh", "裸色美甲回来了，奶茶很Q弹，欢迎来店里坐坐。"),
        ("zh", "详情 https://linli.example/shops/shp_1"),
        ("zh", "满100减20。VIP顾客可叠加。OK。速来"),
        ("en", "Open 9 a.m. to 6.30 p.m., e.g. on 1.5.2030. See you!"),
    ],
)
def test_ordinary_offers_pass(language, text):
    content.check({language: text}, HOSTS)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Look at https://evil.example/x for more"),
        ("en", "Look at https://linli.example.evil.com/x for more"),
        ("en", "Look at https://linli.example@evil.com/ for more"),
        ("en", "Look at www.linli.example.cc for more"),
        ("en", "Look at my-shop.com for more"),
        ("zh", "欢迎访问taobao.com领券"),  # no space before or after it
        ("zh", "欢迎来美团.com看看"),
        ("zh", "网址是商家.网址，欢迎光临"),
        ("en", "Look at \u0435vil.com for more"),  # a Cyrillic e
        ("en", "Look at evil.\u200bcom for more"),
        ("en", "Look at evil.c\ufe0fom for more"),
        ("en", "Look at https://evil.com\\@linli.example for more"),  # browsers go to the first, Python to the second
        ("zh", "加微\u3164信看看更多优惠"),
        ("en", "Look at bit.ly/x or at evil.work for more"),
        ("en", "Look at goo.gl, it is short"),
        ("en", "Look at 198.51.100.7/x for more"),
        ("zh", "欢迎访问evil。com领券"),  # which browsers read as a dot
        ("en", "Write to anna@shop.example today"),
        ("en", "Call +86 138-1234-5678 today"),
        ("en", "Call １３８１２３４５６７８ today"),
        ("en", "Call 138\u200b1234\u200b5678 today"),
        ("en", "Call 2030.05.01 13812345678 today"),
        ("en", "WhatsApp us for a discount"),
        ("zh", "加微 信好友领红包"),
        ("zh", "加V领红包，速来"),
        ("zh", "加Q Q群领券"),
        ("en", "The best in town, promised"),
        ("en", "Guaranteed  profit for you"),
        ("en", "It cures everything at once"),
        ("zh", "全国第 一的理发店"),
        ("zh", "国\u200b家级技师坐镇"),
        ("zh", "最佳选择，欢迎光临"),
        ("zh", "小额贷款请找我们"),
        ("en", "Hi"),
        ("en", "x" * 121),
        ("zh", "长" * 61),
    ],
)
def test_what_leads_elsewhere_or_may_not_be_said_does_not_pass(language, text):
    with pytest.raises(NotAllowedText) as refused:
        content.check({"en": "Fine as it is.", language: text}, HOSTS)
    assert {one.field for one in refused.value.errors} == {f"text.{language}"}


@given(st.text(max_size=200))
def test_any_text_is_judged(text):
    try:
        content.check({"en": text}, HOSTS)
    except NotAllowedText:
        return
    assert content.SHORTEST <= len(text.strip()) <= content.LONGEST["en"]


@pytest.mark.parametrize(
    ("own", "marketing", "wants"), [(None, False, False), (None, True, True), (True, False, True), (False, True, False)]
)
def test_nobody_is_written_to_who_has_not_said_so(own, marketing, wants):
    wish = None if own is None else Wish("acc_1", "acc_m", "shp_1", own, ((NOW, own),))
    assert wishes.wants(wish, marketing=marketing) is wants


def test_what_was_said_is_kept():
    first = wishes.said(None, "acc_1", "acc_m", "shp_1", NOW, wanted=True)
    assert wishes.said(first, "acc_1", "acc_m", "shp_2", NOW + HOUR, wanted=True) is first
    second = wishes.said(first, "acc_1", "acc_m", "shp_2", NOW + HOUR, wanted=False)
    assert second.said == ((NOW, True), (NOW + HOUR, False))
    assert (second.version, second.shop_id) == (2, "shp_2")


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["m1", "m2", "m3"])), max_size=60))
def test_nobody_hears_more_than_a_weeks(steps):
    heard, now, sent = Heard("acc_1"), NOW, []
    for number, (hours, merchant) in enumerate(steps):
        now += hours * HOUR
        if wishes.may_hear(heard, merchant, now):
            heard = wishes.heard_of(heard, Offer(now, merchant, f"otr_{number}"))
            sent.append((now, merchant))
    for at, merchant in sent:
        week = [one for one in sent if at - wishes.WEEK < one[0] <= at]
        assert len(week) <= wishes.MOST_A_WEEK
        assert sum(one[1] == merchant for one in week) <= wishes.MOST_OF_MERCHANT
    assert len(heard.offers) <= 10


@given(st.sampled_from(sorted(ODD)), st.integers(0, 366 * 24 * 60))
def test_offers_go_out_by_day_alone(zone, minutes):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    at = outreach.opening(now, zone)
    assert at >= now
    assert outreach.OPENS <= shown(at, ZoneInfo(zone)).time() < outreach.CLOSES
    assert at - now <= timedelta(hours=16)
    assert outreach.opening(at, zone) == at


@pytest.mark.parametrize(
    ("per_hour", "a_turn", "minutes"), [(12, 10, 50), (100, 10, 6), (120, 10, 5), (132, 11, 5), (600, 50, 5)]
)
def test_the_pace_is_so_many_a_turn_and_a_slow_one_has_longer_pauses(per_hour, a_turn, minutes):
    one, early = replace(OTR, per_hour=per_hour), timedelta(minutes=1)
    assert one.a_turn == a_turn
    longest = max(timedelta(minutes=minutes), timedelta(hours=-(-a_turn // 10) * 10 / per_hour))
    assert one.pause(a_turn) + early == longest
    assert one.pause(1) == one.pause(10), "how long it rests does not tell how many there were"
    assert one.pause(0) + early == timedelta(minutes=5)


def test_a_merchant_writes_so_often_in_a_week():
    started, now = Started("acc_m"), NOW
    for _ in range(outreach.MOST_STARTED):
        started, now = outreach.begun(started, now), now + HOUR
    with pytest.raises(SentEnough) as refused:
        outreach.begun(started, now)
    assert refused.value.retry_after == 7 * 24 * 3600 - 2 * 3600 + 1
    assert len(outreach.begun(started, NOW + wishes.WEEK).times) == outreach.MOST_STARTED


def test_it_begins_when_it_is_said_and_not_in_the_past():
    draft = Draft("May", ("a",), TEXT, None, NOW - HOUR)
    assert outreach.planned(draft, NOW) == NOW
    assert outreach.planned(replace(draft, starts_at=NOW + HOUR), NOW) == NOW + HOUR
    with pytest.raises(Invalid):
        outreach.planned(replace(draft, starts_at=NOW + timedelta(days=31)), NOW)


def test_a_turn_moves_it_on_and_the_last_one_ends_it():
    one = outreach.advanced(OTR, [Outcome.SENT, Outcome.BLOCKED, Outcome.SENT], "acc_3", NOW, is_over=False)
    assert (one.tagged, one.sent, one.position, one.version) == (3, 2, "acc_3", 2)
    assert one.next_at == NOW + timedelta(minutes=4)
    late = outreach.advanced(OTR, [], None, NOW + 9 * HOUR, is_over=False)
    assert late.next_at == NOW + 23 * HOUR, "ten o'clock the next day"
    over = outreach.advanced(one, [Outcome.NO_CONSENT], None, NOW, is_over=True)
    assert (over.state, over.ended_at, over.tagged, over.position) == (State.DONE, NOW, 4, "acc_3")
    with pytest.raises(NotSending):
        outreach.stopped(over, NOW)


def test_it_is_counted_each_hour_then_each_day_and_then_no_more():
    over = outreach.stopped(replace(OTR, outcomes={Outcome.SENT: 2}), NOW)
    times = []
    while over.next_at is not None:
        times.append(over.next_at)
        over = outreach.reported(over, Report(over.next_at, sent=3, delivered=5 - len(times) % 2))
    assert times[:3] == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
    assert len(times) == 48 + 12
    assert times[-1] <= NOW + outreach.REPORTED_FOR
    assert over.report.delivered == 5, "what was counted once stays"
    assert over.sent == 3, "who got it in a turn that was stopped half-way"


def test_while_it_is_sent_it_is_counted_each_hour():
    going = replace(OTR, outcomes={Outcome.SENT: 2})
    assert not outreach.wants_report(OTR, NOW)
    assert outreach.wants_report(going, NOW)
    counted = outreach.reported(going, Report(NOW, sent=9))
    assert (counted.sent, counted.next_at) == (2, going.next_at), "the turns count who got it"
    assert not outreach.wants_report(counted, NOW + HOUR - timedelta(seconds=1))
    assert outreach.wants_report(counted, NOW + HOUR)
