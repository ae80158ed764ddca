"""Migrations on real DynamoDB semantics: stopped anywhere, taken up again, done twice, and by two at once."""

import random
import threading
from dataclasses import replace

import pytest

from chalicelib import settings, wiring
from infra.migrations import engine, migrations
from infra.migrations.engine import Outcome, Run
from infra.migrations.items import plain, typed
from infra.migrations.m0001_no_show_fee import ALL, MIGRATION
from infra.migrations.model import Change
from infra.migrations.state import LEASE_SECONDS, TABLE, MigrationError, Progress
from infra.tables import table
from tests.fakes.neighbours import LINE, ORDER

pytestmark = pytest.mark.store
ORDERS, OLD = 24, 16


class Killed(BaseException):
    """The operator's machine is off."""


class Client:
    """A DynamoDB client that dies with a call, and does something before another."""

    def __init__(self, real, lives=None):
        self._real, self._lives = real, lives
        self._counting = threading.Lock()
        self.writes = 0
        self.before_update = lambda _asked: None

    def __getattr__(self, name):
        def call(**asked):
            with self._counting:
                if self._lives is not None:
                    self._lives -= 1
                    if self._lives < 0:
                        raise Killed
                if name == "update_item" and asked["TableName"].endswith("-orders"):
                    self.writes += 1
                    self.before_update(asked)
            return getattr(self._real, name)(**asked)

        return call


class Stage:
    """A stage whose orders are of two ages."""

    def __init__(self, tables):
        self.real = tables.dynamodb
        self.prefix = settings.settings().table_prefix
        self.store, committer = wiring.orders().store, wiring.committer()
        for number in range(ORDERS):
            lines = (replace(LINE, policy=replace(LINE.policy, no_show_fee_bps=7_000)), replace(LINE, id="lin_2"))
            committer.commit([self.store.create(replace(ORDER, id=f"ord_{number:02}", lines=lines, version=1))])
            if number < OLD:
                self.age(f"ord_{number:02}")
        self.real.put_item(
            TableName=f"{self.prefix}-orders", Item=typed({"pk": "CUSTOMER#1", "sk": "HOLDS", "holds": {}})
        )

    def age(self, order_id):
        """Make an order one that was sold before there was a choice."""
        row = self.row(order_id)
        row["lines"] = [
            {name: value for name, value in line.items() if name != "no_show_fee_bps"} for line in row["lines"]
        ]
        self.real.put_item(TableName=f"{self.prefix}-orders", Item=typed(row))

    def row(self, order_id):
        key = typed({"pk": order_id, "sk": "ORDER"})
        return plain(self.real.get_item(TableName=f"{self.prefix}-orders", Key=key, ConsistentRead=True)["Item"])

    def orders(self):
        return [self.store.order(f"ord_{number:02}") for number in range(ORDERS)]

    def fees(self):
        return [
            [line.get("no_show_fee_bps") for line in self.row(f"ord_{number:02}")["lines"]] for number in range(ORDERS)
        ]

    def progress(self, holder="me", client=None, clock=None):
        made = Progress(client or self.real, f"{self.prefix}-{TABLE}", holder)
        if clock is not None:
            made.clock = clock
        return made

    def run(self, client=None, progress=None):
        client = client or self.real
        return Run(client, self.prefix, progress or self.progress(client=client), lambda *_: None, threading.Event())


@pytest.fixture
def stage(tables, monkeypatch):
    monkeypatch.setattr(engine, "PAGE", 3)
    return Stage(tables)


DONE = [[ALL, ALL]] * OLD + [[7_000, 10_000]] * (ORDERS - OLD)


def test_it_is_counted_done_and_then_nothing_is_left(stage):
    before = stage.orders()
    run = stage.run()
    assert (run.look(MIGRATION).left, run.look(MIGRATION).seen) == (OLD, ORDERS + 1)
    assert run.migrate(MIGRATION) == Outcome(ORDERS + 1, OLD, done=True)
    assert run.look(MIGRATION).left == 0
    assert stage.fees() == DONE
    assert stage.orders() == before, "nothing changes for who reads"


def test_killed_anywhere_and_taken_up_again_it_ends_the_same(stage):
    chance, kills = random.Random(7), 0
    while True:
        client = Client(stage.real, lives=chance.randint(3, 30))
        try:
            outcome = stage.run(client).migrate(MIGRATION)
        except Killed:
            kills += 1
            continue
        break
    assert kills >= 3, "it was killed on its way"
    assert stage.fees() == DONE
    assert (outcome.seen, outcome.done) == (ORDERS + 1, True), "each page was counted once"
    assert outcome.changed <= OLD


