"""Merchants with settlements that are ready to be paid out, and a provider in memory that pays them."""

import itertools
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.payments.rules import Charge, Method, Payment, PaymentState
from chalicelib.payouts import events
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import BankAccount, Due, DueKind, Route, Terms
from chalicelib.settlement.store.rows import shard_of
from tests.api import MERCHANT, deliver
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ME = MERCHANT.account_id
ADMIN_2 = Actor("acc_admin_2", frozenset({Role.ADMIN}), "ses_5", methods=("sms", "otp"))
CONNECT = Terms(zone="UTC", route=Route.CONNECT, connect_account="acct_1", commission_bps=0)
BANK = Terms(
    zone="UTC",
    route=Route.BANK,
    bank=BankAccount("上海邻里", "6222020200112233445", "102290000000", "CN"),
    commission_bps=0,
)
_numbers = itertools.count(1)


class Died(BaseException):
    """The function is gone: nothing after it runs."""


class World:
    """What the tests do things with; `committed` counts transactions, `dies_at` says at which the function is gone."""

    def __init__(self, monkeypatch):
        self.clock = FakeClock(NOW)
        wiring.use_clock(self.clock)
        self.provider = FakeProvider(now=self.clock.now)
        self.steps, self.dies_at = 0, None
        payments = replace(wiring.payments(), providers={"stripe": self.provider}, disputes={})
        outbox, committer = Heard(wiring.outbox()), Dying(wiring.committer(), self)
        self.merchants, self._heard = {ME}, outbox.messages
        payouts = replace(wiring.payouts(), committer=committer, outbox=outbox)
        transfers = Dying(self.provider, self)
        sending = replace(wiring.sending(), committer=committer, outbox=outbox, payments=payments, transfers=transfers)
        shards = Shards(wiring.settlement().store, self.merchants)
        self._settling = replace(wiring.settlement(), store=shards, outbox=outbox)
        monkeypatch.setattr(wiring, "payments", lambda: payments)
        monkeypatch.setattr(wiring, "payouts", lambda: payouts)
        monkeypatch.setattr(wiring, "sending", lambda: sending)

    @property
    def ports(self):
        return wiring.sending()

    def step(self):
        """A call to the database or to the provider has been answered; the answer may reach nobody any more."""
        self.steps += 1
        if self.dies_at is not None and self.steps >= self.dies_at:
            raise Died

    def agree(self, terms, merchant=ME):
        self.merchants.add(merchant)
        commit(wiring.settlement().store.put_terms(merchant, replace(terms, version=1)))

    def sell(self, amount, *, merchant=ME, kind=DueKind.SERVICE, payment=None, currency="CNY", **more):
        """Let an amount fall due, of a payment of its own where none is named; return the payment's id."""
        number = next(_numbers)
        payment_id = payment or f"pay_{number}"
        if payment is None:
            made = paid(payment_id, amount, currency)
            wiring.payments().store.open(made)
            self.provider.charges[made.charge_ref] = Charge(made.charge_ref, made.state, made.amount, payment_id)
        due = Due(
            f"lin_{number:05}", kind, merchant, currency, self.clock.now(), f"ord_{number}", payment_id=payment_id,
            **{"gross": amount, **more},
        )  # fmt: skip
        commit(wiring.settlement().store.accrue(due))
        return payment_id

    def settle(self, days=3):
        """Let so many days pass and settle what has fallen due; return the messages."""
        self.clock.move(days=days)
        before = set(self._heard)
        settlement.settle(self._settling, self.clock.now())
        return [one for id_, one in self._heard.items() if id_ not in before and one.type == "settlement.posted"]

    def settle_ids(self, merchant=ME):
        page = wiring.settlement().store.settlements(merchant, None, 100)
        return [one.id for one in reversed(page.items)]

    def pay(self, *messages):
        """Work messages, and all that follows of them; return the ids of those that failed."""
        failed, done = [], set()
        waiting = list(messages)
        while waiting:
            for message in waiting:
                done.add(message.id)
                failed += deliver(events.work, message)
            waiting = [one for one in list(self._heard.values()) if one.type == "payout.due" and one.id not in done]
        return failed

    def payouts(self, merchant=ME):
        return list(reversed(wiring.payouts().store.of_merchant(merchant, None, 100).items))

    def legs(self, payout):
        return wiring.payouts().store.legs(payout.id)

    def tasks(self):
        store = wiring.payouts().store
        return [task for shard in range(store.shards) for task in store.tasks(shard)]

    def run(self):
        """The scheduled run, when every lease has run out."""
        from chalicelib.payouts import use_cases

        self.clock.move(hours=2)
        return use_cases.run(self.ports, self.clock.now())

    def owed(self, merchant=ME, currency="CNY"):
        """What stands to a merchant's credit."""
        return -ledger.balance(wiring.ledger(), f"merchant:{merchant}").get(currency, 0)

    def sheet(self, currency="CNY"):
        made = ledger.trial_balance(wiring.ledger()).get(currency, {})
        return {account: amount for account, amount in made.items() if amount}

    def received(self):
        """What the provider has sent, less what came back."""
        return sum(one.amount.amount - one.reversed for one in self.provider.transfers.values())

    @contextmanager
    def dying(self, at):
        self.steps, self.dies_at = 0, at
        try:
            yield
        except Died:
            pass
        finally:
            self.dies_at = None


class Dying:
    """Stands before a committer or a provider: the world hears of every call that was answered."""

    def __init__(self, real, world):
        self._real, self._world = real, world

    def __getattr__(self, name):
        def call(*args):
            answer = getattr(self._real, name)(*args)
            self._world.step()
            return answer

        return call


class Heard:
    """An outbox that remembers what was put into it, though perhaps in a transaction that came to nothing."""

    def __init__(self, real):
        self._real, self.messages = real, {}

    def put(self, message):
        self.messages[message.id] = message
        return self._real.put(message)


class Shards:
    """Settlement's table, of which a run reads those shards alone that the world's merchants are in."""

    def __init__(self, real, merchants):
        self._real, self._merchants = real, merchants

    @property
    def shards(self):
        return len(self._numbers())

    def _numbers(self):
        return sorted({shard_of(merchant) for merchant in self._merchants})

    def heads(self, shard):
        return self._real.heads(self._numbers()[shard])

    def agreed(self, shard):
        return self._real.agreed(self._numbers()[shard])

    def left_open(self, shard):
        return self._real.left_open(self._numbers()[shard])

    def __getattr__(self, name):
        return getattr(self._real, name)


def paid(payment_id, amount, currency="CNY", provider="stripe"):
    state = PaymentState.SUCCEEDED
    money = Money(abs(amount), currency)
    return Payment(payment_id, "ord", "acc_c", money, Method.CARD, state, NOW, provider, f"pi_{payment_id}")


def commit(*actions):
    wiring.committer().commit(actions)


def later(**by):
    return NOW + timedelta(**by)
