"""What merchants say of a person, and what that person said about offers. All of it goes; who got a text is known by an
id that leads to nobody any more, and for 90 days.
"""

from collections.abc import Iterator

from chalicelib.kit.clock import iso
from chalicelib.kit.personal import Told, every, plain
from chalicelib.kit.transaction import retrying
from chalicelib.outreach.ports import OutreachPorts, State, Tagged
from chalicelib.outreach.rules.outreach import stopped
from chalicelib.outreach.use_cases import drop


def personal_data(ports: OutreachPorts, account_id: str) -> Told:
    """Return the tags that merchants gave them, what they said about offers, and which they were sent of late."""
    wishes = every(lambda after, limit: ports.customers.wishes(account_id, after, limit))
    return {
        "tags": [plain(one, "version", "order_id") for one in _tags(ports, account_id)],
        "offers_wanted": [
            {
                "merchant_id": one.merchant_id,
                "wanted": one.wanted,
                "said": [{"at": iso(at), "wanted": word} for at, word in one.said],
            }
            for one in wishes
        ],
        "offers_sent": [plain(one) for one in ports.customers.heard(account_id).offers],
    }


def erase(ports: OutreachPorts, account_id: str) -> None:
    """Remove it. Of a merchant also the tags that they gave; what they are still sending is stopped."""
    for tagged in list(_tags(ports, account_id)):
        drop(ports, tagged.merchant_id, account_id)
    ports.customers.forget(account_id)
    for one in every(lambda after, limit: ports.customers.with_tag(account_id, None, after, limit)):
        drop(ports, account_id, one.customer_id)
    for sending in every(lambda after, limit: ports.store.list_of(account_id, after, limit)):
        if sending.state is State.SENDING:
            retrying(lambda id_=sending.id: _stop(ports, account_id, id_))  # type: ignore[misc] # bound to this turn


def _stop(ports: OutreachPorts, merchant_id: str, outreach_id: str) -> None:
    standing = ports.store.outreach(merchant_id, outreach_id)
    if standing is not None and standing.state is State.SENDING:
        ports.committer.commit([ports.store.replace(stopped(standing, ports.clock.now()))])


def _tags(ports: OutreachPorts, account_id: str) -> Iterator[Tagged]:
    return every(lambda after, limit: ports.customers.of_customer(account_id, after, limit))
