"""Each sign at its threshold, just below it, and what is no sign of anything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.moderation.rules import signs
from chalicelib.moderation.rules.reasons import Reason
from chalicelib.moderation.rules.signs import STRONG, Facts, Policy, Seen, Sign

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
POLICY = Policy()
LONG_AGO = Facts(joined=NOW - timedelta(days=400))


def seen(number, *, author=None, shop="shp_1", ago=timedelta(), devices=(), network=None):
    return Seen(f"rev_{number}", shop, author or f"acc_{number}", NOW - ago, tuple(devices), network)


NEW = seen(0)


def minutes(count):
    return timedelta(minutes=count)


@pytest.mark.parametrize(("others", "is_one"), [(7, True), (6, False)])
def test_a_burst_is_more_than_the_shop_ever_has(others, is_one):
    found = signs.burst(NEW, [seen(number, ago=minutes(number)) for number in range(1, others + 1)], POLICY)
    assert (found is not None) is is_one
    if found:
        assert found.reviews == tuple(sorted(f"rev_{number}" for number in range(others + 1)))


def test_what_is_usual_at_a_shop_is_no_burst():
    busy = [seen(number, ago=minutes(20 * number)) for number in range(1, 100)]  # three an hour, for 33 hours
    rush = [seen(f"r{number}", ago=minutes(number)) for number in range(1, 8)]
    assert signs.burst(NEW, [*busy, *rush], POLICY) is None
    assert signs.burst(NEW, [*busy, *rush, *(seen(f"s{number}", ago=minutes(9)) for number in range(15))], POLICY)


def test_what_is_an_hour_old_is_no_part_of_a_burst():
    others = [seen(number, ago=minutes(60)) for number in range(1, 8)]
    assert signs.burst(NEW, others, POLICY) is None


def test_two_accounts_on_one_device_at_one_shop():
    new = replace(NEW, devices=("d1", "d2"))
    other = seen(1, devices=["d2"], ago=timedelta(days=30))
    assert signs.same_device(new, [other], POLICY) == Sign(Reason.SAME_DEVICE, ("rev_0", "rev_1"))
    assert signs.same_device(new, [replace(other, at=other.at - minutes(1))], POLICY) is None
    assert signs.same_device(new, [replace(other, author_id=new.author_id)], POLICY) is None
    assert signs.same_device(new, [replace(other, devices=("d3",))], POLICY) is None
    assert signs.same_device(NEW, [replace(other, devices=())], POLICY) is None


def test_three_accounts_on_one_network_within_a_day():
    new = replace(NEW, network="n1")
    others = [seen(number, network="n1", ago=timedelta(hours=24)) for number in (1, 2)]
    assert signs.same_network(new, others, POLICY).reviews == ("rev_0", "rev_1", "rev_2")
    assert signs.same_network(new, others[:1], POLICY) is None
    assert signs.same_network(new, [others[0], replace(others[0], review_id="rev_9")], POLICY) is None
    assert signs.same_network(NEW, [replace(one, network=None) for one in others], POLICY) is None


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        (replace(LONG_AGO, works_there=True), True),
        (replace(LONG_AGO, shares_phone=True), True),
        (replace(LONG_AGO, merchants_devices=frozenset({"d1"})), True),
        (replace(LONG_AGO, merchants_devices=frozenset({"d2"})), False),
        (LONG_AGO, False),
    ],
)
def test_who_praises_themselves(facts, is_one):
    assert (signs.self_review(replace(NEW, devices=("d1",)), facts) is not None) is is_one


def test_an_account_is_new_for_a_day():
    assert signs.new_account(NEW, Facts(joined=NOW - timedelta(hours=23)), POLICY)
    assert signs.new_account(NEW, Facts(joined=NOW - timedelta(hours=24)), POLICY) is None
    assert signs.new_account(NEW, Facts(), POLICY) is None


def group(people, shops, apart=timedelta(hours=1)):
    """Return what some people wrote of the same shops, each shop on a day of its own; the first is the author."""
    return {
        f"acc_{person}": [
            seen(
                f"{person}_{shop}",
                author=f"acc_{person}",
                shop=f"shp_{shop}",
                ago=timedelta(days=shop * 7) + apart * person,
            )
            for shop in range(1, shops + 1)
        ]
        for person in range(people)
    }


def last_of(of_authors):
    return of_authors["acc_0"][0]


def test_a_ring_is_a_group_that_goes_from_shop_to_shop():
    rows = group(4, 3)
    found = signs.ring(last_of(rows), rows, POLICY)
    assert found.reason is Reason.RING
    assert set(found.reviews) == {one.review_id for theirs in rows.values() for one in theirs}


@pytest.mark.parametrize(
    "rows",
    [group(3, 3), group(4, 2), group(4, 3, apart=timedelta(days=3, minutes=1))],
    ids=["three people", "two shops", "days apart"],
)
def test_less_than_that_is_no_ring(rows):
    assert signs.ring(last_of(rows), rows, POLICY) is None


def test_bystanders_of_a_ring_are_left_alone():
    rows = group(4, 3) | {"acc_9": [seen("9_1", author="acc_9", ago=timedelta(days=7))]}
    rows["acc_1"].append(seen("1_far", author="acc_1", shop="shp_far"))
    found = signs.ring(last_of(rows), rows, POLICY)
    assert not {"rev_9_1", "rev_1_far"} & set(found.reviews)


def test_a_ring_elsewhere_is_not_found_by_an_honest_review():
    rows = group(4, 3)
    honest = seen("h", author="acc_0", shop="shp_of_their_own")
    assert signs.ring(honest, rows, POLICY) is None


@pytest.mark.parametrize(
    ("stars", "paid", "back", "is_one"),
    [
        (4, 100, 100, True),
        (5, 100, 120, True),
        (3, 100, 100, False),
        (5, 100, 90, True),
        (5, 100, 89, False),
        (5, 0, 0, False),
    ],
)
def test_praise_that_cost_nothing(stars, paid, back, is_one):
    assert signs.is_refunded(stars, paid, back, POLICY) is is_one


@pytest.mark.parametrize(
    ("stars", "paid", "discount", "is_one"),
    [(4, 0, 100, True), (3, 0, 100, False), (5, 1, 99, False), (5, 0, 0, False)],
)
def test_praise_that_a_coupon_paid_is_a_weak_sign(stars, paid, discount, is_one):
    assert signs.is_for_free(stars, paid, discount, POLICY) is is_one
    facts = Facts(joined=NOW - timedelta(hours=1), praise_for_free=is_one)
    held = signs.held(signs.signs(NEW, [NEW], {}, facts, POLICY))
    assert held == ({NEW.review_id: (Reason.FREE, Reason.NEW_ACCOUNT)} if is_one else {})
    assert signs.held(signs.signs(NEW, [NEW], {}, replace(facts, joined=None), POLICY)) == {}


def test_one_strong_sign_holds_and_a_weak_one_takes_another():
    network, new = Sign(Reason.SAME_NETWORK, ("rev_0", "rev_1")), Sign(Reason.NEW_ACCOUNT, ("rev_0",))
    ring = Sign(Reason.RING, ("rev_2",))
    assert signs.held([network]) == {}
    assert signs.held([new]) == {}
    both = (Reason.NEW_ACCOUNT, Reason.SAME_NETWORK)
    assert signs.held([network, new, ring]) == {"rev_0": both, "rev_2": (Reason.RING,)}


PEOPLE, SHOPS = st.sampled_from([f"acc_{one}" for one in range(6)]), st.sampled_from([f"shp_{one}" for one in range(4)])
REVIEWS = st.lists(
    st.builds(
        Seen,
        review_id=st.integers(0, 10**9).map(lambda one: f"rev_{one}"),
        shop_id=SHOPS,
        author_id=PEOPLE,
        at=st.integers(0, 10_000).map(lambda one: NOW - minutes(one)),
        devices=st.lists(st.sampled_from("abcd"), max_size=2).map(tuple),
        network=st.sampled_from(["n1", "n2", None]),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda one: one.review_id,
)


@given(REVIEWS)
@settings(deadline=None, max_examples=50)
def test_signs_concern_the_new_review_and_only_what_they_were_given(rows):
    new, *_ = sorted(rows, key=lambda one: one.at, reverse=True)
    at_shop = [one for one in rows if one.shop_id == new.shop_id]
    of_authors = {who: [one for one in rows if one.author_id == who] for who in {one.author_id for one in rows}}
    found = signs.signs(new, at_shop, of_authors, LONG_AGO, POLICY)
    known = {one.review_id for one in rows}
    for sign in found:
        assert new.review_id in sign.reviews
        assert set(sign.reviews) <= known
        if sign.reason is Reason.RING:
            writers = {one.author_id for one in rows if one.review_id in sign.reviews}
            assert len(writers) >= POLICY.ring_accounts
    assert {reason for reasons in signs.held(found).values() for reason in reasons} <= set(Reason)
    assert all(STRONG & set(reasons) or len(reasons) > 1 for reasons in signs.held(found).values())
