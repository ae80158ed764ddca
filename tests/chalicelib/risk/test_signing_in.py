"""Sign-ins on real DynamoDB semantics: what is remembered, told, slowed down and alarming, and what it costs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.i18n import Text
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.risk import use_cases
from chalicelib.risk.ports import (
    AlertKind,
    Freeze,
    Located,
    Position,
    Ruling,
    Sign,
    SignIn,
    SignInFrozen,
    SlowDown,
    Try,
    Wanted,
)
from chalicelib.risk.rules import Limit, Outcome, Window
from chalicelib.risk.sign_ins import SignInPolicy
from chalicelib.risk.store.sign_ins import CrowdRow, LoginRow
from tests.api import told
from tests.chalicelib.risk.world import DAY, HOUR, NOW
from tests.emulators import DYNOXIDE

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"
BOUNDS = SignInPolicy(
    tries=Limit((Window(HOUR, 3),), Outcome.REFUSE),
    guesses=Limit((Window(HOUR, 4),), Outcome.REVIEW),
    crowd=2,
    network_crowd=3,
    stuffing=3,
)
HOME, AWAY, VPN = "101.80.1.1", "81.2.69.142", "185.220.101.1"


class Map:
    """A locator that knows three addresses."""

    def locate(self, ip, headers):
        return {
            HOME: Located(Position(31.2222, 121.4581, 20), Text("China", "中国")),
            AWAY: Located(Position(51.5142, -0.0931, 10), Text("United Kingdom", "英国")),
            VPN: Located(Position(52.5, 13.4, 10), Text("Germany", "德国"), is_relay=True),
        }.get(ip)


@pytest.fixture
def ports(tables):
    return replace(wiring.sign_ins(), locator=Map(), bounds=BOUNDS)


def asked(hours=0, **other):
    about = {
        "account_id": "acc_1",
        "method": "password",
        "device": "device-1",
        "ip": HOME,
        "at": NOW + hours * HOUR,
        "agent": PHONE,
        "since": NOW,
    }
    return SignIn(**{**about, **other})


def sign_in(ports, hours=0, **other):
    """What accounts do: the verdict, and the session with it; contended, once more."""

    def attempt():
        verdict = use_cases.signing_in(ports, asked(hours, **other))
        if verdict.ruling in {Ruling.PASS, Ruling.TELL}:
            ports.committer.commit(verdict.actions)
        return verdict

    return retrying(attempt)


def guess(hours=0, account="acc_1", **other):
    about = {"account_id": account, "typed": "someone@example.com", "method": "password", "device": None, "ip": AWAY}
    return Try(**{**about, "at": NOW + hours * HOUR, **other})


def alerts(ports):
    return [(one.kind, one.subject, one.times) for one in ports.store.open_alerts(Wanted(), None, 50).items]


def test_a_person_is_told_of_a_device_that_the_account_does_not_know(ports):
    assert sign_in(ports).ruling == Ruling.PASS  # the first sign-in of a new account
    assert sign_in(ports, 1).ruling == Ruling.PASS
    assert told() == []
    new = sign_in(ports, 20, device="device-2", ip=AWAY)
    assert (new.ruling, new.signs) == (Ruling.TELL, {Sign.NEW_DEVICE})
    [message] = told("login.new")
    assert (message.queues, message.payload) == (
        ("notifications",),
        {
            "customer_id": "acc_1",
            "device": "iPhone",
            "place": {"en": "United Kingdom", "zh-CN": "英国"},
            "at": "2030-05-02T00:00:00.000000Z",
        },
    )
    assert sign_in(ports, 21, device="device-2", ip=AWAY).ruling == Ruling.PASS
    assert sign_in(ports, 60).ruling == Ruling.PASS
    assert (len(told()), alerts(ports)) == (1, [])


def test_a_client_without_an_id_of_its_device_is_known_by_what_it_is_and_where(ports):
    assert sign_in(ports, device=None).ruling == Ruling.PASS
    assert sign_in(ports, 1, device=None).ruling == Ruling.PASS
    assert sign_in(ports, 2, device="").ruling == Ruling.PASS
    assert sign_in(ports, 3, device=None, agent="curl").ruling == Ruling.TELL


@pytest.mark.store
def test_two_sign_ins_from_a_new_device_at_once_are_told_once(ports):
    sign_in(ports)
    together = Barrier(2)

    def run(_):
        together.wait()
        return sign_in(ports, 20, device="device-2").ruling

    with ThreadPoolExecutor(2) as pool:
        rulings = sorted(pool.map(run, range(2)))
    assert rulings == [Ruling.PASS, Ruling.TELL]
    assert len(told("login.new")) == 1
    stale = use_cases.signing_in(ports, asked(21, device="device-3"))
    sign_in(ports, 21)
    with pytest.raises(Contention):  # decided on what stands no more
        ports.committer.commit(stale.actions)


@pytest.mark.store
def test_nothing_at_rest_says_where_somebody_is_and_with_what(ports):
    sign_in(ports, ip=AWAY)
    row = LoginRow.get("LOGIN#acc_1", "LOGIN")
    held = str(row.attribute_values)
    assert not any(part in held for part in ("device-1", AWAY, "51.5", "-0.1"))
    assert row.expires_at == int((NOW + 90 * DAY).timestamp())
    file = ports.sign_ins.facts("acc_1", None, NOW).file
    assert file.seen.position == Position(51.5, -0.1, 18)
    crowds = list(CrowdRow.scan())
    rows = [one for one in crowds if one.sk == "CROWD"]
    assert len(rows) == 2
    assert not any("acc_1" in str(one.who) or AWAY in one.pk or "device-1" in one.pk for one in rows)


def test_travel_faster_than_any_airliner_asks_for_more_and_is_an_alert(ports):
    sign_in(ports)
    far = {"ip": AWAY, "has_second_factor": True}
    first = sign_in(ports, 2, **far)
    assert (first.ruling, first.signs, first.actions) == (Ruling.STEP_UP, {Sign.TRAVEL}, ())
    assert alerts(ports) == [(AlertKind.TRAVEL, "account:acc_1", 1)]
    assert told() == []
    assert sign_in(ports, 2, **far, is_proven_twice=True).ruling == Ruling.TELL
    assert (alerts(ports)[0][2], len(told())) == (1, 1)
    assert sign_in(ports, 3, **far).ruling == Ruling.PASS  # this is where they are
    assert sign_in(ports, 4).ruling == Ruling.TELL  # whoever has no second factor is told
    assert alerts(ports)[0][2] == 2
    assert sign_in(ports, 5, ip=VPN).ruling == Ruling.PASS
    assert sign_in(ports, 6, ip="10.0.0.1").ruling == Ruling.PASS
    assert sign_in(ports, 3).ruling == Ruling.PASS  # the clock of another container
    assert ports.sign_ins.facts("acc_1", None, NOW).file.seen.at == NOW + 4 * HOUR


def test_a_frozen_sign_in_is_refused_whenever_it_was_frozen(ports):
    verdict = use_cases.signing_in(ports, asked())
    freeze = Freeze("login:acc_1", is_frozen=True, reason="?", by="acc_admin", at=NOW)
    ports.committer.commit([ports.store.put_freeze(freeze)])
    with pytest.raises(SignInFrozen):
        ports.committer.commit(verdict.actions)
    refused = sign_in(ports, is_proven_twice=True, has_second_factor=True)
    assert (refused.ruling, refused.actions) == (Ruling.REFUSE, ())
    assert sign_in(ports, account_id="acc_2").ruling == Ruling.PASS
    ports.committer.commit([ports.store.lift(freeze)])
    assert sign_in(ports).ruling == Ruling.PASS


def test_many_accounts_on_one_device_or_in_one_network_are_looked_at(ports):
    rulings = [sign_in(ports, account_id=f"acc_{n}").ruling for n in range(2)]
    assert rulings == [Ruling.PASS] * 2
    third = sign_in(ports, account_id="acc_3", has_second_factor=True)
    assert (third.ruling, third.signs) == (Ruling.STEP_UP, {Sign.CROWD})
    assert sign_in(ports, account_id="acc_1").ruling == Ruling.PASS
    [(kind, subject, times)] = alerts(ports)
    assert (kind, subject.partition(":")[0], times) == (AlertKind.BURST, "device", 1)
    for n in (4, 5):  # the network's fourth and fifth; honest people share one
        assert sign_in(ports, account_id=f"acc_{n}", device=f"device-{n}").ruling == Ruling.PASS
    assert {(kind, subject.partition(":")[0]) for kind, subject, _ in alerts(ports)} == {
        (AlertKind.BURST, "device"),
        (AlertKind.BURST, "ip"),
    }


def test_whoever_guesses_is_slowed_down_where_they_guess_and_nobody_else(ports):
    sign_in(ports, ip=AWAY)
    for _ in range(3):
        use_cases.trying(ports, guess())
    with pytest.raises(SlowDown) as refused:
        use_cases.trying(ports, guess(0.5))
    assert refused.value.retry_after == 1800
    with pytest.raises(SlowDown):
        use_cases.trying(ports, guess(device="device-2"))
    use_cases.trying(ports, guess(account="acc_2", typed="another@example.com"))
    use_cases.trying(ports, guess(ip=HOME))
    for _ in range(3):
        use_cases.trying(ports, guess(device="device-1"))  # the account knows it
    with pytest.raises(SlowDown):
        use_cases.trying(ports, guess(device="device-1"))
    use_cases.trying(ports, guess(1))


@pytest.mark.store
def test_of_many_tries_at_once_no_more_than_the_limit_pass(ports):
    together = Barrier(6)

    def run(_):
        together.wait()
        try:
            use_cases.trying(ports, guess())
        except (SlowDown, Busy):
            return 0
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(run, range(6))) <= 3


def test_an_account_that_is_guessed_at_asks_more_of_strangers_and_nothing_of_its_own(ports):
    sign_in(ports)
    for number in range(5):
        use_cases.sign_in_failed(ports, guess(ip=f"81.2.69.{number}"))
    assert alerts(ports) == [(AlertKind.BURST, "account:acc_1", 1)]
    assert sign_in(ports).ruling == Ruling.PASS
    stranger = {"device": "device-2", "has_second_factor": True}
    assert sign_in(ports, **stranger).signs == {Sign.NEW_DEVICE, Sign.GUESSED}
    assert sign_in(ports, **stranger).ruling == Ruling.STEP_UP
    assert sign_in(ports, 1, **stranger).ruling == Ruling.TELL


@pytest.mark.store
def test_many_accounts_guessed_at_from_one_network_are_stuffing(ports, capsys):
    for n in range(3):
        sign_in(ports, account_id=f"acc_{n}", device=f"device-{n}")
    for n in (0, 0, 0, 1):
        use_cases.sign_in_failed(ports, guess(account=f"acc_{n}"))
    assert alerts(ports) == []
    use_cases.sign_in_failed(ports, guess(typed="nobody@example.com", account_id=None))
    [(kind, subject, _)] = alerts(ports)
    assert (kind, subject.partition(":")[0], AWAY in subject) == (AlertKind.STUFFING, "ip", False)
    assert '"kind":"stuffing"' in capsys.readouterr().out.replace(" ", "")
    assert Sign.STUFFING in sign_in(ports, account_id="acc_1", device="device-9", ip=AWAY).signs
    assert Sign.STUFFING not in sign_in(ports, account_id="acc_2", device="device-9").signs
    assert Sign.STUFFING not in sign_in(ports, 1, account_id="acc_0", device="device-9", ip=AWAY).signs


@pytest.mark.store
def test_a_crowd_is_counted_as_far_as_it_matters_and_a_repeat_counts_once(ports):
    counted = [ports.sign_ins.victim("203.0.113.7", f"acc_{n % 60}", NOW) for n in range(70)]
    assert counted == [*range(1, 51), *[50] * 20]
    assert ports.sign_ins.newcomer("device:1", "acc_1", NOW) == ports.sign_ins.newcomer("device:1", "acc_1", NOW) == 1
    assert ports.sign_ins.newcomer("device:1", "acc_2", NOW + timedelta(days=1)) == 1


def test_what_a_sign_in_costs(ports, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    account = f"acc_{0:026d}"

    def cost(work, *args, **other):
        with meter.measure() as used:
            work(ports, *args, **other)
        return used.requests, used.read_units, used.write_units

    def verdict(_ports, **other):
        use_cases.signing_in(ports, asked(account_id=account, **other))

    assert cost(sign_in, account_id=account) == (4, 4, 2 + 4)  # a new device: two counts
    assert cost(verdict) == (1, 4, 0)  # a usual one: one request, and the session's transaction
    assert cost(sign_in, 1, account_id=account) == (2, 4, 4)
    assert cost(verdict, device="another") == (3, 4, 2)
    assert cost(use_cases.trying, guess(account=account)) == (1, 0, 2)
    for _ in range(2):
        use_cases.trying(ports, guess(account=account))
    # Refused, read, counted for the device. What is cancelled is billed too, but not told.
    assert cost(use_cases.trying, guess(account=account, device="device-1")) == (3, 3, 2)
    known, unknown = guess(account=account), guess(account_id=None)
    assert cost(use_cases.sign_in_failed, known) == cost(use_cases.sign_in_failed, unknown) == (2, 0, 2)