def test_twice_is_harmless(stage):
    first = stage.run().migrate(MIGRATION)
    client = Client(stage.real)
    assert stage.run(client).migrate(MIGRATION) == first
    assert client.writes == 0
    # Also where its state is lost: rows say for themselves that nothing is to be done.
    for row in stage.real.scan(TableName=f"{stage.prefix}-{TABLE}")["Items"]:
        stage.real.delete_item(TableName=f"{stage.prefix}-{TABLE}", Key={name: row[name] for name in ("pk", "sk")})
    assert stage.run(client).migrate(MIGRATION) == Outcome(ORDERS + 1, 0, done=True)
    assert client.writes == 0


def test_a_second_operator_is_kept_out_until_the_first_is_gone(stage):
    now = [1_000.0]
    first, second = (stage.progress(name, clock=lambda: now[0]) for name in ("ann", "bo"))
    first.take()
    first.take()
    with pytest.raises(MigrationError, match="ann is at it; if not, its lease runs out in 60 s"):
        second.take()
    now[0] += LEASE_SECONDS + 1
    second.take()
    with pytest.raises(MigrationError, match="bo is at it"):
        first.keep()
    first.give_back()
    with pytest.raises(MigrationError, match="bo is at it"):
        first.take()
    second.give_back()
    first.take()


def test_two_at_once_do_it_once(stage, monkeypatch):
    """The first was away for longer than its lease: both write, each row on its condition, and one of them gives up."""
    monkeypatch.setattr(Progress, "keep", lambda _: None)
    ends = []

    def work(name):
        try:
            ends.append(stage.run(progress=stage.progress(name)).migrate(MIGRATION).done)
        except MigrationError as problem:
            ends.append(str(problem))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(end is True or "somebody else goes on with" in end for end in ends), ends
    assert stage.run().migrate(MIGRATION).done
    assert stage.fees() == DONE
    assert [order.version for order in stage.orders()] == [1] * ORDERS


def test_who_writes_meanwhile_is_not_overwritten(stage):
    client, moved = Client(stage.real), []

    def sell(asked):
        order_id = plain(asked["Key"])["pk"]
        if order_id not in moved:
            moved.append(order_id)
            row = stage.row(order_id)
            row |= {"version": row["version"] + 1, "reason": "moved meanwhile"}
            stage.real.put_item(TableName=f"{stage.prefix}-orders", Item=typed(row))

    client.before_update = sell
    assert stage.run(client).migrate(MIGRATION).changed == OLD
    assert client.writes == 2 * OLD
    assert stage.fees() == DONE
    assert {order.reason for order in stage.orders()[:OLD]} == {"moved meanwhile"}


def test_what_an_older_version_writes_meanwhile_is_another_round(stage):
    aged = []

    def once(_asked):
        if not aged:
            aged.append(True)
            stage.age("ord_23")

    client = Client(stage.real)
    client.before_update = once
    outcome = stage.run(client).migrate(MIGRATION)
    assert outcome.done
    assert None not in [fee for fees in stage.fees() for fee in fees]
    always = Change("SET x = :x", "attribute_exists(sk)", {":x": 1})
    endless = replace(MIGRATION, number=2, name="endless", change=lambda _: always)
    with pytest.raises(MigrationError, match=r"0002-endless: 25 rows of the old form came after 3 rounds"):
        stage.run().migrate(endless)


def test_what_gave_up_goes_on_once_the_right_version_is_deployed(stage):
    always = Change("SET x = :x", "attribute_exists(sk)", {":x": 1})
    with pytest.raises(MigrationError, match="came after"):
        stage.run().migrate(replace(MIGRATION, change=lambda _: always))
    assert stage.run().migrate(MIGRATION).done
    assert stage.fees() == DONE


def test_the_lease_is_kept_while_it_is_counted_what_is_left(stage):
    now, client = [1_000.0], Client(stage.real)
    mine, other = (stage.progress(name, clock=lambda: now[0]) for name in ("ann", "bo"))
    mine.take()
    run = replace(stage.run(client), progress=mine)
    pages = run._pages

    def slow(*asked):
        for page in pages(*asked):
            now[0] += LEASE_SECONDS * 0.7
            yield page

    object.__setattr__(run, "_pages", slow)
    assert run.migrate(MIGRATION).done
    with pytest.raises(MigrationError, match="ann is at it"):
        other.take()


def test_stopped_it_ends_with_its_page_and_goes_on(stage):
    run = stage.run()
    run.stop.set()
    assert not run.migrate(MIGRATION).done
    assert stage.run().migrate(MIGRATION).done
    assert stage.fees() == DONE


def test_they_are_numbered_and_of_tables_that_are_there():
    found = migrations()
    assert found[0].key == "0001-no-show-fee"
    assert all(table(one.table) and one.about for one in found)
