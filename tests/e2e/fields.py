"""Who may see which field of an answer, where not everybody may who gets the object; `docs/security.md` has the same list.

The matrix holds every answer of every cell against it. A field is named `domain.Schema.field`; whoever may not see it gets
null, an empty list, or asterisks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from chalicelib.kit.auth import Actor, Permission
from chalicelib.kit.endpoints import Endpoint

Json = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """Somebody looks at an answer.

    Attributes:
        actor: who; None is nobody.
        owner_id: whose the object of the request is.
        holds: says whether they hold a permission, by the table.
    """

    actor: Actor | None
    owner_id: str | None
    holds: Callable[[Permission], bool]

    @property
    def account_id(self) -> str:
        return self.actor.account_id if self.actor else ""


@dataclass(frozen=True)
class Guard:
    """Who sees a field, in words and by what its object says."""

    who: str
    sees: Callable[[Look, Json], bool]


def _own_or(key: str, permission: Permission) -> Callable[[Look, Json], bool]:
    return lambda look, told: look.account_id == told[key] or look.holds(permission)


def _holding(permission: Permission) -> Guard:
    return Guard(f"`{permission}`", lambda look, _: look.holds(permission))


_CUSTOMER = Guard("its customer", lambda look, told: look.account_id == told["customer_id"])
_PAYER = Guard("its customer, in the first answer", lambda look, _: look.account_id == look.owner_id)
_ACCOUNT = Guard("its owner, `account:read`", _own_or("id", Permission.ACCOUNT_READ))
_APPLICANT = Guard("the applicant, `vetting:decide`", _own_or("account_id", Permission.VETTING_DECIDE))
GUARDS = {
    "accounts.Account.phone": _ACCOUNT,
    "accounts.Account.email": _ACCOUNT,
    "audit.Entry.source_ip": _holding(Permission.AUDIT_READ),
    "booking.Booking.code": _CUSTOMER,
    "payments.Payment.client_secret": _PAYER,
    "payments.Payment.action_url": _PAYER,
    "payments.Payment.action_params": _PAYER,
    "payouts.Payout.approvers": _holding(Permission.PAYOUT_DECIDE),
    "settlement.BankAccount.number": Guard("nobody; its last four characters", lambda _look, _told: False),
    "vetting.Application.details": _APPLICANT,
    "vetting.Application.documents": _APPLICANT,
    "vetting.Link.url": _holding(Permission.VETTING_DECIDE),
    "webhooks.Endpoint.url": _holding(Permission.WEBHOOK_MANAGE),
    "webhooks.NewSecret.secret": _holding(Permission.WEBHOOK_MANAGE),
    "webhooks.NewSecret.url": _holding(Permission.WEBHOOK_MANAGE),
}
OWN = frozenset(
    {
        "accounts.Session", "accounts.TotpOffer", "accounts.Way", "booking.Ticket", "privacy.Export", "profiles.Address",
        "profiles.FoundAddress", "vetting.UploadForm",
    }
)  # fmt: skip
"""What only operations over one's own return."""


def name_of(model: type[BaseModel]) -> str:
    """Return the name of a schema: `domain.Schema`."""
    return f"{model.__module__.split('.')[1]}.{model.__name__}"


def shown(spec: Endpoint, told: Any, look: Look) -> Iterator[tuple[str, bool, bool]]:
    """Yield for each guarded field of an answer its name, whether it tells something, and whether it may. Tokens are
    answered to whom the body has proved to be the account's owner.
    """
    if spec.returns is None or (spec.needs is None and "access_token" in spec.returns.model_fields):
        return
    for model, holder in _objects(spec.returns, told):
        for name in model.model_fields:
            field = f"{name_of(model)}.{name}"
            if field in GUARDS:
                yield field, _tells(holder.get(name)), GUARDS[field].sees(look, holder)


def _tells(value: Any) -> bool:
    return bool(value) and not (isinstance(value, str) and value.startswith("*"))


def schemas(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the schemas that a type consists of, down to the last."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        inner: Any = [field.annotation for field in annotation.model_fields.values()]
    else:
        inner = get_args(annotation)
    for one in inner:
        yield from schemas(one)


def _objects(annotation: Any, told: Any) -> Iterator[tuple[type[BaseModel], Json]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if isinstance(told, dict):
            yield annotation, told
            for name, field in annotation.model_fields.items():
                yield from _objects(field.annotation, told.get(name))
        return
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is list and isinstance(told, list):
        for one in told:
            yield from _objects(inner[0], one)
    elif origin is dict and isinstance(told, dict):
        for one in told.values():
            yield from _objects(inner[1], one)
    elif origin is not None and told is not None:
        for one in inner:
            yield from _objects(one, told)
