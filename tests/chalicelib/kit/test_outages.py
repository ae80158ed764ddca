import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    DataNotFoundError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
    UnknownServiceError,
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


CREDENTIALS = CredentialRetrievalError(provider="container-role", error_msg="x")


@pytest.mark.parametrize("error", [Contention(), CREDENTIALS, PutError("a batch was given up")])
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
        NoCredentialsError(),
        NoRegionError(),
        UnknownServiceError(service_name="x", known_service_names="y"),
        DataNotFoundError(data_path="x"),
        RuntimeError("x"),
        KeyError("STAGE"),
    ],
)
def test_what_does_not_pass_by_itself_is_no_outage(error):
    assert outage(error, writes=True) is None
    assert outage(wrapped(error), writes=False) is None


def test_a_bug_that_an_outage_brought_to_light_is_a_bug():
    bug = KeyError("region")
    bug.__cause__ = wrapped(said("ThrottlingException"))
    assert outage(bug, writes=False) is None
    bug.__cause__ = ReadTimeoutError(endpoint_url="x")
    assert outage(bug, writes=True) is None


def test_what_pynamodb_wraps_is_found():
    assert isinstance(outage(wrapped(wrapped(said("ThrottlingException"))), writes=False), TemporarilyUnavailable)
    circle = wrapped(None)
    circle.cause = circle
    assert outage(circle, writes=False) is None
