import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.reviews import use_cases
from chalicelib.reviews.rules import Event, NotInState, Rating, State, after
from tests.api import CUSTOMER, told
from tests.chalicelib.reviews.test_use_cases import GOOD

FIVE = Rating(5, 1, 1, (0, 0, 0, 0, 1))


@pytest.fixture
def review(ports):
    return use_cases.write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_nothing_leads_to_readers_before_its_time(state, event):
    try:
        found = after(state, event, opened=False)
    except NotInState:
        return
    assert found is not State.SHOWN or (state, event) == (State.BLIND, Event.OPEN)


@pytest.mark.parametrize(("state", "event"), [(State.SHOWN, Event.OPEN), (State.BLIND, Event.SHOW)])
def test_what_is_open_is_not_opened_and_what_is_blind_is_not_shown(state, event):
    with pytest.raises(NotInState):
        after(state, event, opened=True)


def test_what_is_held_is_read_by_nobody_and_counts_nothing_until_it_is_shown(ports, review):
    ports.committer.commit(use_cases.hold(ports, review.id, ["words", "burst", "words"]))
    held = use_cases.review(ports, review.id)
    assert (held.state, held.reasons, held.version) == (State.HELD, ("burst", "words"), 2)
    assert use_cases.of_shop(ports, "shp_1", None, 10)[1].items == ()
    assert use_cases.rating(ports, "shp_1") == Rating(version=2)
    assert use_cases.hold(ports, review.id, ["again"]) == []

    ports.committer.commit(use_cases.show(ports, review.id))
    assert use_cases.rating(ports, "shp_1") == Rating(5, 1, 3, FIVE.histogram)
    shown = use_cases.of_shop(ports, "shp_1", None, 10)[1].items
    assert [(one.id, one.state, one.reasons) for one in shown] == [(review.id, State.SHOWN, ())]
    assert use_cases.show(ports, review.id) == []
    assert [message.type for message in told()].count("review.rating_changed") == 3


def test_what_is_removed_comes_back_by_an_appeal_alone(ports, review):
    ports.committer.commit(use_cases.remove(ports, review.id, ["advertising"]))
    assert use_cases.remove(ports, review.id, ["advertising"]) == use_cases.hold(ports, review.id, ["x"]) == []
    assert use_cases.rating(ports, "shp_1").count == 0
    ports.committer.commit(use_cases.show(ports, review.id))
    assert use_cases.rating(ports, "shp_1").count == 1


def test_two_who_decide_at_once_do_so_one_after_the_other(ports, review):
    hold, remove = use_cases.hold(ports, review.id, ["words"]), use_cases.remove(ports, review.id, ["advertising"])
    ports.committer.commit(hold)
    with pytest.raises(Contention):
        ports.committer.commit(remove)
    assert use_cases.rating(ports, "shp_1") == Rating(version=2)


def test_there_must_be_such_a_review(ports):
    for decide in (lambda: use_cases.show(ports, "rev_9"), lambda: use_cases.hold(ports, "rev_9", ["words"])):
        with pytest.raises(NotFound):
            decide()
