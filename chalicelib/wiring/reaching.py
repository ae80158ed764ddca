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
    """Return the hosts of the API and of the app, as far as somebody has told them."""
    from urllib.parse import urlsplit

    told = (_settings.secrets().get("public-url"), _settings.settings().app_link)
    return frozenset(host for one in told if one and (host := urlsplit(one).hostname))
