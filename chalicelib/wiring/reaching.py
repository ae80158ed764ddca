"""Merchants who write to their customers. See the package."""

from functools import cache, partial
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.outreach.ports import OutreachPorts, TagPorts


@cache
def tagging() -> "TagPorts":
    """Return what tags, and what customers say about offers, need."""
    from chalicelib.outreach.ports import TagPorts
    from chalicelib.outreach.store import CustomerTable, OutreachTable

    return TagPorts(
        customers=CustomerTable(),
        store=OutreachTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
        orders=wiring.orders(),
        shops=wiring.shops(),
        dealings=wiring.dealings(),
        consents=wiring.consents(),
    )


@cache
def outreach() -> "OutreachPorts":
    """Return what writing to many needs: nothing that opens an address."""
    from chalicelib.notifications import use_cases as notices
    from chalicelib.notifications.store import NoticeTable
    from chalicelib.outreach.ports import OutreachPorts

    return OutreachPorts(
        **vars(wiring.tagging()),
        outbox=wiring.outbox(),
        coupons=wiring.coupons(),
        profiles=wiring.choosing(),
        reached=partial(notices.reached, NoticeTable()),
        hosts=_hosts,
    )


def _hosts() -> frozenset[str]:
    """Return the API's host, none where nobody has told its address."""
    from urllib.parse import urlsplit

    host = urlsplit(_settings.secrets().get("public-url", "")).hostname
    return frozenset({host} if host else ())
