from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.queueing.keys import TicketKey, key_of
from tests.chalicelib.queueing.world import QUEUE

TAIL = QUEUE.removeprefix("que_")


@given(st.dates(date(2000, 1, 1), date(2199, 12, 31)), st.integers(1, 999))
def test_an_id_says_line_date_and_number(day, number):
    key = TicketKey(QUEUE, day, number)
    assert key_of(key.ticket_id) == key


@pytest.mark.parametrize(
    "other",
    ["", "tkt_", f"tkt_{TAIL}", f"tkt_{TAIL}_20300501_0", f"tkt_{TAIL}_20300501_012", f"tkt_{TAIL}_20300501_1000",
     f"tkt_{TAIL}_20301301_1", f"tkt_{TAIL}_2030051_1", f"tkt_{TAIL}_２０300501_1", f"tkt_{TAIL.upper()}_20300501_1"],
)  # fmt: skip
def test_what_is_no_id_says_nothing(other):
    assert key_of(other) is None


@given(st.text(max_size=60))
def test_no_text_is_too_odd(text):
    assert key_of(text) is None
