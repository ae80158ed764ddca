"""The sweep of holds that ran out. It only tells people: the things were free for the next writer already."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import metric
from chalicelib.kit.transaction import retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import LineState, OrdersPorts, OrderState
from chalicelib.orders.rules import Happening, move, with_lines
from chalicelib.orders.use_cases import _lines

BATCH = 125  # orders of a shard and run, 40 s of work in all, the function has 50; what is left waits for the next run


@dataclass(frozen=True)
class Swept:
    """What a run did: orders that expired, and orders that could not be written."""

    expired: int
    failed: int


def expire_holds(ports: OrdersPorts, as_of: datetime) -> Swept:
    """Mark orders whose hold ran out before `as_of` as expired, and tell their customers. Safe to repeat and to run
    twice at once. One order that fails does not keep the others waiting.
    """
    expired, failures = 0, Failures()
    for shard in range(ports.store.shards):
        for order_id in list(ports.store.run_out(shard, as_of, BATCH)):
            with failures.spared("an order could not expire", order_id=order_id):
                expired += _expire(ports, order_id, as_of)
    if expired:
        metric("HoldsRanOut", expired)
    return Swept(expired, failures.count)


def _expire(ports: OrdersPorts, order_id: str, as_of: datetime) -> bool:
    def attempt() -> bool:
        order = ports.store.order(order_id)
        if order is None or order.state != OrderState.HELD or order.is_live(as_of):
            return False  # the index lags behind: it was paid or cancelled
        lines = with_lines(order.lines, LineState.EXPIRED)
        new = move(order, Happening.EXPIRE, OrderState.EXPIRED, lines=lines)
        released = _lines.release(ports, order, order.lines, LineState.EXPIRED, as_of)
        told = ports.outbox.put(messages.told(messages.EXPIRED, new, as_of))
        ports.committer.commit([ports.store.replace(new), *released, told])
        return True

    return retrying(attempt)
