import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Busy, Conflict, NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.orders.ports import LineState
from chalicelib.reviews import use_cases
from chalicelib.reviews.ports import RatingPorts
from chalicelib.reviews.rules import AlreadyReviewed, Rating
from chalicelib.reviews.use_cases import Opinion, write
from tests.api import CUSTOMER, MERCHANT, OTHER, told

GOOD = Opinion(stars=5, text="手艺很好", language="zh-CN")


def test_a_review_counts_and_others_are_told(ports):
    review = write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    assert (review.author, review.stars, review.shop_id) == ("张*", 5, "shp_1")
    assert use_cases.rating(RatingPorts(ports.store), "shp_1") == Rating(5, 1, 1, (0, 0, 0, 0, 1))
    rating, page = use_cases.of_shop(ports, "shp_1", None, 10)
    assert (rating.count, page.items) == (1, (review,))
    messages = {message.type: message for message in told()}
    assert set(messages) == {"review.rating_changed", "review.posted"}
    assert messages["review.rating_changed"].queues == ("search",)
    assert messages["review.rating_changed"].payload == {"shop_id": "shp_1", "review_id": review.id}
    assert messages["review.posted"].payload == {
        "review_id": review.id,
        "shop_id": "shp_1",
        "merchant_id": MERCHANT.account_id,
        "stars": 5,
    }


def test_a_line_is_reviewed_once(ports):
    write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    with pytest.raises(AlreadyReviewed):
        write(ports, CUSTOMER, "ord_1", "lin_1", replace(GOOD, stars=1), None)
    assert ports.store.rating("shp_1").sum == 5
    assert len(told()) == 2


@pytest.mark.parametrize("actor", [OTHER, MERCHANT])
def test_only_the_customer_reviews(ports, actor):
    with pytest.raises(NotFound):
        write(ports, actor, "ord_1", "lin_1", GOOD, None)
    assert told() == []


@pytest.mark.parametrize("state", [state for state in LineState if state != LineState.COMPLETED])
def test_only_what_is_completed_is_reviewed(ports, near, state):
    near.add_order(2, state=state)
    with pytest.raises(Conflict):
        write(ports, CUSTOMER, "ord_2", "lin_2", GOOD, None)


def test_there_must_be_such_a_line_and_such_a_shop(ports):
    for order_id, line_id in (("ord_9", "lin_1"), ("ord_1", "lin_9")):
        with pytest.raises(NotFound):
            write(ports, CUSTOMER, order_id, line_id, GOOD, None)
    with pytest.raises(NotFound):
        use_cases.of_shop(ports, "shp_9", None, 10)


def test_the_name_is_frozen_when_it_is_written(ports, near):
    write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    near.accounts[CUSTOMER.account_id] = replace(near.accounts[CUSTOMER.account_id], name="Li")
    assert use_cases.of_shop(ports, "shp_1", None, 10)[1].items[0].author == "张*"


class Conflicting:
    """A committer that meets another transaction in two of three calls, as DynamoDB does on a row that all want."""

    def __init__(self, committer, share=0.67):
        self._committer = committer
        self._share = share
        self._random = random.Random(7)
        self.conflicts = 0

    def commit(self, actions):
        if self._random.random() < self._share:
            self.conflicts += 1
            raise Contention
        self._committer.commit(actions)


def test_two_hundred_at_once_with_conflicts_are_counted_exactly(ports, near):
    conflicting = Conflicting(ports.committer)
    ports = replace(ports, committer=conflicting)
    for number in range(200):
        near.add_order(number, state=LineState.COMPLETED)

    def post(number):
        actor = Actor(CUSTOMER.account_id, frozenset({Role.CUSTOMER}), "ses")
        try:
            write(ports, actor, f"ord_{number}", f"lin_{number}", Opinion(number % 5 + 1, "", "en"), None)
        except Busy:  # an answer: nothing was written, the client repeats
            return 0
        return number % 5 + 1

    with ThreadPoolExecutor(40) as pool:
        stars = [one for one in pool.map(post, range(200)) if one]
    rating = ports.store.rating("shp_1")
    assert (rating.sum, rating.count, rating.version) == (sum(stars), len(stars), len(stars))
    assert rating.histogram == tuple(stars.count(n) for n in range(1, 6))
    assert len(stars) >= 190, "fourteen attempts are nearly always enough"
    assert conflicting.conflicts > 200


def test_endless_contention_is_said_so(ports, monkeypatch):
    monkeypatch.setattr("chalicelib.kit.transaction.time.sleep", lambda _: None)
    busy = replace(ports, committer=Conflicting(ports.committer, share=1))
    monkeypatch.setattr("chalicelib.reviews.use_cases.writing._ATTEMPTS", 2)
    with pytest.raises(Busy):
        write(busy, CUSTOMER, "ord_1", "lin_1", GOOD, None)
