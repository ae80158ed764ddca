import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from pynamodb.exceptions import GetError, PutError, TransactWriteError

from chalicelib.kit.errors import OutcomeUnknown, TemporarilyUnavailable
from chalicelib.kit.outages import outage
from chalicelib.kit.transaction import Contention


def said(code, status=400, **more):
    answer = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "PutItem")


def wrapped(error):
    return GetError(cause=error)


THROTTLES = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "SlowDown"]


@pytest.mark.parametrize("code", THROTTLES)
@pytest.mark.parametrize("writes", [True, False])
def test_what_is_throttled_changed_nothing_and_may_be_repeated(code, writes):
    for error in (said(code), wrapped(said(code))):
        told = outage(error, writes=writes)
        assert (type(told), told.retry_after) == (TemporarilyUnavailable, 2)


@pytest.mark.parametrize(
    "lost",
    [
        ReadTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        said("InternalServerError", 500),
        said("ServiceUnavailable", 503),
        said("TransactionInProgressException"),
    ],
)
def test_of_a_write_whose_answer_is_lost_nobody_knows(lost):
    assert isinstance(outage(wrapped(lost), writes=True), OutcomeUnknown)
    assert isinstance(outage(wrapped(lost), writes=False), TemporarilyUnavailable)


def test_a_transaction_that_passing_reasons_alone_cancelled_may_be_repeated():
    reasons = [{"Code": "None"}, {"Code": "ThrottlingError"}, {"Code": "TransactionConflict"}]
    cancelled = said("TransactionCanceledException", CancellationReasons=reasons)
    assert isinstance(outage(TransactWriteError("x", cancelled), writes=True), TemporarilyUnavailable)
    reasons.append({"Code": "ValidationError"})
    assert outage(TransactWriteError("x", cancelled), writes=True) is None


@pytest.mark.parametrize("error", [Contention(), NoCredentialsError(), PutError("a batch was given up")])
def test_contention_credentials_and_unfinished_batches_pass(error):
    assert isinstance(outage(error, writes=True), TemporarilyUnavailable)


@pytest.mark.parametrize(
    "error",
    [
        said("ValidationException"),
        said("AccessDeniedException"),
        said("ResourceNotFoundException"),
        said("ConditionalCheckFailedException"),
        ParamValidationError(report="x"),
        RuntimeError("x"),
        KeyError("STAGE"),
    ],
)
def test_what_does_not_pass_by_itself_is_no_outage(error):
    assert outage(error, writes=True) is None
    assert outage(wrapped(error), writes=False) is None


def test_a_cause_is_found_however_deep():
    outer = RuntimeError("could not read the file")
    outer.__cause__ = wrapped(said("ThrottlingException"))
    assert isinstance(outage(outer, writes=False), TemporarilyUnavailable)
    outer.__cause__.__cause__ = outer  # a circle ends
    outer.__cause__ = ValueError("x")
    assert outage(outer, writes=False) is None
