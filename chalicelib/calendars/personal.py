"""The calendar of a customer's own bookings."""

from chalicelib.calendars.ports import FeedPorts
from chalicelib.calendars.rules.feed import Feed, Kind, feed_id
from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying


def personal_data(ports: FeedPorts, account_id: str) -> Told:
    """Return that there is an address, and since when; its secret is kept nowhere."""
    found = _feed(ports, account_id)
    return {"calendar_feeds": [plain(found, "secret_hash", "version")] if found else []}


def erase(ports: FeedPorts, account_id: str) -> None:
    """Close the address."""

    def attempt() -> None:
        found = _feed(ports, account_id)
        if found is not None:
            ports.committer.commit([ports.feeds.drop_feed(found)])

    retrying(attempt)


def _feed(ports: FeedPorts, account_id: str) -> Feed | None:
    return ports.feeds.feed(feed_id(Kind.CUSTOMER, account_id))
