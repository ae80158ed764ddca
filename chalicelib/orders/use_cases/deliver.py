"""Lines end: delivered, or nobody came. Called by the domain of the line's kind, inside its own transactions."""

from datetime import datetime

from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action
from chalicelib.orders import messages
from chalicelib.orders.ports import LineState, OrdersPorts, OrderState
from chalicelib.orders.rules import delivered
from chalicelib.orders.use_cases import _lines
from chalicelib.orders.use_cases.read import read


def line_completed(ports: OrdersPorts, order_id: str, line_id: str, now: datetime) -> list[Action]:
    """Return the writes of a line that was delivered: order, money due to the merchant, message. None for one that is
    completed already. Whether the caller may say so is the caller's to check.

    Raises:
        NotFound: no such line. NotPossible: the line is not confirmed.
    """
    return _ended(ports, order_id, line_id, LineState.COMPLETED, now)


def line_no_show(ports: OrdersPorts, order_id: str, line_id: str, now: datetime) -> list[Action]:
    """Return the writes of a line whose customer did not come: the merchant gets the fee of the line's policy, what is
    left of what was paid goes back.
    """
    return _ended(ports, order_id, line_id, LineState.NO_SHOW, now)


def _ended(ports: OrdersPorts, order_id: str, line_id: str, state: LineState, now: datetime) -> list[Action]:
    order = read(ports, order_id)
    line = order.line(line_id)
    if line is None:
        raise NotFound("order line")
    if line.state == state:
        return []
    may_go = state == LineState.NO_SHOW and len(order.lines) > 1
    new = delivered(order, line, state, _lines.used(ports, order) if may_go else ())
    actions = [ports.store.replace(new), *_lines.corrected(ports, order, new, now)]
    ended = new.line(line_id)
    if state == LineState.NO_SHOW and ended is not None:
        actions += _lines.kept(ports, new, ended, now)
        if ended.refund and order.payment_id is not None:
            reason = messages.numbered(messages.NO_SHOW, new.rounds)
            due = messages.refund_due(new, order.payment_id, ended.refund, reason, now)
            actions.append(ports.outbox.put(due))
    else:
        actions += _lines.sold(ports, order, line, now)
    # It asks for a review: not of somebody who did not come.
    if new.state == OrderState.COMPLETED and any(one.state == LineState.COMPLETED for one in new.lines):
        actions.append(ports.outbox.put(messages.told(messages.COMPLETED, new, now)))
    return actions
