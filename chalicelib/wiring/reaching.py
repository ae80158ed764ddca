"""Who is told of what: notices, reminders, merchants' texts, and other systems. See the package."""

from functools import cache, partial
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.notifications.ports import NotificationPorts
    from chalicelib.outreach.ports import OutreachPorts, TagPorts
    from chalicelib.reminders.ports import RemindersPorts
    from chalicelib.webhooks.ports import Caller, WebhookPorts
    from chalicelib.webhooks.use_cases.listening import Directory


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


@cache
def notifications() -> "NotificationPorts":
    from chalicelib.notifications.costs import EVERYTHING
    from chalicelib.notifications.ports import NotificationPorts
    from chalicelib.notifications.store import AddressTable, InboxTable, NoticeTable, SpentTable
    from chalicelib.notifications.unsubscribing import UnsubscribeLinks

    told = _settings.settings()
    return NotificationPorts(
        store=NoticeTable(),
        inbox=InboxTable(),
        gone=AddressTable(wiring.sealer),
        spent=SpentTable(),
        senders=wiring.notice_senders(),
        addresses=wiring.notice_addresses(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        accounts=wiring.accounts(),
        shops=wiring.shops(),
        orders=wiring.orders(),
        profiles=wiring.choosing(),
        audit=wiring.audit(),
        links=UnsubscribeLinks(
            lambda: _settings.secrets()["cursor-key"], lambda: _settings.secrets().get("public-url")
        ),
        caps={**told.notice_caps, EVERYTHING: told.notice_daily_cap},
        app_link=told.app_link,
        zone=told.zone,
        still={"outreach.offer.customer": _still},
    )


def _still(customer_id: str, about: str) -> bool:
    """Say whether an offer that waited is still to be told."""
    from chalicelib.outreach import use_cases as outreach

    return outreach.still(wiring.tagging(), customer_id, about)


@cache
def reminders() -> "RemindersPorts":
    from chalicelib.reminders.ports import RemindersPorts
    from chalicelib.reminders.store import PlanTable

    return RemindersPorts(
        store=PlanTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        orders=wiring.orders(),
        booking=wiring.booking(),
        shops=wiring.shops(),
    )


@cache
def listening() -> "Directory":
    """Return who listens to events, as this container keeps it in mind: no key, so that the relay waits for none."""
    from chalicelib.webhooks.store import ListenerTable
    from chalicelib.webhooks.use_cases.listening import Directory

    return Directory(ListenerTable())


@cache
def webhooks() -> "WebhookPorts":
    from chalicelib.webhooks.ports import WebhookPorts
    from chalicelib.webhooks.store import DeliveryTable, EndpointTable, ListenerTable

    return WebhookPorts(
        endpoints=EndpointTable(wiring.sealer),
        deliveries=DeliveryTable(),
        listeners=ListenerTable(),
        caller=_caller(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        audit=wiring.audit(),
        audience=wiring.listening().audience,
        is_local=_settings.settings().webhooks_loopback,
    )


def _caller() -> "Caller":
    """Return what calls endpoints: those on this machine too where a local stack says so, and nowhere else."""
    from chalicelib.webhooks.gateways.https import HttpsCaller

    if not _settings.settings().webhooks_loopback:
        return HttpsCaller()
    from chalicelib.webhooks.gateways.loopback import LoopbackCaller

    return LoopbackCaller()
