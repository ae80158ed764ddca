"""Calendars over https, from addresses that strangers gave us; see `kit.outbound` for what keeps us safe there."""

from dataclasses import dataclass, field

from chalicelib.calendars.ports import Fetched
from chalicelib.calendars.rules.faults import (
    MOST_BYTES,
    AddressRefused,
    AnsweredOtherwise,
    CalendarTooLarge,
    Unreachable,
)
from chalicelib.kit import addresses, outbound
from chalicelib.kit.outbound import Outbound, Question

_MOST_HOPS = 3
_OK, _NOT_MODIFIED = 200, 304


@dataclass(frozen=True)
class HttpsFetcher:
    """See `calendars.ports.Fetcher`."""

    outbound: Outbound = field(default_factory=lambda: Outbound("Linli calendars"))

    def fetch(self, url: str, etag: str | None) -> Fetched:
        headers = {"Accept": "text/calendar"} | ({"If-None-Match": etag} if etag else {})
        question = Question(headers=headers, most_bytes=MOST_BYTES, most_hops=_MOST_HOPS)
        try:
            answer = self.outbound.send(url, question)
        except addresses.AddressRefused as error:
            raise AddressRefused from error
        except outbound.Unreachable as error:
            raise Unreachable from error
        except outbound.TooMuch as error:
            raise CalendarTooLarge from error
        if answer.status == _NOT_MODIFIED and etag:
            return Fetched(None, etag)
        if answer.status != _OK or answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise AnsweredOtherwise
        return Fetched(answer.body.decode("utf-8", "replace"), answer.headers.get("etag"))
