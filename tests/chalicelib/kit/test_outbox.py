import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.observability import request_id
from chalicelib.kit.outbox import NOTIFICATIONS, SEARCH, Message

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


@given(
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20) | st.none(), max_size=4),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 2**53),
)
def test_a_message_survives_travel(payload, at, version):
    message = Message("order.confirmed", (NOTIFICATIONS, SEARCH), payload, at, version)
    assert Message.from_json(json.loads(message.to_text())) == message


def test_each_message_has_an_id_of_its_own_and_the_trace_of_its_request():
    token = request_id.set("req-1")
    try:
        one, other = (Message("a.b", (SEARCH,), {}, AT) for _ in range(2))
    finally:
        request_id.reset(token)
    assert one.id != other.id
    assert one.trace == other.trace == "req-1"


@pytest.mark.parametrize(
    "change",
    [
        {"occurred_at": "yesterday"},
        {"occurred_at": None},
        {"queues": None},
        {"new_field": 1},
    ],
)
def test_what_is_no_message_is_refused(change):
    body = Message("a.b", (SEARCH,), {}, AT).to_json() | change
    with pytest.raises((KeyError, ValueError, TypeError)):
        Message.from_json(body)
    with pytest.raises(KeyError):
        Message.from_json({})
