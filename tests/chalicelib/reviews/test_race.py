"""200 who review a shop at once, over the API: each is counted once, whatever they repeat."""

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib import wiring
from chalicelib.reviews.store import ReviewStore
from tests.api import CUSTOMER, MERCHANT, call

AT_ONCE = int(os.environ.get("REVIEWS_OVER_HTTP", "16"))
LINE = "/v1/orders/{order_id}/lines/{line_id}"


@pytest.mark.store
def test_all_who_review_at_once_are_counted_over_the_api(ports, near, monkeypatch, record_property):
    """Of each line both sides write at once, and each repeats with its key."""
    monkeypatch.setattr(wiring, "reviews", lambda: ports)
    for number in range(AT_ONCE):
        near.add_order(number)
    assert call("GET", f"{LINE}/reviews", actor=CUSTOMER, order_id="ord_0", line_id="lin_0").status == 200  # warm
    start = Barrier(2 * AT_ONCE)

    def write(number):
        side, line = divmod(number, AT_ONCE)
        path, key = {"order_id": f"ord_{line}", "line_id": f"lin_{line}"}, uuid.uuid4().hex
        route, actor, body = (
            (f"{LINE}/review", CUSTOMER, {"stars": line % 5 + 1, "staff_stars": 5})
            if side
            else (f"{LINE}/guest-review", MERCHANT, {"stars": 4})
        )
        start.wait()
        answers = []
        while len(answers) < 2:
            answer = call("POST", route, actor=actor, body=body, key=key, **path)
            if answer.status == 201:
                answers.append(answer.text)
            else:
                assert answer.status == 503, answer.text
        assert answers[0] == answers[1]

    began = time.monotonic()
    with ThreadPoolExecutor(2 * AT_ONCE) as pool:
        list(pool.map(write, range(2 * AT_ONCE)))
    seconds = time.monotonic() - began
    rating = ReviewStore().ratings("shp_1")
    stars = [number % 5 + 1 for number in range(AT_ONCE)]
    assert (rating[""].sum, rating[""].count) == (sum(stars), AT_ONCE)
    assert rating[""].histogram == tuple(stars.count(number) for number in range(1, 6))
    assert (rating["stf_1"].sum, rating["stf_1"].count) == (5 * AT_ONCE, AT_ONCE)
    record_property("reviews", f"{AT_ONCE} reviews over HTTP")
    record_property("seconds", f"{seconds:.1f}")
