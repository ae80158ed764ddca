"""What moves by itself: notices, queues and schedules, each delivered late, twice, in any order, and dying on the way."""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib import wiring
from chalicelib.kit.errors import Problem
from chalicelib.kit.outbox import PAYMENTS, PAYOUTS, Message
from chalicelib.orders import use_cases as orders
from chalicelib.payments import events as payments_events
from chalicelib.payments import use_cases as payments
from chalicelib.payments.rules import ALIPAY, STRIPE, WECHAT, Notice, RefundState
from chalicelib.payouts import events as payouts_events
from chalicelib.payouts import use_cases as payouts
from chalicelib.reconciliation import use_cases as reconciliation
from chalicelib.settlement import use_cases as settlement
from tests.api import deliver, told
from tests.simulation.chaos import Killed
from tests.simulation.stage import ADMIN, AGAIN, Stage, _why

WORKERS = {PAYMENTS: payments_events.work, PAYOUTS: payouts_events.work}


class Machinery:
    """Delivers, works and sweeps; `twice` and `delivered` are counted."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.chance = stage, stage.chance
        self.delivered = self.twice = 0
        self._failed_late: set[str] = set()

    def pump(self) -> int:
        """Deliver what providers have told and what waits in the outbox, once; return how much there was."""
        return self._notices() + self._messages()

    def drain(self) -> None:
        """Deliver until nothing waits any more."""
        for _ in range(500):
            if not self.pump():
                return
        raise AssertionError(f"never worked: {[message.type for message in told()]}")

    def _notices(self) -> int:
        waiting, self.stage.notices = self.stage.notices, []
        self.chance.shuffle(waiting)
        for notice in waiting:
            provider, id_, subject, ref = notice
            body = Notice(f"{id_}|{subject}|{ref}|told".encode(), {"stripe-signature": "good"})
            try:
                payments.acknowledge(wiring.payments(), provider, body)
            except AGAIN:
                self.stage.notices.append(notice)  # not answered 200: it comes again
        return len(waiting)

    def _messages(self) -> int:
        waiting = told()
        self.chance.shuffle(waiting)
        for message in waiting:
            if self._worked(message):
                wiring.outbox().remove([message.id])
        return sum(bool(WORKERS.keys() & set(message.queues)) for message in waiting)

    def _worked(self, message: Message) -> bool:
        workers = [WORKERS[queue] for queue in message.queues if queue in WORKERS]
        for worker in workers:
            self.delivered += 1
            times = 1
            if self.chance.random() < 0.3:
                self.twice += 1
                times = 2
            for _ in range(times):
                try:
                    if deliver(worker, message):
                        return False
                except Killed:
                    return False
        return True

    def sweep(self) -> None:
        """The schedules of every few minutes."""
        now = self.stage.clock.now()
        _perhaps(lambda: orders.expire_holds(wiring.orders(), now))
        _perhaps(lambda: payments.look_again(wiring.payments(), now))

    def pay_merchants(self) -> None:
        """The schedules of every hour."""
        now = self.stage.clock.now()
        _perhaps(lambda: settlement.settle(wiring.settlement(), now))
        _perhaps(lambda: payouts.run(wiring.sending(), now))

    def reconcile(self) -> None:
        """The schedule of every night: what is not done in this night is done in the next."""
        now = self.stage.clock.now()
        with self.stage.committer.dying_less():
            _perhaps(lambda: reconciliation.nightly(wiring.reconciliation(), now))

    def refunds(self, *, all_well: bool = False) -> None:
        """Wallets end refunds after a while; banks send some back; people try again what failed."""
        for name in (ALIPAY, WECHAT):
            provider = self.stage.providers[name]
            for ref, made in list(provider.refunds.items()):
                if made.state == RefundState.PENDING and (all_well or self.chance.random() < 0.5):
                    fails = not all_well and self.chance.random() < 0.1
                    provider.refund_becomes(ref, RefundState.FAILED if fails else RefundState.SUCCEEDED)
                    self.stage.tell(name, "refund", ref)
        stripe = self.stage.providers[STRIPE]
        for ref, made in list(stripe.refunds.items()):
            if ref in self._failed_late or all_well:
                continue
            self._failed_late.add(ref)
            if made.state == RefundState.SUCCEEDED and self.chance.random() < 0.05:
                stripe.refund_becomes(ref, RefundState.FAILED)
                self.stage.tell(STRIPE, "refund", ref)
        self._try_again()

    def _try_again(self) -> None:
        for refund_id in [made.refund_id for made in self._all_refunds() if made.state == RefundState.FAILED]:
            once = self.stage.once()
            try:
                self.stage.client(
                    lambda id_=refund_id, once=once: payments.again(wiring.payments(), ADMIN, id_, _why(), once), once
                )
            except Problem:
                continue  # it was tried again already, or its failure has not reached us yet

    def _all_refunds(self) -> Iterable[Any]:
        return [made for provider in self.stage.providers.values() for made in provider.refunds.values()]


def _perhaps(work: Callable[[], Any]) -> None:
    """Run a schedule that may die: the next run goes on."""
    try:
        work()
    except AGAIN:
        return
