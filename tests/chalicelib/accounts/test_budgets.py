"""How many codes go where, and for how much: the rules, and what stands against many at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import rules, use_cases
from chalicelib.accounts.ports import Kind, SmsPolicy, Visitor
from chalicelib.accounts.rules import CountryNotServed, SmsPaused
from chalicelib.kit.errors import Invalid, Problem, TooMany

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ON_PHONE = rules.receiver(phone="+8613800138000")
BY_MAIL = rules.receiver(email="ming@example.com")
HERE = Visitor("en", "203.0.113.9")


def phone(number):
    return rules.receiver(phone=f"+86138{number:08}")


def ask(ports, receiver=ON_PHONE, ip="203.0.113.9"):
    """Return what came of asking for a code."""
    try:
        use_cases.request_code(ports, receiver, Visitor("en", ip))
    except Problem as problem:
        return type(problem)
    return None


def at_once(work, number):
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, range(number)))


@given(
    st.integers(0, 2 * 10**15).map(lambda microseconds: NOW + timedelta(microseconds=microseconds)),
    st.sampled_from([timedelta(hours=1), timedelta(days=1)]),
)
def test_the_next_window_begins_when_the_present_one_ends(moment, length):
    here = rules.window(moment, length)
    assert 0 < here.left <= length.total_seconds()
    begun = moment.replace(microsecond=0)
    assert rules.window(begun + timedelta(seconds=here.left), length).number == here.number + 1
    assert rules.window(begun + timedelta(seconds=here.left - 1), length).number == here.number
    assert int(begun.timestamp()) + here.left == here.ends


def test_countries_that_cost_much_get_few():
    for country in (*rules.COUNTRIES.values(), rules.ELSEWHERE):
        assert country.price * country.hourly <= 130_000_000  # about 130 dollars an hour at the very most
        assert country.hourly <= 20 or country.price < 150_000


@pytest.mark.parametrize(
    ("number", "country"), [("+8613800138000", "CN"), ("+14155552671", "US"), ("+33612345678", "FR")]
)
def test_a_phone_is_of_a_country(number, country):
    assert rules.receiver(phone=number).country == country


def test_codes_go_to_countries_that_the_operator_named():
    of_france = rules.receiver(phone="+33612345678")
    with pytest.raises(CountryNotServed):
        SmsPolicy(frozenset({"CN"}), 1).country(of_france)
    assert SmsPolicy(frozenset({"*"}), 1).country(of_france) == rules.COUNTRIES["FR"]
    of_peru = replace(of_france, country="PE")
    assert SmsPolicy(frozenset({"PE"}), 1).country(of_peru) == rules.ELSEWHERE


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ming@example.com", "ming@example.com"),
        (" Ming.Wang+linli@Example.COM ", "ming.wang+linli@example.com"),
        ("ming@BÜCHER.example", "ming@xn--bcher-kva.example"),
        ("ming@xn--bcher-kva.example.", "ming@xn--bcher-kva.example"),
        ("ming@例子.中国", "ming@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_an_address_is_kept_in_one_form(text, normal):
    assert rules.normal_email(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "ming", "ming@", "@example.com", "ming@example", "ming@[127.0.0.1]", "ming@127.0.0.1", "a b@example.com",
        '"ming"@example.com', "ming..wang@example.com", ".ming@example.com", "ming@-a.example", "ming@a..example",
        "ming@example.com\r\nBcc: you@example.com", "王@example.com", "a@b@example.com", "m" * 65 + "@example.com",
        "ming@" + "a." * 130 + "com", "ming@exam ple.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Invalid) as refused:
        rules.normal_email(text)
    assert refused.value.errors[0].field == "email"


@given(st.text(max_size=40))
def test_a_normal_form_is_its_own(text):
    try:
        normal = rules.normal_email(text)
    except Invalid:
        return
    assert rules.normal_email(normal) == normal
    assert normal.isascii()


@pytest.mark.parametrize("receiver", [ON_PHONE, BY_MAIL])
def test_a_receiver_gets_five_codes_an_hour_and_ten_a_day(ports, clock, receiver):
    sent = []
    for number in range(40):
        if ask(ports, receiver, f"198.51.{number}.1") is None:
            sent.append(clock.now())
        clock.move(minutes=5)
    hours = [moment.replace(minute=0) for moment in sent]
    assert max(hours.count(hour) for hour in hours) == rules.CODES_PER_RECEIVER
    assert len(sent) == rules.CODES_PER_RECEIVER_A_DAY
    with pytest.raises(TooMany) as refused:
        use_cases.request_code(ports, receiver, HERE)
    assert refused.value.retry_after == rules.window(clock.now(), rules.DAY).left


def test_an_address_gets_thirty_codes_an_hour_and_its_range_more(ports):
    assert {ask(ports, phone(number)) for number in range(rules.CODES_PER_ADDRESS)} == {None}
    assert ask(ports, phone(99)) is TooMany
    left = rules.CODES_PER_RANGE - rules.CODES_PER_ADDRESS
    around = at_once(lambda number: ask(ports, phone(100 + number), f"203.0.113.{100 + number}"), left + 5)
    assert (around.count(None), around.count(TooMany)) == (left, 5)
    assert ask(ports, phone(999), "203.0.114.1") is None


@pytest.mark.store
def test_many_at_once_never_exceed_a_budget(ports):
    """Asked for on many threads for one phone from many addresses: the first one is sent, no second within its time."""
    outcomes = at_once(lambda number: ask(ports, ON_PHONE, f"198.51.{number}.1"), 24)
    assert outcomes.count(None) == 1
    assert len(ports.senders[Kind.PHONE].sent) == 1


def test_a_country_has_its_limit(ports, monkeypatch):
    few = {**rules.COUNTRIES, "CN": replace(rules.COUNTRIES["CN"], hourly=3)}
    monkeypatch.setattr("chalicelib.accounts.rules.budgets.COUNTRIES", few)
    outcomes = at_once(lambda number: ask(ports, phone(number), f"198.51.{number}.1"), 12)
    assert outcomes.count(None) == 3
    assert ask(ports, BY_MAIL) is None


def test_who_lets_a_day_cost_more_has_as_many_more_messages_to_a_country():
    standard = rules.COUNTRIES["CN"]
    for cap, times in ((1, 1), (100, 1), (199, 1), (200, 2), (5_000, 50)):
        known = SmsPolicy(frozenset({"CN"}), cap).country(ON_PHONE)
        assert (known.price, known.hourly) == (standard.price, standard.hourly * times)


@pytest.mark.store
def test_a_days_messages_never_cost_more_than_their_cap(ports, monkeypatch):
    """Each of eight counters has room for three messages to China: one dollar is 24 of them, however they are spread."""
    counted = []
    monkeypatch.setattr(
        "chalicelib.accounts.use_cases.codes.metric", lambda name, value=1, **_: counted.append((name, value))
    )
    ports = replace(ports, sms=SmsPolicy(frozenset({"CN"}), 1))
    outcomes = at_once(lambda number: ask(ports, phone(number), f"198.51.{number}.1"), 40)
    assert outcomes.count(None) == 24
    assert set(outcomes) == {None, SmsPaused}
    assert counted.count(("SmsSpend", 40_000)) == 24
    assert counted.count(("SmsCapReached", 1)) == 16
    assert ask(ports, BY_MAIL) is None


def test_the_cap_is_of_a_day(ports, clock):
    ports = replace(ports, sms=SmsPolicy(frozenset({"CN"}), 0))
    with pytest.raises(SmsPaused) as refused:
        use_cases.request_code(ports, ON_PHONE, HERE)
    assert refused.value.retry_after == 14 * 3600 + 1800
    assert refused.value.status == 503


@pytest.mark.store
def test_a_thousand_guesses_from_anywhere_have_five_tries(ports):
    use_cases.request_code(ports, ON_PHONE, HERE)
    right = ports.senders[Kind.PHONE].last(ON_PHONE.subject)
    wrong = [f"{(int(right) + 1 + number) % 10**6:06}" for number in range(20)]
    asked = [*wrong[: rules.CODE_TRIES], *[right] * 200, *wrong]

    def guess(number):
        visitor = Visitor("en", f"198.51.{number % 250}.{number // 250}")
        try:
            use_cases.sign_in(ports, ON_PHONE, asked[number], visitor)
        except Problem as problem:
            return problem.code
        return "in"

    assert {guess(number) for number in range(rules.CODE_TRIES)} == {"code-not-accepted"}
    outcomes = at_once(lambda number: guess(rules.CODE_TRIES + number % 220), 1_000)
    assert set(outcomes) <= {"code-not-accepted", "busy"}
