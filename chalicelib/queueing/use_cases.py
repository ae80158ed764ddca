"""What can be done with lines and tickets.

Whatever happens to a ticket is one transaction on condition of its line's version: whoever decided on an older line
decides again from fresh rows. So two who call at once call two tickets, and no number is given out twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.queueing import line as lines
from chalicelib.queueing import messages, rules
from chalicelib.queueing.keys import TicketKey, key_of
from chalicelib.queueing.line import Line, LineDraft
from chalicelib.queueing.ports import Letters, QueueingPorts
from chalicelib.queueing.problems import PrefixTaken, TooManyLines
from chalicelib.queueing.rules import Happening, Place, State, Ticket
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Status

_ATTEMPTS = 14  # many want the row of one line at the same moment, and each gets what they want


def create(ports: QueueingPorts, actor: Actor, shop_id: str, draft: LineDraft, once: Once) -> Line:
    """Open a new line at the door of the actor's shop.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
        Invalid: names the fields at fault.
        TooManyLines: the shop has `rules.MOST_LINES`. PrefixTaken: one of them has the letter.
    """
    _sound(draft)

    def attempt() -> Line:
        shop, now = shops.shop(ports.shops, shop_id), ports.clock.now()
        actor.must_run(shop.merchant_id)
        letters = _with(ports.store.letters(shop_id), draft.prefix)
        line = Line(
            **vars(draft),
            id=new_id("que"),
            shop_id=shop_id,
            merchant_id=shop.merchant_id,
            day=rules.local_date(now, shop.zone),
        )
        ports.committer.commit([*ports.store.create(line, letters), ports.idempotency.remember(once, line)])
        return line

    return retrying(attempt)


def change(ports: QueueingPorts, actor: Actor, shop_id: str, queue_id: str, fields: Mapping[str, Any]) -> Line:
    """Change some fields of a line, by their names in `Line`: also whether it is open. Who waits stays.

    Raises:
        NotFound, Forbidden: no such line, or somebody else's shop.
        Invalid: names the fields at fault.
    """

    def attempt() -> Line:
        before = _line_run_by(ports, actor, shop_id, queue_id)
        after = replace(before, **fields, version=before.version + 1)
        _sound(after)
        if after.minutes != before.minutes:
            after = replace(after, pace=None)  # the merchant knows better than what was measured
        ports.committer.commit([ports.store.replace_line(after)])
        return after

    return retrying(attempt, attempts=_ATTEMPTS)


def of_shop(ports: QueueingPorts, shop_id: str) -> Sequence[Line]:
    """Return a shop's lines as of now, by letter; what happened a moment ago may not show. Those of a closed shop are
    not open.

    Raises:
        NotFound: no such shop.
    """
    shop = shops.shop(ports.shops, shop_id)
    day = rules.local_date(ports.clock.now(), shop.zone)
    shown = [one.on(day) for one in ports.store.lines(shop_id)]
    if shop.status != Status.OPEN:
        shown = [replace(one, is_open=False) for one in shown]
    return sorted(shown, key=lambda one: one.prefix)


def take(ports: QueueingPorts, actor: Actor, shop_id: str, queue_id: str, party: int, once: Once) -> Place:
    """Give the actor the next number of a line.

    Args:
        ports: what lines need.
        actor: who waits.
        shop_id: the shop.
        queue_id: the line.
        party: people.
        once: the request.

    Raises:
        NotFound: no such line.
        PartyDoesNotFit, LineClosed, DayFull: the line gives none out.
        AlreadyInLine: the actor has a live ticket in this shop.
        NotAvailable: actor and merchant have nothing to do with each other.
        Busy: too many took one at once.
    """

    def attempt() -> Place:
        shop, now = shops.shop(ports.shops, shop_id), ports.clock.now()
        before = _line(ports, shop_id, queue_id).on(rules.local_date(now, shop.zone))
        line, number = rules.taken(before, party, shop_is_open=shop.status == Status.OPEN)
        ticket = _new_ticket(line, number, actor, party, shop.zone, now)
        place = rules.place(line, ticket)
        ports.committer.commit(
            [
                *ports.dealings.may_begin(ticket.customer_id, ticket.merchant_id),
                *ports.store.take(ticket),
                ports.store.replace_line(line),
                ports.idempotency.remember(once, place),
            ]
        )
        return place

    return retrying(attempt, attempts=_ATTEMPTS)


def ticket(ports: QueueingPorts, actor: Actor, shop_id: str, ticket_id: str) -> Place:
    """Return where a ticket stands, to its customer, its merchant and admins: two consistent reads.

    Raises:
        NotFound: there is none, or it is none of the actor's business.
    """
    return rules.place(*_seen_by(ports, actor, shop_id, ticket_id))


def listed(
    ports: QueueingPorts,
    actor: Actor,
    shop_id: str,
    queue_id: str,
    state: State,
    after: Mapping[str, Any] | None,
    limit: int,
) -> Page[Place]:
    """Return some of the actor's tickets of today that wait, are called or are skipped, by number.

    Args:
        ports: what lines need.
        actor: who runs the shop.
        shop_id: the shop.
        queue_id: the line.
        state: one of `rules.LIVE`.
        after: the position after the last one seen; that of another date is at the end of the list.
        limit: the most tickets, at most 100.

    Raises:
        NotFound, Forbidden: no such line, or somebody else's shop.
    """
    line = _line_run_by(ports, actor, shop_id, queue_id)
    if after is not None and after["day"] != line.day.isoformat():
        return Page((), None)
    numbers = lines.members(rules.of_state(line, state), after["number"] if after else 0)
    wanted = numbers[:limit]
    # One that was called since the line was read is left out: the list is of one state.
    found = [one for one in ports.store.tickets(queue_id, line.day, wanted) if one.state == state]
    goes_on = {"day": line.day.isoformat(), "number": wanted[-1]} if len(numbers) > limit else None
    return Page(tuple(rules.place(line, one) for one in found), goes_on)


def call_next(ports: QueueingPorts, actor: Actor, shop_id: str, queue_id: str, once: Once) -> Place:
    """Call whoever is next, and tell them; tell whoever is nearly there by it.

    Raises:
        NotFound, Forbidden: no such line, or somebody else's shop.
        NobodyWaits: there is nobody to call.
        Busy: too many changed the line at once.
    """

    def attempt() -> Place:
        line = _line_run_by(ports, actor, shop_id, queue_id)
        called, *near = ports.store.tickets(queue_id, line.day, rules.to_call(line))
        if called.state != State.WAITING:  # it has moved on since the line was read
            raise Contention
        return _move(ports, line, called, Happening.CALL, once, near)

    return retrying(attempt, attempts=_ATTEMPTS)


def move(ports: QueueingPorts, actor: Actor, shop_id: str, ticket_id: str, happening: Happening, once: Once) -> Place:
    """Let something happen to a ticket: `LEAVE` at its customer's wish, everything else at its merchant's. Who is
    called or called again is told.

    Raises:
        NotFound: there is no such ticket, or it is none of the actor's business, or not theirs to leave.
        Forbidden: it is for the merchant to decide.
        NotPossible, CalledEnough: see `rules.moved`.
        Busy: too many changed the line at once.
    """

    def attempt() -> Place:
        line, standing = _seen_by(ports, actor, shop_id, ticket_id)
        if happening != Happening.LEAVE:
            actor.must_run(standing.merchant_id)
        else:
            actor.must_be(standing.customer_id, "ticket")
        return _move(ports, line, standing, happening, once)

    return retrying(attempt, attempts=_ATTEMPTS)


def _new_ticket(line: Line, number: int, actor: Actor, party: int, zone: str, now: datetime) -> Ticket:
    return Ticket(
        id=TicketKey(line.id, line.day, number).ticket_id,
        queue_id=line.id,
        shop_id=line.shop_id,
        merchant_id=line.merchant_id,
        customer_id=actor.account_id,
        day=line.day,
        number=number,
        label=line.label(number),
        zone=zone,
        party=party,
        taken_at=now,
    )


def _move(
    ports: QueueingPorts,
    line: Line,
    before: Ticket,
    happening: Happening,
    once: Once,
    known: Sequence[Ticket] = (),
) -> Place:
    """Commit what comes of something that happens; who is nearly there by it is looked up unless `known`."""
    now = ports.clock.now()
    made = rules.moved(line, before, happening, now)
    place = rules.place(made.line, made.ticket)
    told = [messages.called(made.ticket, now)] if made.ticket.state == State.CALLED else []
    if made.near is not None:
        near = known or ports.store.tickets(line.id, line.day, [made.near])
        told.extend(messages.nearly(one, now) for one in near)
    ports.committer.commit(
        [
            ports.store.replace_line(made.line),
            *ports.store.replace(made.ticket),
            *map(ports.outbox.put, told),
            ports.idempotency.remember(once, place),
        ]
    )
    return place


def _seen_by(ports: QueueingPorts, actor: Actor, shop_id: str, ticket_id: str) -> tuple[Line, Ticket]:
    """Return a ticket and its line as of now. The ticket is read first: so the line is never the older one."""
    key = key_of(ticket_id)
    found = ports.store.ticket(key) if key else None
    if found is None or found.shop_id != shop_id:
        raise NotFound("ticket")
    actor.must_be(found.customer_id, "ticket", found.merchant_id)
    day = rules.local_date(ports.clock.now(), found.zone)
    return _line(ports, shop_id, found.queue_id).on(day), found


def _line_run_by(ports: QueueingPorts, actor: Actor, shop_id: str, queue_id: str) -> Line:
    shop = shops.shop(ports.shops, shop_id)
    actor.must_run(shop.merchant_id)
    return _line(ports, shop_id, queue_id).on(rules.local_date(ports.clock.now(), shop.zone))


def _line(ports: QueueingPorts, shop_id: str, queue_id: str) -> Line:
    found = ports.store.line(shop_id, queue_id)
    if found is None:
        raise NotFound("queue")
    return found


def _with(letters: Letters, prefix: str) -> Letters:
    if prefix in letters.letters:
        raise PrefixTaken(prefix=prefix)
    if len(letters.letters) >= rules.MOST_LINES:
        raise TooManyLines(limit=rules.MOST_LINES)
    return replace(letters, letters=letters.letters + prefix, version=letters.version + 1)


def _sound(draft: LineDraft) -> None:
    if draft.min_party > draft.max_party:
        raise invalid("min_party", "must not be more than max_party")
