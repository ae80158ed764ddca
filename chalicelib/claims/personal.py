"""What claims say of a person. They stay, for money went by them; what their customer wrote goes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.claims.ports import Claim, ClaimsPorts, State
from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.orders import personal as orders

_OPEN = {State.ASKED, State.ESCALATED}


def personal_data(ports: ClaimsPorts, account_id: str) -> Told:
    """Return what they have asked back, and what became of it."""
    return {"claims": [plain(one, "version") for one in _claims(ports, account_id)]}


def open_matters(ports: ClaimsPorts, account_id: str) -> Sequence[Matter]:
    """Return the claims that nobody has answered or decided."""
    ids = tuple(one.id for one in _claims(ports, account_id) if one.state in _OPEN)
    text = Text("Claims are not decided: wait, or withdraw them.", "尚有未处理的售后申请，请等待处理或撤回。")
    return [Matter("open-claim", text, ids)] if ids else []


def erase(ports: ClaimsPorts, account_id: str) -> None:
    """Remove what they wrote."""
    for one in _claims(ports, account_id):
        retrying(lambda one=one: _silence(ports, one))  # type: ignore[misc] # bound to this turn


def _silence(ports: ClaimsPorts, claim: Claim) -> None:
    stands = ports.store.claim(claim.key)
    if stands is not None and (stands.text or stands.appeal):
        silent = replace(stands, text="", appeal=None, version=stands.version + 1)
        ports.committer.commit([ports.store.replace(silent)])


def _claims(ports: ClaimsPorts, account_id: str) -> Iterator[Claim]:
    for order in orders.of_customer(ports.orders, account_id):
        yield from (one for one in ports.store.of_order(order.id) if one.customer_id == account_id)
