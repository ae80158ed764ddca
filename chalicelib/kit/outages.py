"""What an error of AWS means to a client: mostly that the same request will do in a moment.

A table that is throttled, a key service that does not answer at a cold start, a transaction of which nobody knows how
it ended: none of them is a bug of ours, and a client that is told 500 does not know that it may repeat. What will not
pass by itself (a request that AWS calls invalid, a right that is missing, a table that is not there, no credentials or
region at all) stays a 500.
"""

from collections.abc import Iterator

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from pynamodb.exceptions import PutError, PynamoDBException

from chalicelib.kit.errors import OutcomeUnknown, Problem, TemporarilyUnavailable
from chalicelib.kit.transaction import Contention

# What services say when they are asked too much, or for a moment cannot; botocore has retried most of them already.
_PASSING = frozenset(
    {
        "DependencyTimeoutException",
        "InternalServerError",
        "KMSInternalException",
        "KeyUnavailableException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# Of what botocore raises itself. The others are a set-up or a request that stays wrong.
_PASSING_ERRORS = (CredentialRetrievalError, IncompleteReadError, MetadataRetrievalError)
_MAYBE_DONE = frozenset({"InternalServerError", "TransactionInProgressException"})
_PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None", None})
_SERVER = 500


def outage(error: BaseException, *, writes: bool) -> Problem | None:
    """Return what a client is told of an error that AWS is the cause of and that passes; None of any other.

    Args:
        error: whatever a use case raised.
        writes: whether the request may have changed something.
    """
    for one in _causes(error):
        if isinstance(one, Contention) or _is_unfinished_batch(one):
            return TemporarilyUnavailable(retry_after=1)
        if isinstance(one, HTTPClientError | BotoConnectionError):
            return OutcomeUnknown(retry_after=1) if writes else TemporarilyUnavailable(retry_after=1)
        if isinstance(one, ClientError):
            return _told(one, writes=writes)
        if isinstance(one, _PASSING_ERRORS):
            return TemporarilyUnavailable(retry_after=2)
    return None


def _told(error: ClientError, *, writes: bool) -> Problem | None:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if writes and (status >= _SERVER or code in _MAYBE_DONE):
        return OutcomeUnknown(retry_after=1)
    reasons = error.response.get("CancellationReasons", ())
    cancelled = bool(reasons) and all(one.get("Code") in _PASSING_REASONS for one in reasons)
    if status >= _SERVER or code in _PASSING or cancelled:
        return TemporarilyUnavailable(retry_after=2)
    return None


def _is_unfinished_batch(error: BaseException) -> bool:
    """PynamoDB gives a batch up, without any cause, of which DynamoDB leaves a part each time."""
    return isinstance(error, PutError) and error.cause is None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what PynamoDB wrapped in it. An error of ours that came of one of these is a bug."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.cause if isinstance(one, PynamoDBException) else None
