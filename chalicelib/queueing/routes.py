"""The queues at a shop's door: opening them, taking a number, calling it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.queueing import schemas, use_cases
from chalicelib.queueing.ports import Happening, State
from chalicelib.queueing.problems import (
    AlreadyInLine,
    CalledEnough,
    DayFull,
    LineClosed,
    NobodyWaits,
    NotPossible,
    PartyDoesNotFit,
    PrefixTaken,
    TooManyLines,
)

bp = Blueprint(__name__)

_TAG = "queueing"
_QUEUES = "/v1/shops/{shop_id}/queues"
_QUEUE = f"{_QUEUES}/{{queue_id}}"
_TICKET = "/v1/shops/{shop_id}/tickets/{ticket_id}"
_MOVE = (NotFound, Forbidden, NotPossible, Busy)


@endpoint(
    bp, "POST", _QUEUES, summary="Open a queue at the door", tag=_TAG,
    needs=Permission.QUEUE_MANAGE, body=schemas.QueueIn,
    returns=schemas.Queue, status=201, idempotent=True, errors=(NotFound, Forbidden, TooManyLines, PrefixTaken, Busy),
)  # fmt: skip
def create(call: Call, shop_id: str) -> schemas.Queue:
    once, show = call.once(schemas.Queue.of), schemas.Queue.of
    return show(use_cases.create(wiring.queueing(), call.actor, shop_id, call.body.draft(), once))


@endpoint(
    bp, "GET", _QUEUES, summary="A shop's queues: how many wait, and how long it may take", tag=_TAG, needs=PUBLIC,
    returns=schemas.Queues, errors=(NotFound,),
)  # fmt: skip
def of_shop(_call: Call, shop_id: str) -> schemas.Queues:
    return schemas.Queues(items=[schemas.Queue.of(one) for one in use_cases.of_shop(wiring.queueing(), shop_id)])


@endpoint(
    bp, "PATCH", _QUEUE, summary="Change, open or close a queue", tag=_TAG,
    needs=Permission.QUEUE_MANAGE, body=schemas.QueueChange,
    returns=schemas.Queue, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def change(call: Call, shop_id: str, queue_id: str) -> schemas.Queue:
    fields = call.body.fields()
    return schemas.Queue.of(use_cases.change(wiring.queueing(), call.actor, shop_id, queue_id, fields))


@endpoint(
    bp, "POST", f"{_QUEUE}/tickets", summary="Take a number", tag=_TAG,
    needs=Permission.QUEUE_JOIN, body=schemas.TicketIn,
    returns=schemas.Ticket, status=201, idempotent=True,
    errors=(NotFound, PartyDoesNotFit, LineClosed, DayFull, AlreadyInLine, NotAvailable, Busy),
)  # fmt: skip
def take(call: Call, shop_id: str, queue_id: str) -> schemas.Ticket:
    once, show = call.once(schemas.Ticket.of), schemas.Ticket.of
    return show(use_cases.take(wiring.queueing(), call.actor, shop_id, queue_id, call.body.party, once))


@endpoint(
    bp, "GET", f"{_QUEUE}/tickets", summary="Who waits, is called or was skipped today, by number", tag=_TAG,
    needs=Permission.QUEUE_WORK, query=schemas.TicketsQuery, returns=schemas.Tickets, errors=(NotFound, Forbidden),
)  # fmt: skip
def listed(call: Call, shop_id: str, queue_id: str) -> schemas.Tickets:
    query: schemas.TicketsQuery = call.query
    scope, cursors = f"queue|{queue_id}|{query.state}", wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    state = State(query.state)
    page = use_cases.listed(wiring.queueing(), call.actor, shop_id, queue_id, state, after, query.limit)
    items = [schemas.Ticket.of(one) for one in page.items]
    return schemas.Tickets(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_QUEUE}/call", summary="Call whoever is next", tag=_TAG,
    needs=Permission.QUEUE_WORK, returns=schemas.Ticket,
    idempotent=True, errors=(NotFound, Forbidden, NobodyWaits, Busy),
)  # fmt: skip
def call_next(call: Call, shop_id: str, queue_id: str) -> schemas.Ticket:
    once, show = call.once(schemas.Ticket.of), schemas.Ticket.of
    return show(use_cases.call_next(wiring.queueing(), call.actor, shop_id, queue_id, once))


@endpoint(
    bp, "GET", _TICKET, summary="A number: how many are ahead, and how long it may take", tag=_TAG,
    needs=Permission.QUEUE_READ,
    returns=schemas.Ticket, errors=(NotFound,),
)  # fmt: skip
def ticket(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return schemas.Ticket.of(use_cases.ticket(wiring.queueing(), call.actor, shop_id, ticket_id))


@endpoint(
    bp, "POST", f"{_TICKET}/leave", summary="Give your number back", tag=_TAG, needs=Permission.QUEUE_JOIN,
    returns=schemas.Ticket, idempotent=True, errors=_MOVE,
)  # fmt: skip
def leave(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.LEAVE)


@endpoint(
    bp, "POST", f"{_TICKET}/call", summary="Call this one, out of turn", tag=_TAG, needs=Permission.QUEUE_WORK,
    returns=schemas.Ticket, idempotent=True, errors=_MOVE,
)  # fmt: skip
def call_one(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.CALL)


@endpoint(
    bp, "POST", f"{_TICKET}/recall", summary="Call again who was called or skipped", tag=_TAG,
    needs=Permission.QUEUE_WORK,
    returns=schemas.Ticket, idempotent=True, errors=(*_MOVE, CalledEnough),
)  # fmt: skip
def recall(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.RECALL)


@endpoint(
    bp, "POST", f"{_TICKET}/skip", summary="Pass over who was called and did not come", tag=_TAG,
    needs=Permission.QUEUE_WORK,
    returns=schemas.Ticket, idempotent=True, errors=_MOVE,
)  # fmt: skip
def skip(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.SKIP)


@endpoint(
    bp, "POST", f"{_TICKET}/reinstate", summary="Let who was skipped wait again, at their number", tag=_TAG,
    needs=Permission.QUEUE_WORK, returns=schemas.Ticket, idempotent=True, errors=_MOVE,
)  # fmt: skip
def reinstate(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.REINSTATE)


@endpoint(
    bp, "POST", f"{_TICKET}/seat", summary="Who was called came", tag=_TAG,
    needs=Permission.QUEUE_WORK, returns=schemas.Ticket,
    idempotent=True, errors=_MOVE,
)  # fmt: skip
def seat(call: Call, shop_id: str, ticket_id: str) -> schemas.Ticket:
    return _moved(call, shop_id, ticket_id, Happening.SEAT)


def _moved(call: Call, shop_id: str, ticket_id: str, happening: Happening) -> schemas.Ticket:
    once, show = call.once(schemas.Ticket.of), schemas.Ticket.of
    return show(use_cases.move(wiring.queueing(), call.actor, shop_id, ticket_id, happening, once))
