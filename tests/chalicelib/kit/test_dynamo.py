"""Rows, transactions and what their refusals mean, on the emulators; what no emulator does, with a planted client."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, TransactWriteError

from chalicelib.kit import aws
from chalicelib.kit.dynamo import (
    DynamoCommitter,
    Gsi1,
    Gsi2,
    Row,
    TableMeta,
    check,
    code_of,
    delete,
    meter,
    put,
    update,
)
from chalicelib.kit.transaction import Contention
from chalicelib.settings import settings
from tests.fakes.network import losing_answers, turned_away


class Thing(Row):
    class Meta(TableMeta):
        table = "orders"

    count_ = NumberAttribute(default=0, attr_name="count")
    note = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    first = Gsi1()
    second = Gsi2()


class Taken(Exception):  # noqa: N818 - an answer
    pass


class Stale(Exception):  # noqa: N818 - an answer
    pass


def commit(*actions):
    DynamoCommitter().commit(actions)


def taken(row):
    return Taken(row)


def test_a_table_is_that_of_the_stages_prefix(tables):
    assert Thing.Meta.table_name == f"{settings().table_prefix}-orders"


@pytest.mark.store
def test_every_kind_of_write_goes_into_one_transaction(tables):
    commit(put(Thing("a", "1", note="x")), put(Thing("b", "1")), put(Thing("c", "1")))
    commit(
        check(Thing("a", "1"), Thing.note == "x"),
        delete(Thing("b", "1"), Thing.pk.exists()),
        update(Thing("c", "1"), [Thing.count_.add(2)], Thing.pk.exists()),
        put(Thing("d", "1", gsi1pk="G", gsi1sk="1", gsi2pk="H", gsi2sk="1")),
    )
    assert int(Thing.get("c", "1").count_) == 2
    assert [row.pk for row in Thing.first.query("G")] == ["d"]
    assert [row.pk for row in Thing.second.query("H")] == ["d"]
    with pytest.raises(Thing.DoesNotExist):
        Thing.get("b", "1")


@pytest.mark.store
def test_a_refused_condition_says_what_it_means_and_nothing_is_written(tables):
    commit(put(Thing("a", "1", note="first")))
    with pytest.raises(Taken) as refused:
        commit(put(Thing("z", "1")), put(Thing("a", "1"), Thing.pk.does_not_exist(), taken))
    assert refused.value.args[0].note == "first", "the refusal sees the row as it stands"
    with pytest.raises(Thing.DoesNotExist):
        Thing.get("z", "1")


@pytest.mark.store
def test_of_several_refusals_the_lowest_rank_speaks_then_the_callers_order(tables):
    commit(put(Thing("a", "1")), put(Thing("b", "1")))
    free = Thing.pk.does_not_exist()
    # PynamoDB sends puts before updates; the caller's order decides all the same.
    with pytest.raises(Stale):
        commit(
            update(Thing("b", "1"), [Thing.count_.add(1)], free, lambda _: Stale()),
            put(Thing("a", "1"), free, taken),
        )
    with pytest.raises(Taken):
        commit(
            update(Thing("b", "1"), [Thing.count_.add(1)], free, lambda _: Stale()),
            put(Thing("a", "1"), free, taken, rank=-1),
        )


@pytest.mark.store
def test_a_check_and_a_deletion_are_refused_like_any_other_write(tables):
    with pytest.raises(Taken):
        commit(put(Thing("x", "1")), check(Thing("a", "1"), Thing.pk.exists(), taken))
    with pytest.raises(Contention):
        commit(put(Thing("x", "1")), delete(Thing("a", "1"), Thing.pk.exists()))


def test_nothing_to_write_asks_nothing(tables):
    with meter.measure() as used:
        commit()
    assert used.requests == 0


def test_a_hundred_actions_fit_and_one_more_does_not(tables):
    rows = [put(Thing(f"row-{number}", "1")) for number in range(101)]
    with pytest.raises(ValueError, match="101 actions"):
        commit(*rows)
    commit(*rows[:100])
    assert Thing.get("row-99", "1").pk == "row-99"


def test_the_meter_counts_requests_and_units(tables):
    with meter.measure() as written:
        commit(put(Thing("a", "1")), put(Thing("b", "1")))
    assert (written.requests, written.write_units, written.read_units) == (1, 4, 0)
    with meter.measure() as read:
        Thing.get("a", "1", consistent_read=True)
        list(Thing.query("a"))
    assert (read.requests, read.read_units, read.write_units) == (2, 1.5, 0)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_the_meter_counts_what_was_throttled_though_a_repeat_succeeds(tables, code):
    commit(put(Thing("a", "1")))
    with turned_away("GetItem", code), meter.measure() as used:
        Thing.get("a", "1")
    assert (used.throttled, used.conflicts, used.requests) == (1, 0, 2)
    assert used.counts().keys() == {"ReadUnits", "Throttled"}


def test_the_meter_counts_transactions_that_met_another(tables):
    met = turned_away("TransactWriteItems", "TransactionConflictException")
    with met, meter.measure() as used, pytest.raises(Contention):
        commit(put(Thing("a", "1")))
    assert (used.throttled, used.conflicts) == (0, 1)


def test_what_is_refused_by_its_condition_is_neither(tables):
    commit(put(Thing("a", "1")))
    with meter.measure() as used, pytest.raises(Taken):
        commit(put(Thing("a", "1"), Thing.pk.does_not_exist(), taken))
    assert (used.throttled, used.conflicts) == (0, 0)


def test_all_rows_share_one_client(tables):
    class Other(Row):
        class Meta(TableMeta):
            table = "ledger"

    Thing("a", "1").save()
    Other("a", "1").save()
    assert Thing._get_connection().connection.client is Other._get_connection().connection.client


@pytest.mark.store
def test_two_hundred_writers_of_one_row_lose_nothing(tables):
    def add(_number):
        commit(update(Thing("hot", "1"), [Thing.count_.add(1)]))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(200)))
    assert int(Thing.get("hot", "1", consistent_read=True).count_) == 200


@pytest.mark.store
def test_a_transaction_whose_answer_is_lost_is_not_refused_by_itself(tables):
    with losing_answers("TransactWriteItems") as sent:
        commit(put(Thing("a", "1"), Thing.pk.does_not_exist(), taken), update(Thing("b", "1"), [Thing.count_.add(1)]))
    assert len(sent) == 2
    assert len({request["ClientRequestToken"] for request in sent}) == 1
    assert int(Thing.get("b", "1", consistent_read=True).count_) == 1


def answering(monkeypatch, code, reasons=None):
    """Let TransactWriteItems answer with an error that no emulator gives."""
    response = {"Error": {"Code": code, "Message": "planted"}}
    if reasons is not None:
        response["CancellationReasons"] = reasons

    def refuse(_operation, _arguments):
        raise ClientError(response, "TransactWriteItems")

    monkeypatch.setattr(aws.client("dynamodb"), "_make_api_call", refuse)


NONE, REFUSED = {"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "m"}
CONFLICT = {"Code": "TransactionConflict", "Message": "m"}


@pytest.mark.parametrize(
    ("code", "reasons", "meaning"),
    [
        ("TransactionConflictException", None, Contention),
        ("TransactionCanceledException", [CONFLICT, NONE], Contention),
        ("TransactionCanceledException", [CONFLICT, REFUSED], Contention),
        ("TransactionCanceledException", [{"Code": "ThrottlingError", "Message": "m"}, NONE], Contention),
        ("TransactionCanceledException", [NONE, REFUSED], Taken),
        ("TransactionCanceledException", [{"Code": "ValidationError", "Message": "m"}, NONE], TransactWriteError),
        ("TransactionCanceledException", [{"Code": "ValidationError", "Message": "m"}, REFUSED], TransactWriteError),
        ("ProvisionedThroughputExceededException", None, TransactWriteError),
    ],
)
def test_what_a_failed_transaction_means(tables, monkeypatch, code, reasons, meaning):
    answering(monkeypatch, code, reasons)
    with pytest.raises(meaning):
        commit(put(Thing("a", "1"), Thing.pk.does_not_exist()), put(Thing("b", "1"), Thing.pk.exists(), taken))


def test_an_idempotency_row_speaks_before_contention(tables, monkeypatch):
    answering(monkeypatch, "TransactionCanceledException", [CONFLICT, REFUSED])
    with pytest.raises(Taken):
        commit(put(Thing("a", "1")), put(Thing("b", "1"), Thing.pk.does_not_exist(), taken, rank=-1))


def test_a_time_out_has_no_code_and_is_told_as_what_it_is():
    timed_out = PutError("x", ReadTimeoutError(endpoint_url="x"))
    with pytest.raises(AttributeError):  # PynamoDB's own: once it can, `code_of` may go
        _ = timed_out.cause_response_code
    assert code_of(timed_out) is None
    assert code_of(PutError("x")) is None
    refused = ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
    assert code_of(PutError("x", refused)) == "ConditionalCheckFailedException"


def test_nobody_asks_for_a_code_in_the_way_that_breaks():
    asking = [path for path in Path("chalicelib").rglob("*.py") if "cause_response_code" in path.read_text()]
    assert asking == []
