"""What is odd about a sign-in, against what a globe and a calendar say."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.risk.rules import logged
from chalicelib.risk.sign_ins import (
    Circumstances,
    Device,
    Facts,
    File,
    Position,
    Ruling,
    Seen,
    Sign,
    SignInPolicy,
    agent_name,
    coarse,
    is_impossible,
    known,
    ruling,
    signed_in,
    signs,
)

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)
POLICY = SignInPolicy()
DAY = timedelta(days=1)
SHANGHAI, HONGKOU = Position(31.23, 121.47, 20), Position(31.27, 121.5, 5)
BERLIN, SYDNEY = Position(52.52, 13.4, 20), Position(-33.87, 151.21, 20)
OLD = NOW - 400 * DAY
FILE = File((Device("mine", NOW - DAY),), NOW - DAY, Seen(SHANGHAI, NOW - DAY), version=3)

positions = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1000))
moments = st.integers(-10_000, 10_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
seen = st.builds(Seen, positions, moments)


def case(device="mine", at=NOW, position=SHANGHAI, since=OLD, **more):
    return Circumstances(device, at, Seen(position, at) if position else None, since, **more)


def found(facts=None, policy=POLICY, **about):
    return signs(facts or Facts(FILE), case(**about), policy)


def chord_km(one, other):
    """The great circle by another formula: of vectors, which is good at any distance."""

    def vector(p):
        lat, lon = math.radians(p.lat), math.radians(p.lon)
        return (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))

    straight = math.dist(vector(one), vector(other))
    return 2 * 6_371.0088 * math.asin(min(1.0, straight / 2))


@given(seen, seen)
def test_nobody_is_faster_than_an_airliner_wherever_on_earth(one, other):
    apart = chord_km(one.position, other.position) - one.position.radius_km - other.position.radius_km - 100
    fastest = 1_000 * abs((other.at - one.at).total_seconds()) / 3600
    if abs(apart - fastest) > 0.5:
        assert is_impossible(one, other, POLICY) == (apart > fastest)
    assert is_impossible(one, other, POLICY) == is_impossible(other, one, POLICY)


@given(st.floats(-89, 89), moments)
def test_the_antimeridian_and_the_poles_are_no_walls(lat, at):
    west, east = Position(lat, -179.99, 1), Position(lat, 179.99, 1)
    assert not is_impossible(Seen(west, at), Seen(east, at), POLICY)
    for pole in (90, -90):
        here, there = Position(pole, 0, 1), Position(pole, 173, 1)
        assert not is_impossible(Seen(here, at), Seen(there, at), POLICY)


@pytest.mark.parametrize(
    ("there", "hours", "impossible"),
    [
        (HONGKOU, 0, False),
        (BERLIN, 1, True),
        (BERLIN, 8, True),  # 8,400 km
        (BERLIN, 9, False),
        (SYDNEY, 7, True),
        (replace(SYDNEY, radius_km=1_000), 7, False),
        (BERLIN, -1, True),  # a clock that goes backwards brings nobody there sooner
        (BERLIN, -9, False),
        (HONGKOU, -1, False),
    ],
)
def test_travel_takes_its_time(there, hours, impossible):
    later = Seen(there, NOW + timedelta(hours=hours))
    assert is_impossible(Seen(SHANGHAI, NOW), later, POLICY) == impossible


@given(positions)
def test_a_coarse_position_hides_the_exact_one_and_accuses_nobody(position):
    kept = coarse(position)
    assert chord_km(position, kept) + position.radius_km <= kept.radius_km + 1e-6
    assert (round(kept.lat, 1), round(kept.lon, 1)) == (kept.lat, kept.lon)


def test_the_usual_sign_in_is_nothing():
    assert found() == found(position=None) == frozenset()
    assert found(position=HONGKOU, changed_at=NOW) == frozenset()
    assert found(Facts(replace(FILE, seen=None)), position=BERLIN) == frozenset()


def test_a_new_account_has_nothing_to_differ_from_and_a_forgotten_one_has():
    assert found(Facts(victims=99), since=NOW) == frozenset()
    assert found(Facts(), since=OLD) == {Sign.DORMANT, Sign.NEW_DEVICE}
    late = NOW + 91 * DAY
    assert found(at=late, position=BERLIN) == {Sign.DORMANT, Sign.NEW_DEVICE}
    assert found(at=NOW + 89 * DAY - timedelta(seconds=1), position=BERLIN) == frozenset()


def test_what_is_odd():
    assert found(device="other") == {Sign.NEW_DEVICE}
    assert found(position=BERLIN, at=NOW - DAY + timedelta(hours=3)) == {Sign.TRAVEL}  # whatever the device is
    assert found(device="other", changed_at=NOW - timedelta(minutes=59)) == {Sign.NEW_DEVICE, Sign.AFTER_CHANGE}
    assert found(device="other", changed_at=NOW - timedelta(minutes=61)) == {Sign.NEW_DEVICE}
    guesses = logged([(NOW - timedelta(seconds=n), 0) for n in range(15)])
    facts = Facts(FILE, guesses=guesses, victims=10)
    assert found(facts, device="other") == {Sign.NEW_DEVICE, Sign.GUESSED, Sign.STUFFING}
    assert found(facts) == frozenset()  # strangers' guesses are nothing to a device that is known
    assert found(replace(facts, victims=9), device="other", at=NOW + timedelta(minutes=10)) == {Sign.NEW_DEVICE}
    assert found(replace(facts, is_frozen=True)) == {Sign.FROZEN}


@given(st.frozensets(st.sampled_from(Sign)), st.booleans(), st.booleans())
def test_only_a_freeze_refuses_and_a_second_factor_is_asked_for_once_and_of_those_who_have_one(found, has, proven):
    told = ruling(found, has_second_factor=has, is_proven_twice=proven)
    assert (told == Ruling.REFUSE) == (Sign.FROZEN in found)
    if told == Ruling.STEP_UP:
        assert has
        assert not proven
    assert (told == Ruling.PASS) == (not found)
    alone = ruling(frozenset({Sign.NEW_DEVICE}), has_second_factor=has, is_proven_twice=proven)
    assert alone == Ruling.TELL


sign_ins = st.lists(
    st.tuples(st.sampled_from("abcdefghijklmn"), st.integers(-50_000, 200_000), st.booleans()), max_size=40
)


@given(sign_ins)
def test_a_file_keeps_the_newest_devices_and_the_newest_place_whatever_the_order(events):
    """Against the whole history, for a clock that goes anywhere within the time that is kept."""
    file, last = File(), {}
    for device, minutes, is_located in events:
        at = NOW + timedelta(minutes=minutes % 100_000)  # 70 days: nothing is too old
        last[device] = max(at, last.get(device, at))
        file = signed_in(file, case(device, at, BERLIN if is_located else None), POLICY)
        assert device in {one.index for one in file.devices} or len(file.devices) == POLICY.devices
    assert file.version == len(events)
    assert len(file.devices) == min(POLICY.devices, len({one.index for one in file.devices}))
    assert all(last[one.index] >= one.last for one in file.devices)
    times = [one.last for one in file.devices]
    assert times == sorted(times, reverse=True)
    assert file.signed_in_at == max(last.values(), default=None)
    placed = [NOW + timedelta(minutes=m % 100_000) for _, m, is_located in events if is_located]
    assert (file.seen and file.seen.at) == max(placed, default=None)


def test_devices_and_places_are_forgotten():
    assert known(FILE, "mine", NOW, POLICY)
    assert not known(FILE, "mine", NOW + 89 * DAY, POLICY)
    assert not known(FILE, "other", NOW, POLICY)
    after = signed_in(FILE, case("other", NOW + 89 * DAY, None), POLICY)
    assert [one.index for one in after.devices] == ["other"]
    assert after.seen == FILE.seen  # an address that says nothing moves nobody


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50", "WeChat, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36", "Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mac"),
        ("curl/8 【邻里】点击 http://evil.example", None),
        ("", None),
        (None, None),
    ],
)
def test_a_device_is_called_by_our_own_words_alone(agent, name):
    assert agent_name(agent) == name
