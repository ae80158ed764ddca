"""What waits is tried again: endpoint by endpoint, each for itself."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from chalicelib.webhooks.ports import Delivery, Endpoint, WebhookPorts
from chalicelib.webhooks.rules.delivery import DeliveryState, Verdict
from chalicelib.webhooks.rules.endpoint import OPENS, State
from chalicelib.webhooks.rules.events import merchant_in
from chalicelib.webhooks.use_cases.attempts import Tried, attempt

_THREADS = 16
_ABREAST = 4  # deliveries of an endpoint that takes them
_AT_ONCE = 200  # endpoints of one run
_BATCH = 25  # deliveries of one query
_SECONDS = 35.0  # of a run; an attempt may take ten more, and the function has 50
_SETTLE = timedelta(minutes=1)  # far longer than an index takes to show what was written


@dataclass(frozen=True)
class Run:
    """What became of what waited."""

    delivered: int = 0
    failed: int = 0
    endpoints: int = 0

    def __add__(self, other: "Run") -> "Run":
        return Run(self.delivered + other.delivered, self.failed + other.failed, self.endpoints + other.endpoints)


def retry_due(ports: WebhookPorts, now: datetime, elapsed: Callable[[], float] = monotonic) -> Run:
    """Try what waits at the endpoints whose time has come, many at a time; what there is no time for stays due.

    Raises:
        Exception: what went wrong at one of them, once all have had their turn.
    """
    until = elapsed() + _SECONDS
    due = ports.endpoints.due(now, _AT_ONCE)
    if not due:
        return Run()
    share = _SECONDS * min(1.0, _THREADS / len(due))  # where they are many, the first take no whole run

    def turn(one: tuple[str, str]) -> Run:
        ends = min(until, elapsed() + share)
        return _work(ports, one, now, lambda: elapsed() < ends)

    result, failure = Run(), None
    with ThreadPoolExecutor(min(_THREADS, len(due)), thread_name_prefix="webhooks") as threads:
        running = [threads.submit(turn, one) for one in due]
    for one in running:
        try:
            result += one.result()
        except Exception as error:  # noqa: BLE001 - raised below, once all have had their turn
            failure = error
    if failure is not None:
        raise failure
    return result


def _work(ports: WebhookPorts, key: tuple[str, str], now: datetime, has_time: Callable[[], bool]) -> Run:
    """Try what waits at one endpoint. One that was left alone is tried with the first few, whether or not those are
    due: once it takes one, it is back, and gets all, some at a time.
    """
    endpoint = ports.endpoints.endpoint(*key)
    if endpoint is None or endpoint.state != State.ACTIVE or endpoint.wake_at is None or endpoint.wake_at > now:
        return Run()
    before = None if endpoint.failures >= OPENS else now
    run, in_a_row, tried, left = Run(endpoints=1), 0, set[str](), list[str]()
    while left or (left := _fresh(ports, endpoint, before, tried)):
        if not has_time():
            if tried:  # the rest is due, after those who were not reached: they keep their place
                ports.endpoints.sleep(endpoint, now)
            return run
        abreast = 1 if endpoint.failures else _ABREAST
        some, left = left[:abreast], left[abreast:]
        tried.update(some)
        outcomes = _attempts(ports, endpoint, some)
        for one in outcomes:
            is_taken = one.verdict == Verdict.TAKEN
            run += Run(delivered=int(is_taken), failed=int(not is_taken))
            in_a_row = 0 if is_taken else in_a_row + 1
        if in_a_row >= OPENS or any(one.endpoint is None or one.verdict == Verdict.SLOWER for one in outcomes):
            return run  # when it is tried next was written with the failure
        standing = _standing(ports, _after(ports, endpoint, outcomes), endpoint)
        if standing is None:
            return run  # what its owner said decides when it is tried next
        endpoint = standing
    _rest(ports, endpoint, now, worked=bool(tried))
    return run


def _fresh(ports: WebhookPorts, endpoint: Endpoint, before: datetime | None, tried: set[str]) -> list[str]:
    return [one for one, _ in ports.deliveries.waiting(endpoint.id, before, _BATCH) if one not in tried]


def _attempts(ports: WebhookPorts, endpoint: Endpoint, some: Sequence[str]) -> Sequence[Tried]:
    """Try some of what waits at the same time; what another has in hand, or is not for the endpoint, is left out."""

    def one(event_id: str) -> Tried | None:
        delivery = ports.deliveries.claim(endpoint.id, event_id, ports.clock.now())
        if delivery is None or not _may_hear(ports, endpoint, delivery):
            return None
        return attempt(ports, endpoint, delivery)

    if len(some) == 1:
        found = [one(some[0])]
    else:
        with ThreadPoolExecutor(len(some), thread_name_prefix="webhooks") as threads:
            running = [threads.submit(one, event_id) for event_id in some]
        found = [done.result() for done in running]
    return [outcome for outcome in found if outcome is not None]


def _after(ports: WebhookPorts, endpoint: Endpoint, outcomes: Sequence[Tried]) -> Endpoint:
    """Return an endpoint as it stands after attempts. Of several at once each knows its own alone: where the last was
    taken, those that failed beside it are forgotten.
    """
    if not outcomes:
        return endpoint
    failed = [one.endpoint for one in outcomes if one.verdict != Verdict.TAKEN and one.endpoint is not None]
    last = outcomes[-1].endpoint or endpoint
    if failed and outcomes[-1].verdict == Verdict.TAKEN:
        ports.endpoints.succeeded(last)
    return last if not failed or outcomes[-1].verdict == Verdict.TAKEN else failed[-1]


def _standing(ports: WebhookPorts, after: Endpoint, before: Endpoint) -> Endpoint | None:
    """Return an endpoint after some attempts as its owner says by now: that it moved, or has another secret, is true
    of the next event. None where it is active no more. When it was woken stays as it was read first, see `sleep`.
    """
    fresh = ports.endpoints.endpoint(before.owner_id, before.id)
    if fresh is None or fresh.state != State.ACTIVE:
        return None
    return replace(
        fresh,
        failures=after.failures,
        failing_since=after.failing_since,
        wake_at=before.wake_at,
        is_last_look=before.is_last_look,
    )


def _may_hear(ports: WebhookPorts, endpoint: Endpoint, delivery: Delivery) -> bool:
    """Say whether what waits is still for its endpoint: what a partner hears of may have been ended, or made less,
    since it happened. What is not for it ends here.
    """
    merchant_id = merchant_in(delivery.body)
    if merchant_id == endpoint.owner_id:
        return True
    listener = ports.listeners.listener(endpoint.owner_id)
    if listener is not None and listener.hears_of(merchant_id):
        return True
    ports.deliveries.finish(replace(delivery, state=DeliveryState.FAILED, next_at=None))
    return False


def _rest(ports: WebhookPorts, endpoint: Endpoint, now: datetime, *, worked: bool) -> None:
    """Say when the endpoint is tried next. What waits is read from an index, which may not show yet why it was woken:
    where nothing is found it is looked at once more before nobody looks any more.
    """
    waiting = ports.deliveries.waiting(endpoint.id, None, 1)
    soon = now + _SETTLE
    if waiting:
        ports.endpoints.sleep(endpoint, max(soon, waiting[0][1]))
    elif worked or not endpoint.is_last_look:
        ports.endpoints.sleep(endpoint, soon, is_last_look=True)
    else:
        ports.endpoints.sleep(endpoint, None)
