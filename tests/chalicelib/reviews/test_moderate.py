import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.reviews import use_cases
from chalicelib.reviews.rules import Sort, State, Wanted
from tests.api import told
from tests.chalicelib.reviews.world import blind, both, put


@pytest.fixture
def review(ports):
    return both(ports)


def listed(ports):
    return use_cases.of_shop(ports, "shp_1", Sort.NEWEST, Wanted(), None, 10)[1].items


def counted(ports):
    rating = use_cases.rating(ports, "shp_1")
    return rating.sum, rating.count


def test_what_is_held_is_read_by_nobody_and_counts_nothing_until_it_is_shown(ports, review):
    ports.committer.commit(use_cases.hold(ports, review.id, ["words", "burst", "words"]))
    held = use_cases.review(ports, review.id)
    assert (held.state, held.reasons, held.version) == (State.HELD, ("burst", "words"), 2)
    assert listed(ports) == ()
    assert counted(ports) == (0, 0)
    assert use_cases.hold(ports, review.id, ["again"]) == []

    ports.committer.commit(use_cases.show(ports, review.id))
    assert counted(ports) == (5, 1)
    assert [(one.id, one.state, one.reasons) for one in listed(ports)] == [(review.id, State.SHOWN, ())]
    assert use_cases.show(ports, review.id) == []
    assert [message.type for message in told()].count("review.rating_changed") == 3


def test_what_is_removed_comes_back_by_an_appeal_alone(ports, review):
    ports.committer.commit(use_cases.remove(ports, review.id, ["advertising"]))
    assert use_cases.remove(ports, review.id, ["advertising"]) == use_cases.hold(ports, review.id, ["x"]) == []
    assert counted(ports) == (0, 0)
    ports.committer.commit(use_cases.show(ports, review.id))
    assert counted(ports) == (5, 1)


def test_two_who_decide_at_once_do_so_one_after_the_other(ports, review):
    hold, remove = use_cases.hold(ports, review.id, ["words"]), use_cases.remove(ports, review.id, ["advertising"])
    ports.committer.commit(hold)
    with pytest.raises(Contention):
        ports.committer.commit(remove)
    assert counted(ports) == (0, 0)


def test_what_is_held_blind_goes_back_to_blind_or_is_shown_once_it_was_opened(ports, clock):
    first, second = blind(1), blind(2)
    put(first, second)
    for one in (first, second):
        ports.committer.commit(use_cases.hold(ports, one.id, ["words"]))
    ports.committer.commit(use_cases.show(ports, first.id))
    assert use_cases.review(ports, first.id).state is State.BLIND
    clock.move(days=14)
    assert use_cases.open_due(ports, clock.now()).opened == 2
    assert counted(ports) == (5, 1), "the second is held"
    assert use_cases.review(ports, second.id).opened
    ports.committer.commit(use_cases.show(ports, second.id))
    assert counted(ports) == (10, 2)


def test_that_it_can_be_read_is_told_once_though_it_was_held_when_it_was_opened(ports, clock):
    first = blind(1)
    put(first)
    ports.committer.commit(use_cases.hold(ports, first.id, ["words"]))
    clock.move(days=15)
    assert use_cases.open_due(ports, clock.now()).opened == 1
    assert told("review.posted") == []
    for _ in range(2):
        ports.committer.commit(use_cases.show(ports, first.id))
        ports.committer.commit(use_cases.hold(ports, first.id, ["words"]))
    [message] = {one.id: one for one in told("review.posted")}.values()
    assert (message.payload["review_id"], message.queues) == (first.id, ("notifications",))


def test_there_must_be_such_a_review(ports):
    for decide in (lambda: use_cases.show(ports, "rev_9"), lambda: use_cases.hold(ports, "rev_9", ["words"])):
        with pytest.raises(NotFound):
            decide()
