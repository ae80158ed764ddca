import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments.rules import PaymentState, moves, states_before

STATES = st.sampled_from(PaymentState)


@given(st.lists(STATES))
def test_no_order_of_events_undoes_a_success(events):
    state = PaymentState.CREATED
    for event in events:
        if moves(state, event):
            state = event
    assert (state == PaymentState.SUCCEEDED) == (PaymentState.SUCCEEDED in events)


@pytest.mark.parametrize("state", PaymentState)
def test_the_condition_of_a_write_is_the_rule(state):
    assert set(states_before(state)) == {other for other in PaymentState if moves(other, state)}
    assert state not in states_before(state)


def test_a_failed_attempt_may_be_tried_again():
    assert moves(PaymentState.FAILED, PaymentState.PROCESSING)
    assert moves(PaymentState.CANCELLED, PaymentState.SUCCEEDED)
    assert not moves(PaymentState.CANCELLED, PaymentState.FAILED)
