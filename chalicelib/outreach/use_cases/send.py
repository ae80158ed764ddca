"""Sending, turn by turn.

A turn reads the customers who follow the one that was looked at last, sends to some of them, and then writes how far it
came and how many were what. Each customer is one transaction: that it is still being sent, that they have not got it,
what they heard this week, that nothing stands between them and the merchant, and the message. So:

- a turn that dies, or two at once, look at the same customers again: who got it is known by what they heard, and counts
  as sent; nobody gets it twice, and the numbers are written once, by whoever writes the next version;
- once it is stopped nobody gets it, however far a turn has come: the condition is in each transaction;
- merchants who write to the same customer at once meet at what that customer heard: no more than a week's get through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import metric
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.outreach import messages
from chalicelib.outreach.ports import Offer, Outcome, Outreach, OutreachPorts, State
from chalicelib.outreach.rules import outreach as rules
from chalicelib.outreach.rules import wishes
from chalicelib.outreach.rules.problems import NotSending
from chalicelib.outreach.use_cases.report import KIND, counted
from chalicelib.outreach.use_cases.wishes import wants
from chalicelib.profiles import use_cases as profiles

BATCH = 15  # of a shard and run: 50 offers of some 60 ms each at most, 180 s in all; the function has 240


@dataclass(frozen=True)
class Ran:
    """What a run did: offers that were sent, texts of which something was done, and those where that failed."""

    sent: int
    worked: int
    failed: int


def run(ports: OutreachPorts, as_of: datetime) -> Ran:
    """Take the next turn of everything that is being sent, and count what is over. Safe to repeat, to run twice at once
    and to die at any point. One that fails does not keep the others waiting.
    """
    sent = worked = 0
    failures = Failures()
    for shard in range(ports.store.shards):
        for found in ports.store.due(shard, as_of, BATCH):
            with failures.spared("an outreach could not be worked", outreach_id=found.id):
                sent += _work(ports, found, as_of)
                worked += 1
    if sent:
        metric("OffersSent", sent)
    return Ran(sent, worked, failures.count)


def _work(ports: OutreachPorts, found: Outreach, as_of: datetime) -> int:
    """Do what is due of one that the index named; returns how many got it."""
    standing = ports.store.outreach(found.merchant_id, found.id)
    if standing is None or standing.next_at is None or standing.next_at > as_of:
        return 0  # the index was behind
    try:
        if standing.state is not State.SENDING:
            new = rules.reported(standing, counted(ports, standing, as_of))
            ports.committer.commit([ports.store.replace(replace(new, version=standing.version + 1))])
            return 0
        return _turn(ports, standing, as_of)
    except Contention:
        return 0  # somebody else has taken this turn, or stopped it


def _turn(ports: OutreachPorts, standing: Outreach, as_of: datetime) -> int:
    opens = rules.opening(as_of, standing.zone)
    if opens > as_of:  # a run that came late
        later = replace(standing, next_at=opens, version=standing.version + 1)
        ports.committer.commit([ports.store.replace(later)])
        return 0
    outcomes: list[Outcome] = []
    position, left, is_over = standing.position, standing.a_turn, True
    customers = ports.customers.of_merchant(standing.merchant_id, standing.position, rules.LOOKED_AT)
    try:
        for customer in customers:
            if not left:
                is_over = False
                break
            position = customer.customer_id
            if set(customer.tags) & set(standing.tags):
                outcome = _outcome(ports, standing, customer.customer_id, as_of, standing.sent + _sent(outcomes))
                outcomes.append(outcome)
                left -= outcome is Outcome.SENT
    except NotSending:
        return _sent(outcomes)  # it was stopped; those who got it in this turn are found by its report
    is_over = is_over and len(customers) < rules.LOOKED_AT
    new = rules.advanced(standing, outcomes, position, as_of, is_over=is_over)
    if rules.wants_report(new, as_of):
        new = rules.reported(new, counted(ports, new, as_of))
    ports.committer.commit([ports.store.replace(new)])
    return _sent(outcomes)


def _sent(outcomes: Sequence[Outcome]) -> int:
    return outcomes.count(Outcome.SENT)


def _outcome(ports: OutreachPorts, standing: Outreach, customer_id: str, as_of: datetime, sent: int) -> Outcome:
    """Send to one who is meant, or say why not.

    Raises:
        NotSending: it was stopped.
    """
    if sent >= rules.MOST_RECIPIENTS:
        return Outcome.TOO_MANY
    if not wants(ports, customer_id, standing.merchant_id):
        return Outcome.NO_CONSENT
    if profiles.all_off(ports.profiles, customer_id, KIND):
        return Outcome.SWITCHED_OFF
    try:
        return retrying(lambda: _offer(ports, standing, customer_id, as_of))
    except NotAvailable:
        return Outcome.BLOCKED


def _offer(ports: OutreachPorts, standing: Outreach, customer_id: str, as_of: datetime) -> Outcome:
    heard = ports.customers.heard(customer_id)
    if heard.has(standing.id):
        return Outcome.SENT  # by a turn that died, or that is at it too
    if not wishes.may_hear(heard, standing.merchant_id, as_of):
        return Outcome.HEARD_ENOUGH
    after = wishes.heard_of(heard, Offer(as_of, standing.merchant_id, standing.id))
    ports.committer.commit(
        [
            ports.store.check_sending(standing),
            *ports.dealings.may_begin(customer_id, standing.merchant_id),
            ports.customers.put_heard(after, as_of + wishes.HEARD_FOR),
            ports.store.sent_to(standing.id, customer_id, as_of),
            ports.outbox.put(messages.offer(standing, customer_id, as_of)),
        ]
    )
    return Outcome.SENT
