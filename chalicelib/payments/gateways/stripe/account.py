"""The connection to the operator's account at Stripe, and how its words become the domain's: refusals, amounts, ids."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.kit.observability import asked, log
from chalicelib.payments.rules import PaymentRefused

if TYPE_CHECKING:
    from stripe import RequestOptions

T = TypeVar("T")

_TIMEOUTS = (3.0, 8.0)  # seconds to connect, to read
_SEARCH_SECONDS = 5.0  # after which no further page is asked for
PAGE = 100  # objects; the most that Stripe puts on one

_OLD_REFUSALS = 8  # of one thing; a day's, after which Stripe has forgotten the first

# For a call that makes more than one request: whoever repeats it repeats them all.
ONCE: "RequestOptions" = {"max_network_retries": 0}


class _Requests(stripe.RequestsClient):
    """Tells the log of each request, the library's own repeats too. Our request's id is not sent: Stripe holds a
    repeat under the same key against the whole body, and it is another request that repeats it.
    """

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **more: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """See `stripe.HTTPClient`."""
        started, parts = time.monotonic(), urlsplit(url)
        call = {"provider": parts.hostname or "-", "method": method.upper(), "path": parts.path}
        try:
            content, status, answered = super().request(method, url, headers, post_data, **more)
        except stripe.APIConnectionError:
            asked(started, None, None, **call)
            raise
        asked(started, status, answered.get("Request-Id"), **call)
        return content, status, answered


class Account:
    """What all that is asked of Stripe goes through.

    Args:
        api_key: a secret key.
        webhook_secrets: every signing secret that is accepted; two while one is being replaced.
        api_base: another server than Stripe's own.
    """

    def __init__(self, api_key: str, webhook_secrets: tuple[str, ...], api_base: str | None) -> None:
        self._webhook_secrets = webhook_secrets
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base} if api_base else None,
            http_client=_Requests(timeout=_TIMEOUTS),
            max_network_retries=1,
        )


class Call:
    """One call of ours, however many requests it makes."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _SEARCH_SECONDS

    def read(self, listed: Iterable[T]) -> Iterator[T]:
        """Yield what a list holds.

        Raises:
            Unavailable: it holds more than can be read in the time that a call has; what was not seen by then is
                unknown, which is not the same as absent.
        """
        for one in listed:
            yield one
            if time.monotonic() > self._until:
                log.error("a list of stripe's is too long to be searched")
                raise Unavailable(retry_after=60)


@contextmanager
def answering() -> Iterator[Call]:
    """Tell a provider that did not answer from one that said no."""
    try:
        yield Call()
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise Unavailable(retry_after=2) from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status == 409:  # noqa: PLR2004 - HTTP's own
            raise Unavailable(retry_after=2) from error
        log.warning("stripe refused", status=error.http_status, code=error.code, stripe_request=error.request_id)
        raise PaymentRefused(reason=error.code or "refused") from error


def insisting(key: str, make: Callable[[str], T], old: int = 0) -> T:
    """Have something made under a key, and where Stripe only says an old refusal again, ask anew under the next.

    Stripe keeps every answer under its key for a day, also a refusal whose reason is gone: a dispute that was won, a
    balance that is filled. A refusal has made nothing, and the keys follow from the first, so that whatever is made is
    still made once: nobody goes on from a key under which something was.
    """
    try:
        return make(f"{key}:{old}" if old else key)
    except stripe.InvalidRequestError as refusal:
        if old == _OLD_REFUSALS or (refusal.headers or {}).get("idempotent-replayed") != "true":
            raise
    return insisting(key, make, old + 1)


# Where an amount in Stripe's API is not in the minor units of ISO 4217 (docs.stripe.com/currencies): the króna and the
# Ugandan shilling are sent with two decimals that are always 00, the ariary without its two.
_TIMES = {"ISK": 100, "UGX": 100}
_DIVIDED = {"MGA": 100}


def theirs(money: Money) -> int:
    """Return an amount as Stripe counts it.

    Raises:
        PaymentRefused: Stripe has no such amount.
    """
    amount, rest = divmod(money.amount * _TIMES.get(money.currency, 1), _DIVIDED.get(money.currency, 1))
    if rest:
        raise PaymentRefused(reason="amount_has_decimals")
    return amount


def ours(amount: int, currency: str) -> Money:
    """Return an amount of Stripe's, whose currencies are in lower case."""
    code = currency.upper()
    return Money(amount * _DIVIDED.get(code, 1) // _TIMES.get(code, 1), code)


def told(thing: Any, name: str) -> str | None:
    """Return what we wrote into an object's metadata."""
    metadata = getattr(thing, "metadata", None)
    value: str | None = metadata[name] if metadata is not None and name in metadata else None
    return value


def id_of(thing: Any) -> str | None:
    """Return the id of what Stripe gives as an id or, expanded, as the object."""
    value: str | None = thing if thing is None or isinstance(thing, str) else thing.id
    return value
