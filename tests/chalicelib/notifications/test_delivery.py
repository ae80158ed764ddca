"""Which way a notice goes, when, and what becomes of it where a channel is down, an address gone, a cap spent."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from chalicelib.accounts.ports import Identity, Kind
from chalicelib.kit.errors import NotFound
from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import AddressGone, SenderDown, Undeliverable
from chalicelib.notifications.rules import LEASE, AddressBusy, InHand, State, Suspension
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Channel, Choices, Digest, QuietHours
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.notifications.payloads import message
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import AT, FakeSender, notice_ports

PUSH, WECHAT, SMS, EMAIL = Channel.PUSH, Channel.WECHAT, Channel.SMS, Channel.EMAIL
CUSTOMERS, MAIL = "+8613800000001", "ming@example.com"
MUST, NOW, WAITS = "order.refunded", "queue.called", "order.completed"
KIND = "order.completed.customer"


@pytest.fixture
def near():
    return Neighbours()


class World:
    """A deployment with every channel, and a customer with two phones, WeChat, mail and a number."""

    def __init__(self, near, ways=Channel):
        self.near = near
        self.ports = notice_ports(near, senders={channel: FakeSender() for channel in Channel})
        self.clock = self.ports.clock
        known = self.ports.addresses.known
        if PUSH in ways:
            known[CUSTOMER.account_id, PUSH] = ("phone-1", "phone-2")
        if WECHAT in ways:
            known[CUSTOMER.account_id, WECHAT] = ("openid-1",)
        kinds = {SMS: Identity(Kind.PHONE, CUSTOMERS, AT), EMAIL: Identity(Kind.EMAIL, MAIL, AT)}
        identities = tuple(one for channel, one in kinds.items() if channel in ways)
        mine = near.accounts[CUSTOMER.account_id]
        near.accounts[CUSTOMER.account_id] = replace(mine, identities=identities)

    def sender(self, channel):
        return self.ports.senders[channel]

    def tell(self, kind):
        told = message(kind)
        deliver(self.ports, told)
        return told

    def sent(self):
        """How often each channel was asked."""
        return {channel: len(self.sender(channel).calls) for channel in Channel if self.sender(channel).calls}

    def minute(self, minutes=1):
        """Let time pass, minute by minute, with the sweep and the queue at work."""
        for _ in range(minutes):
            self.clock.on(minutes=1)
            swept = sweep(self.ports, self.clock.now())
            self.work()
        return swept

    def work(self, times=1):
        for told in self.ports.outbox.take() * times:
            deliver(self.ports, told)

    @property
    def notice(self):
        (one,) = (row for row in self.ports.store.rows.values() if row.account_id == CUSTOMER.account_id)
        return one

    def choose(self, **changes):
        self.near.choices[CUSTOMER.account_id] = Choices(**changes)


@pytest.fixture
def world(near):
    return World(near)


@pytest.mark.parametrize("kind", [MUST, NOW, WAITS])
def test_whoever_has_a_phone_with_the_app_is_pushed_and_not_texted(world, kind):
    world.tell(kind)
    assert world.sent() == {PUSH: 2}, "each phone"
    assert world.sender(PUSH).letters[0].unread == 1
    assert (world.notice.state, world.notice.channel) == (State.SENT, PUSH)
    assert (world.notice.due is None) == (kind == WAITS)


@pytest.mark.parametrize(("kind", "minutes"), [(MUST, 15), (NOW, 3)])
def test_what_is_not_read_goes_by_text_message_once(world, kind, minutes):
    world.tell(kind)
    world.minute(minutes - 1)
    assert SMS not in world.sent()
    world.minute(60)
    assert world.sent() == {PUSH: 2, SMS: 1}
    assert world.sender(SMS).letters[0].body.startswith("【邻里】")
    assert (world.notice.state, world.notice.channel, world.notice.due) == (State.SENT, SMS, None)


@pytest.mark.parametrize("read", [use_cases.read, lambda ports, actor, _one: use_cases.read_all(ports, actor)])
def test_what_was_read_is_not_texted(world, read):
    world.tell(MUST)
    world.minute(14)
    assert read(world.ports, CUSTOMER, world.notice.id) == 0
    world.minute(60)
    assert world.sent() == {PUSH: 2}
    assert (world.notice.state, world.notice.due) == (State.SENT, None)


@pytest.mark.parametrize("read", [use_cases.read, lambda ports, actor, _one: use_cases.read_all(ports, actor)])
def test_what_is_read_between_the_sweep_and_the_queue_is_not_texted(world, read):
    world.tell(MUST)
    world.clock.on(minutes=15)
    sweep(world.ports, world.clock.now())
    read(world.ports, CUSTOMER, world.notice.id)
    world.work(times=3)
    assert world.sent() == {PUSH: 2}


def test_a_message_of_the_sweep_that_comes_five_times_texts_once(world):
    world.tell(NOW)
    world.clock.on(minutes=3)
    for _ in range(3):
        sweep(world.ports, world.clock.now())
    world.work(times=5)
    assert world.sent() == {PUSH: 2, SMS: 1}


def test_a_message_of_the_sweep_that_is_lost_is_made_good(world):
    world.tell(NOW)
    world.clock.on(minutes=3)
    sweep(world.ports, world.clock.now())
    world.ports.outbox.take()
    world.minute(29)
    assert SMS not in world.sent()
    world.minute(2)
    assert world.sent()[SMS] == 1


def test_a_run_that_dies_with_a_fall_back_in_hand_leaves_it_to_the_next(world, monkeypatch):
    world.tell(NOW)
    world.clock.on(minutes=3)
    sweep(world.ports, world.clock.now())
    (due,) = world.ports.outbox.take()

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(world.sender(SMS), "send", die)
        with pytest.raises(SystemExit):
            deliver(world.ports, due)
    with pytest.raises(InHand):
        deliver(world.ports, due)
    world.clock.at += LEASE
    deliver(world.ports, due)
    assert world.sent() == {PUSH: 2, SMS: 1}
    assert (world.notice.state, world.notice.channel, world.notice.is_fallback) == (State.SENT, SMS, True)


@pytest.mark.parametrize("kind", ["login.new", "factor.removed", "identity.linked", "privacy.erasure_asked"])
def test_what_tells_of_the_account_is_texted_at_once_and_read_away_by_nobody(world, kind):
    world.sender(SMS).moods[CUSTOMERS] = [SenderDown("planted")]
    world.sender(EMAIL).moods[MAIL] = [SenderDown("planted")]
    world.tell(kind)
    use_cases.read_all(world.ports, CUSTOMER)
    use_cases.read(world.ports, CUSTOMER, world.notice.id)
    world.minute(3)
    assert PUSH not in world.sent()
    assert len(world.sender(SMS).inbox) == 1


def test_what_can_wait_waits_for_the_morning_and_is_sent_then(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))  # it is 17:30
    world.tell(WAITS)
    world.tell(NOW)
    assert [one.state for one in world.ports.store.rows.values()] == [State.HELD, State.SENT]
    world.clock.at = datetime(2030, 5, 1, 23, 58, tzinfo=UTC)
    world.minute()
    assert world.sent() == {PUSH: 2}, "the number that was called in the evening is of no use now, unread or not"
    world.minute(2)
    assert len(world.sender(PUSH).inbox) == 2
    assert {one.state for one in world.ports.store.rows.values()} == {State.SENT}


def test_who_reads_what_is_held_is_not_woken_by_it_later(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))
    world.tell(WAITS)
    use_cases.read(world.ports, CUSTOMER, world.notice.id)
    world.clock.on(hours=20)
    world.minute()
    assert world.sent() == {}
    assert (world.notice.state, world.notice.due) == (State.SILENT, None)


def test_who_moves_their_quiet_hours_waits_for_the_new_ones(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))
    world.tell(WAITS)
    world.choose(quiet=QuietHours(time(17), time(9), "Asia/Shanghai"))
    world.clock.at = datetime(2030, 5, 2, 0, 1, tzinfo=UTC)
    world.minute()
    assert world.sent() == {}
    world.clock.at = datetime(2030, 5, 2, 1, 0, tzinfo=UTC)
    world.minute()
    assert world.sent() == {PUSH: 2}


def test_a_switch_is_for_a_kind_and_a_channel_and_goes_round_it(world):
    world.choose(off=frozenset({(KIND, PUSH), (KIND, WECHAT)}))
    world.tell(WAITS)
    assert world.sent() == {EMAIL: 1}
    world.choose(off=frozenset((KIND, channel) for channel in Channel))
    world.tell(WAITS)
    assert world.sent() == {EMAIL: 1}
    assert [one.state for one in world.ports.store.rows.values()] == [State.SENT, State.SILENT]
    world.choose(off=frozenset(("order.refunded.customer", channel) for channel in Channel))
    world.tell(MUST)
    assert world.sent() == {EMAIL: 1, PUSH: 2}, "money is told of"


def test_a_mail_tells_its_way_out_where_there_is_one_and_has_a_page(world):
    world.choose(off=frozenset({(KIND, PUSH), (KIND, WECHAT)}))
    world.ports = replace(world.ports, app_link="https://app.example.com/")
    world.tell(WAITS)
    (mail,) = world.sender(EMAIL).letters
    assert mail.unsubscribe.startswith("https://api.example.com/v1/unsubscribe/")
    token = mail.unsubscribe.rpartition("/")[2]
    assert use_cases.stoppable(world.ports, token) == (CUSTOMER.account_id, KIND)
    assert mail.link == "https://app.example.com/orders/ord_1"
    assert mail.unsubscribe in mail.html
    assert mail.link in mail.html
    world.near.accounts[CUSTOMER.account_id] = replace(
        world.near.accounts[CUSTOMER.account_id], identities=(Identity(Kind.EMAIL, MAIL, AT),)
    )
    world.tell("login.new")
    assert world.sender(EMAIL).letters[-1].unsubscribe is None, "what must be told has none"


def test_a_channel_that_is_down_hands_on_what_matters_and_keeps_what_can_wait(world):
    for channel in (PUSH, WECHAT):
        world.sender(channel).down = SenderDown("planted")
    world.tell(MUST)
    assert len(world.sender(SMS).inbox) == 1
    world.tell(WAITS)
    held = list(world.ports.store.rows.values())[-1]
    assert (held.state, held.due.lane, held.tries) == (State.HELD, "push", 1)
    assert len(world.sender(PUSH).calls) == 1, "it is left alone for half a minute"
    world.minute(10)
    assert held.id not in world.sender(SMS).inbox
    world.sender(PUSH).down = None
    world.minute(20)
    assert held.id in world.sender(PUSH).inbox
    assert len(world.sender(SMS).inbox) == 1


def test_a_provider_that_says_when_is_asked_then(near):
    world = World(near, {SMS})
    world.sender(SMS).moods[CUSTOMERS] = [SenderDown("planted", timedelta(minutes=40))]
    world.tell(MUST)
    assert world.notice.due.at == AT + timedelta(minutes=40)
    world.minute(39)
    assert world.sent() == {SMS: 1}
    world.minute(1)
    assert (world.sent(), world.notice.state) == ({SMS: 2}, State.SENT)


def test_an_address_that_is_busy_holds_up_nobody_else(near):
    world = World(near, {SMS})
    world.sender(SMS).moods[CUSTOMERS] = [AddressBusy("planted", timedelta(minutes=5))]
    world.tell("order.confirmed")
    assert len(world.sender(SMS).inbox) == 1, "the merchant's"
    assert world.notice.due.lane == "busy"
    assert world.minute(5).down == ()
    assert len(world.sender(SMS).inbox) == 2


@pytest.mark.parametrize(
    ("kind", "after", "state"),
    [
        (NOW, timedelta(minutes=50), State.SENT),
        (NOW, timedelta(hours=1, minutes=1), State.LATE),
        (WAITS, timedelta(days=2, hours=23), State.SENT),
        (WAITS, timedelta(days=3, minutes=1), State.LATE),
        (MUST, timedelta(days=13), State.SENT),
    ],
)
def test_what_is_of_no_use_any_more_is_not_sent_and_is_there_to_be_read(near, kind, after, state):
    world = World(near, {SMS})
    world.sender(SMS).down = SenderDown("planted")
    world.tell(kind)
    world.sender(SMS).down = None
    world.clock.at += after
    world.minute(2)
    assert world.notice.state == state
    assert len(world.sender(SMS).inbox) == (state == State.SENT)
    assert use_cases.unread(world.ports, CUSTOMER) == 1


def test_an_address_that_is_gone_gets_nothing_until_its_owner_gives_it_anew(near):
    world = World(near, {SMS, EMAIL})
    world.sender(SMS).moods[CUSTOMERS] = [AddressGone("opted out")]
    world.tell(MUST)
    assert (world.notice.state, world.notice.channel) == (State.SENT, EMAIL), "the next channel has it"
    assert set(world.ports.gone.rows) == {(SMS, CUSTOMERS)}
    world.tell(MUST)
    assert world.sent() == {SMS: 1, EMAIL: 2}
    anew = Identity(Kind.PHONE, CUSTOMERS, AT + timedelta(minutes=1))
    mine = near.accounts[CUSTOMER.account_id]
    near.accounts[CUSTOMER.account_id] = replace(mine, identities=(anew, *mine.identities[1:]))
    world.tell(MUST)
    assert world.sent() == {SMS: 2, EMAIL: 2}


def test_a_bounce_suspends_the_address_of_whoever_has_it(near):
    world = World(near, {EMAIL})
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce")
    use_cases.suspend(world.ports, EMAIL, MAIL, "complaint")
    world.tell(MUST)
    assert (world.sent(), world.notice.state) == ({}, State.UNDELIVERABLE)
    (way,) = use_cases.address_book(world.ports, CUSTOMER.account_id)
    assert (way.channel, way.suspension) == (EMAIL, Suspension("complaint", AT))
    with pytest.raises(NotFound):
        use_cases.address_book(world.ports, "acc_none")


def test_a_bounce_that_is_told_late_is_not_of_who_gave_the_address_since(near):
    world = World(near, {EMAIL})
    mine = near.accounts[CUSTOMER.account_id]
    anew = tuple(replace(one, linked_at=AT - timedelta(minutes=1)) for one in mine.identities)
    near.accounts[CUSTOMER.account_id] = replace(mine, identities=anew)
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce", AT - timedelta(hours=1))
    world.tell(MUST)
    assert world.sent() == {EMAIL: 1}
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce", AT + timedelta(days=900))
    (way,) = use_cases.address_book(world.ports, CUSTOMER.account_id)
    assert way.suspension == Suspension("bounce", AT), "a clock that is ahead says nothing of what comes"


def test_a_letter_that_is_refused_for_itself_suspends_nothing(world):
    world.sender(PUSH).moods = {"phone-1": [Undeliverable("too large")], "phone-2": [AddressGone("uninstalled")]}
    world.tell(MUST)
    assert world.ports.gone.rows == {}, "a phone that is gone is forgotten by its sender"
    assert (world.notice.channel, world.sent()) == (WECHAT, {PUSH: 2, WECHAT: 1})


def test_what_can_be_switched_off_stops_at_its_cap_and_what_must_be_told_does_not(near):
    world = World(near, {SMS})
    world.ports = replace(world.ports, caps={"*": 0})
    for kind, state in ((WAITS, State.CAPPED), (NOW, State.CAPPED), (MUST, State.SENT)):
        world.tell(kind)
        assert list(world.ports.store.rows.values())[-1].state == state
    assert len(world.sender(SMS).inbox) == 1
    assert world.ports.spent.spent("order.refunded.customer", AT) > 0, "but counted"
    assert world.ports.spent.spent(KIND, AT) == 0


def test_over_its_cap_a_kind_goes_by_what_costs_nothing(world):
    world.ports = replace(world.ports, caps={"*": 0})
    world.tell(WAITS)
    assert world.sent() == {PUSH: 2}
    world.tell(NOW)
    world.minute(60)
    assert SMS not in world.sent()
    assert {one.state for one in world.ports.store.rows.values()} == {State.SENT}


def test_what_was_not_taken_is_not_paid(near):
    world = World(near, {SMS})
    for mood in (SenderDown("planted"), Undeliverable("planted")):
        world.ports.pauses.until.clear()
        world.sender(SMS).moods[CUSTOMERS] = [mood]
        world.tell(WAITS)
    assert world.ports.spent.spent(KIND, AT) == 0


def test_a_merchants_day_is_one_notice(near):
    world = World(near)
    kinds = frozenset({"order.confirmed.merchant", "review.posted.merchant"})
    near.choices[MERCHANT.account_id] = Choices(digest=Digest(kinds, time(18), "Asia/Shanghai"))  # it is 17:30
    for _ in range(3):
        world.tell("order.confirmed")
    told = world.tell("review.posted")
    deliver(world.ports, told)
    world.tell("payout.failed")
    merchants = "+8613800000002"
    texts = world.sender(SMS).inbox
    assert sum(to == merchants for to, _ in texts.values()) == 1, "what must be told is not gathered"
    assert use_cases.unread(world.ports, MERCHANT) == 5, "each is in the list at once"
    world.minute(31)
    assert sum(to == merchants for to, _ in texts.values()) == 1
    world.minute(2)
    (digest,) = (body for to, body in texts.values() if to == merchants and "Your day" in body)
    assert digest == "[Linli] Your day: New orders: 3; New reviews: 1."
    world.minute(60)
    world.clock.on(hours=24)
    world.minute(3)
    assert sum("Your day" in body for _, body in texts.values()) == 1, "nothing happened: nothing is told"
    world.tell("review.posted")
    world.clock.on(hours=24)
    world.minute(3)
    assert sum("Your day" in body for _, body in texts.values()) == 2


def test_somebody_who_is_gone_is_looked_for_no_more(world):
    world.tell(MUST)
    del world.near.accounts[CUSTOMER.account_id]
    world.minute(16)
    assert (world.sent(), world.notice.due) == ({PUSH: 2}, None)


def test_a_sweep_whose_time_is_over_goes_on_at_the_next(near):
    world = World(near, {PUSH, SMS})
    for _ in range(5):
        world.tell(NOW)
    world.clock.on(minutes=3)
    first = sweep(world.ports, world.clock.now(), timedelta(0))
    assert (first.is_done, first.sent_on) == (False, {"unread": 1})
    assert sweep(world.ports, world.clock.now()).sent_on == {"unread": 4}
    world.work()
    assert len(world.sender(SMS).inbox) == 5


def test_a_lane_that_is_full_does_not_hold_up_another(near):
    world = World(near, {SMS})
    world.sender(SMS).down = SenderDown("planted")
    for _ in range(150):
        world.tell(MUST)
    world.sender(SMS).down = None
    kinds = frozenset({"review.posted.merchant"})
    near.choices[MERCHANT.account_id] = Choices(digest=Digest(kinds, time(18), "Asia/Shanghai"))
    world.tell("review.posted")
    world.clock.on(hours=1)

    class Ticking:
        """Each look at the clock takes a hundredth of a second."""

        def now(self):
            world.clock.on(milliseconds=10)
            return world.clock.at

    swept = sweep(replace(world.ports, clock=Ticking()), world.clock.now(), timedelta(seconds=1))
    assert not swept.is_done
    assert swept.digests == 1
    assert 50 <= swept.sent_on["sms"] < 149
    rest = sweep(world.ports, world.clock.now())
    assert swept.sent_on["sms"] + rest.sent_on["sms"] + len(world.sender(SMS).inbox) == 150, "one is tried each time"
