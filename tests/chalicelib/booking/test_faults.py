"""Answers that never came: the transaction may have been written or not, and the client asks again."""

from collections import Counter

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.kit import aws
from tests.api import CUSTOMER, call, present
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture

SENT = "before-send.dynamodb.TransactWriteItems"


class Lost:
    """Sends a transaction, or not, and lets its answer never come."""

    def __init__(self, times, arrives):
        self.left, self.arrives, self.tokens = times, arrives, Counter()

    def __call__(self, request, **_):
        if not self.left:
            return
        self.left -= 1
        self.tokens[request.body] += 1
        if self.arrives:
            URLLib3Session().send(request)
        raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def lost(clock):
    events = aws.client("dynamodb").meta.events
    stubs = []

    def put(times, arrives):
        stubs.append(Lost(times, arrives))
        events.register_first(SENT, stubs[0])
        return stubs[0]

    yield put
    for stub in stubs:
        events.unregister(SENT, stub)


@pytest.mark.store
@pytest.mark.parametrize("arrives", [True, False])
def test_an_answer_that_was_lost_is_asked_for_again(clock, lost, arrives):
    town = Town(clock)
    cut = town.offer(staff_ids=(town.staff[0].id,))
    stub = lost(1, arrives)
    held = town.order(town.wish(cut))
    assert (held.status, stub.left) == (201, 0)
    assert town.order(town.wish(cut)).json["code"] == "slot-taken"
    mine = call("GET", "/v1/orders", actor=CUSTOMER).json["items"]
    assert [one["id"] for one in mine] == [held.json["id"]]


@pytest.mark.store
@pytest.mark.parametrize("arrives", [True, False])
def test_where_no_answer_comes_at_all_the_client_is_told_and_finds_out(clock, lost, arrives):
    town = Town(clock)
    cut = town.offer(staff_ids=(town.staff[0].id,))
    present(CUSTOMER)
    lost(3, arrives)
    line = town.wish(cut)
    first = call("POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line]}, key="the-same-key")
    if arrives:  # the stored answer is found
        assert (first.status, first.headers["Idempotent-Replayed"]) == (201, "true")
    else:
        assert (first.status, first.json["code"], first.headers["Retry-After"]) == (503, "outcome-unknown", "1")
    again = call("POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line]}, key="the-same-key")
    assert again.status == 201
    assert ("Idempotent-Replayed" in again.headers) == arrives
    assert len(call("GET", "/v1/orders", actor=CUSTOMER).json["items"]) == 1
