"""What is not read goes by text message, once."""

import pytest

from chalicelib.notifications import use_cases
from chalicelib.notifications.rules import LEASE, InHand, State
from chalicelib.notifications.use_cases import deliver, sweep
from tests.api import CUSTOMER
from tests.chalicelib.notifications.world import MUST, NOW, PUSH, SMS


@pytest.mark.parametrize(("kind", "minutes"), [(MUST, 15), (NOW, 3)])
def test_what_is_not_read_goes_by_text_message_once(world, kind, minutes):
    world.tell(kind)
    world.minute(minutes - 1)
    assert SMS not in world.sent()
    world.minute(60)
    assert world.sent() == {PUSH: 2, SMS: 1}
    assert world.sender(SMS).letters[0].body.startswith("【邻里】")
    assert (world.notice.state, world.notice.channel, world.notice.due) == (State.SENT, SMS, None)


@pytest.mark.parametrize("read", [use_cases.read, lambda ports, actor, _one: use_cases.read_all(ports, actor)])
def test_what_was_read_is_not_texted(world, read):
    world.tell(MUST)
    world.minute(14)
    assert read(world.ports, CUSTOMER, world.notice.id) == 0
    world.minute(60)
    assert world.sent() == {PUSH: 2}
    assert (world.notice.state, world.notice.due) == (State.SENT, None)


@pytest.mark.parametrize("read", [use_cases.read, lambda ports, actor, _one: use_cases.read_all(ports, actor)])
def test_what_is_read_between_the_sweep_and_the_queue_is_not_texted(world, read):
    world.tell(MUST)
    world.clock.on(minutes=15)
    sweep(world.ports, world.clock.now())
    read(world.ports, CUSTOMER, world.notice.id)
    world.work(times=3)
    assert world.sent() == {PUSH: 2}


def test_a_message_of_the_sweep_that_comes_five_times_texts_once(world):
    world.tell(NOW)
    world.clock.on(minutes=3)
    for _ in range(3):
        sweep(world.ports, world.clock.now())
    world.work(times=5)
    assert world.sent() == {PUSH: 2, SMS: 1}


def test_a_message_of_the_sweep_that_is_lost_is_made_good(world):
    world.tell(NOW)
    world.clock.on(minutes=3)
    sweep(world.ports, world.clock.now())
    world.ports.outbox.take()
    world.minute(29)
    assert SMS not in world.sent()
    world.minute(2)
    assert world.sent()[SMS] == 1


def test_a_run_that_dies_with_a_fall_back_in_hand_leaves_it_to_the_next(world, monkeypatch):
    world.tell(NOW)
    world.clock.on(minutes=3)
    sweep(world.ports, world.clock.now())
    (due,) = world.ports.outbox.take()

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(world.sender(SMS), "send", die)
        with pytest.raises(SystemExit):
            deliver(world.ports, due)
    with pytest.raises(InHand):
        deliver(world.ports, due)
    world.clock.at += LEASE
    deliver(world.ports, due)
    assert world.sent() == {PUSH: 2, SMS: 1}
    assert (world.notice.state, world.notice.channel, world.notice.is_fallback) == (State.SENT, SMS, True)
