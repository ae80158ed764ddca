import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from chalicelib.kit.http import Wire
from chalicelib.kit.money import Money
from chalicelib.kit.wire import Line, Lines, Moment, MoneyIn, MoneyOut, Position, left_out, rfc3339

# Naive bounds are what Hypothesis asks for; a day at either end is left to offsets.
_FIRST, _LAST = datetime(1970, 1, 2), datetime(2199, 12, 30)  # noqa: DTZ001
MOMENTS = st.datetimes(
    _FIRST, _LAST, timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
)


class Wish(Wire):
    at: Moment = Field(default_factory=left_out)
    name: Line = Field(default_factory=left_out)


def read(**fields):
    return Wish.model_validate_json(json.dumps(fields))


@given(MOMENTS)
def test_a_moment_survives_the_wire(moment):
    written = rfc3339(moment)
    assert written.endswith("Z")
    assert read(at=written).at == moment
    assert json.loads(Wish(at=moment).model_dump_json())["at"] == written


def test_a_moment_is_written_without_needless_fractions():
    assert rfc3339(datetime(2030, 5, 1, 9, 30, tzinfo=UTC)) == "2030-05-01T09:30:00Z"
    assert rfc3339(datetime(2030, 5, 1, 9, 30, 0, 500_000, tzinfo=UTC)) == "2030-05-01T09:30:00.500000Z"


@pytest.mark.parametrize(
    "text",
    [
        1893456000,
        "1893456000",
        "-1.5",
        "2030-05-01T09:30:00",
        "2030-05-01",
        "now",
        "",
        None,
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    ],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValidationError):
        read(at=text)


@given(st.integers(), st.sampled_from(["CNY", "JPY"]))
def test_money_out_says_what_it_is(amount, currency):
    assert MoneyOut.of(Money(amount, currency)).model_dump() == {"amount": amount, "currency": currency}


@pytest.mark.parametrize("amount", [0, -1, 100_000_000, 1.0, "1", True, None])
def test_a_price_is_a_positive_whole_number(amount):
    with pytest.raises(ValidationError):
        MoneyIn.model_validate_json(json.dumps({"amount": amount, "currency": "CNY"}))


@pytest.mark.parametrize("currency", ["cny", "CN", "CNYX", "¥"])
def test_a_currency_is_three_letters(currency):
    with pytest.raises(ValidationError):
        MoneyIn(amount=1, currency=currency)


def test_a_price_becomes_money():
    assert MoneyIn(amount=12800, currency="CNY").money() == Money(12800, "CNY")


def test_a_position_is_on_the_earth():
    position = Position(lat=31.2304, lon=121.4737)
    assert Position.of(position) == position
    for lat, lon in ((90.1, 0), (0, 180.1), (float("nan"), 0), (float("inf"), 0)):
        with pytest.raises(ValidationError):
            Position(lat=lat, lon=lon)


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u05e9\u05dc\u05d5\u05dd\u200f!",
        "王小明",
        "a　b",
        "👩‍👩‍👧",
        "Zoë O'Neill",
    ],
)
def test_a_line_is_in_any_script(text):
    assert read(name=text).name == text


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "a\x7fb", "a\u2028b", "a\u202eb", "a\u2066b"])
def test_a_line_has_no_control_characters(text):
    with pytest.raises(ValidationError):
        read(name=text)


def test_several_lines_have_no_other_control_characters():
    several = TypeAdapter(Lines)
    for text in ("第一行\r\n\t第二行", "\u05e9\u05dc\u05d5\u05dd\u200f!\n👩\u200d👧", ""):
        assert several.validate_python(text) == text
    for text in ("a\x00", "a\x1b[31m", "a\u2028b", "a\nb\u202ec", "\u2066a"):
        with pytest.raises(ValidationError):
            several.validate_python(text)


def test_a_field_left_out_is_no_null():
    assert read().model_fields_set == set()
    with pytest.raises(ValidationError):
        read(name=None)
    assert "default" not in Wish.model_json_schema()["properties"]["name"]
