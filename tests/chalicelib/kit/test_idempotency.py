from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from chalicelib.kit import idempotency, idempotency_store
from chalicelib.kit.dynamo import DynamoCommitter, Row, TableMeta, meter, put
from chalicelib.kit.idempotency import Answer, InProgress, KeyReused, Once, Replayed, fingerprint
from chalicelib.kit.idempotency_store import IdempotencyStore, OnceRow
from tests.fakes.network import losing_answers

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at


class Effect(Row):
    class Meta(TableMeta):
        table = "orders"

    note = UnicodeAttribute(null=True)


def once(key="key-0001", body=b"{}", scope="acc_1|POST /v1/orders"):
    return Once(scope, key, fingerprint("/v1/orders", body), lambda result: Answer(201, f'{{"id":"{result}"}}'))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return IdempotencyStore(clock)


def do(store, one, result):
    DynamoCommitter().commit([put(Effect(result, "E")), store.remember(one, result)])


@pytest.mark.store
def test_a_repeat_is_told_the_first_answer_and_has_no_effect(tables, store):
    do(store, once(), "ord_1")
    with pytest.raises(Replayed) as known:
        do(store, once(), "ord_2")
    assert known.value.answer == Answer(201, '{"id":"ord_1"}')
    assert store.recall(once()) == Answer(201, '{"id":"ord_1"}')
    with pytest.raises(Effect.DoesNotExist):
        Effect.get("ord_2", "E")


@pytest.mark.store
def test_another_body_under_the_same_key_is_refused(tables, store):
    do(store, once(), "ord_1")
    with pytest.raises(KeyReused):
        do(store, once(body=b'{"other":1}'), "ord_2")
    with pytest.raises(KeyReused):
        store.recall(once(body=b'{"other":1}'))
    with pytest.raises(KeyReused):
        store.claim(once(body=b'{"other":1}'))


def test_keys_belong_to_their_actor_and_route(tables, store):
    do(store, once(), "ord_1")
    do(store, once(scope="acc_2|POST /v1/orders"), "ord_2")
    do(store, once(scope="acc_1|POST /v1/other"), "ord_3")
    assert store.recall(once(key="key-0002")) is None


@pytest.mark.store
def test_of_many_at_once_one_takes_effect_and_all_get_its_answer(tables, store):
    def send(number):
        try:
            do(store, once(), f"ord_{number}")
        except Replayed as known:
            return known.answer.body
        return f'{{"id":"ord_{number}"}}'

    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(send, range(24)))
    assert len(answers) == 1


@pytest.mark.store
def test_a_claim_keeps_others_out_until_it_is_settled(tables, store):
    store.claim(once())
    with pytest.raises(InProgress) as busy:
        store.claim(once())
    assert busy.value.retry_after == 1
    assert store.recall(once()) is None
    DynamoCommitter().commit([store.settle(once(), "pay_1")])
    with pytest.raises(Replayed):
        store.claim(once())
    assert store.recall(once()) == Answer(201, '{"id":"pay_1"}')


@pytest.mark.store
def test_a_claim_whose_answer_is_lost_is_not_taken_for_somebody_elses(tables, store):
    with losing_answers("PutItem") as sent:
        store.claim(once())
    assert len(sent) == 2
    with pytest.raises(InProgress):
        store.claim(once())


@pytest.mark.store
def test_a_claim_that_ran_out_can_be_taken_over_by_the_same_request_only(tables, store, clock):
    store.claim(once())
    clock.at += idempotency.LEASE + timedelta(seconds=1)
    with pytest.raises(KeyReused):
        store.claim(once(body=b'{"other":1}'))
    store.claim(once())
    with pytest.raises(InProgress):
        store.claim(once())


@pytest.mark.store
def test_a_released_claim_leaves_nothing_and_a_settled_one_stays(tables, store):
    store.claim(once())
    store.release(once())
    store.claim(once())
    DynamoCommitter().commit([store.settle(once(), "pay_1")])
    store.release(once())
    assert store.recall(once()) == Answer(201, '{"id":"pay_1"}')


def test_where_little_time_is_left_a_claim_is_left_to_its_lease(tables, store, clock, monkeypatch):
    store.claim(once())
    monkeypatch.setattr(idempotency_store, "worked_for", lambda: idempotency.LATE + 0.1)
    store.release(once())
    with pytest.raises(InProgress):
        store.claim(once())
    clock.at += idempotency.LEASE + timedelta(seconds=1)
    store.claim(once())


def test_a_row_lives_a_day(tables, store):
    do(store, once(), "ord_1")
    row = OnceRow.get("acc_1|POST /v1/orders|key-0001", "ONCE")
    assert int(row.expires_at) == int((NOW + timedelta(hours=24)).timestamp())


def test_what_it_costs(tables, store):
    with meter.measure() as effect:
        do(store, once(), "ord_1")
    with meter.measure() as recalled:
        store.recall(once())
    with meter.measure() as claimed:
        store.claim(once(key="key-0002"))
    assert (effect.requests, effect.write_units) == (1, 4), "2 of them the effect's own row"
    assert (recalled.requests, recalled.read_units) == (1, 1)
    assert (claimed.requests, claimed.write_units) == (1, 1)


def test_other_failures_are_not_taken_for_a_held_key(tables, store, monkeypatch):
    monkeypatch.setattr(OnceRow.Meta, "table", "nowhere")
    with pytest.raises(PutError):
        store.claim(once())
    with pytest.raises(DeleteError):
        store.release(once())


def test_fingerprints_tell_path_and_body_apart():
    assert (
        len({fingerprint("/a", b"x"), fingerprint("/a", b"y"), fingerprint("/b", b"x"), fingerprint("/ax", b"")}) == 4
    )


def test_a_row_that_is_gone_by_the_time_it_is_looked_at_means_try_again(tables, store):
    # Between the refusal and the answer the row may die of age.
    assert isinstance(store.remember(once(), "x").refused(None), InProgress)


def test_a_claim_that_is_given_up_while_another_is_refused_means_try_again(tables, store, monkeypatch):
    store.claim(once())
    look = OnceRow.get

    def given_up_first(*key, **how):
        store.release(once())
        return look(*key, **how)

    monkeypatch.setattr(OnceRow, "get", given_up_first)
    with pytest.raises(InProgress):
        store.claim(once())
