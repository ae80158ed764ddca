"""What owners do with their endpoints: merchants and their managers, and the operator's partners."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.webhooks.ports import Endpoint, WebhookPorts
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.endpoint import Change, State
from chalicelib.webhooks.rules.signing import new_secret


@dataclass(frozen=True)
class Draft:
    """What an owner says of a new endpoint."""

    url: str
    types: tuple[str, ...]
    text: str


def owner_of(ports: WebhookPorts, actor: Actor) -> str:
    """Return whose endpoints a request is about: those of the merchant for whom it is, or of a partner.

    Raises:
        Forbidden: the account is neither.
    """
    owner_id = actor.merchant_id
    if actor.runs(owner_id):
        return owner_id
    listener = ports.listeners.listener(owner_id)
    if owner_id != actor.account_id or listener is None or not listener.is_partner:
        raise Forbidden
    return owner_id


def create(ports: WebhookPorts, actor: Actor, draft: Draft, once: Once, why: Why) -> Endpoint:
    """Make an endpoint. It hears of nothing before it has a secret and has answered a challenge.

    Raises:
        Forbidden: see `owner_of`. Invalid: see `rules.check_url`, `check_types`. TooManyEndpoints: see `rules.MOST`.
    """
    owner_id, now = owner_of(ports, actor), ports.clock.now()
    rules.check_url(draft.url, is_local=ports.is_local)
    types = rules.check_types(draft.types)
    new = Endpoint(new_id("whe"), owner_id, draft.url, types, draft.text, State.PENDING, now)

    def attempt() -> Endpoint:
        noted = _noted(ports, actor, "webhooks.create", new, why)
        ports.committer.commit([*ports.endpoints.create(new), *noted, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def of_owner(ports: WebhookPorts, actor: Actor) -> Sequence[Endpoint]:
    """Return all endpoints of the caller, oldest first.

    Raises:
        Forbidden: see `owner_of`.
    """
    return ports.endpoints.of_owner(owner_of(ports, actor))


def heard_by(ports: WebhookPorts, actor: Actor) -> Sequence[str]:
    """Return the names of the operator's partners who hear of what concerns the caller.

    Raises:
        Forbidden: see `owner_of`.
    """
    owner_id = owner_of(ports, actor)
    others = (one for one in ports.listeners.listeners() if one.is_partner and one.owner_id != owner_id)
    return sorted(one.name or "" for one in others if one.hears_of(owner_id))


def read(ports: WebhookPorts, actor: Actor, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the caller.

    Raises:
        Forbidden: see `owner_of`. NotFound: they have none of this id.
    """
    found = ports.endpoints.endpoint(owner_of(ports, actor), endpoint_id)
    if found is None:
        raise NotFound("webhook endpoint")
    return found


def change(ports: WebhookPorts, actor: Actor, endpoint_id: str, wanted: Change, why: Why) -> Endpoint:
    """Change an endpoint, pause it, or let it go on.

    Raises:
        Forbidden, NotFound: as `read`. Invalid: as `create`. NotInThisState: see `rules.changed`.
    """
    if wanted.url is not None:
        rules.check_url(wanted.url, is_local=ports.is_local)
    if wanted.types is not None:
        wanted = Change(wanted.url, rules.check_types(wanted.types), wanted.text, wanted.paused)

    def decide(standing: Endpoint) -> Endpoint:
        return rules.changed(standing, wanted, ports.clock.now())

    return _rewritten(ports, actor, endpoint_id, decide, "webhooks.change", why)


def rotate(ports: WebhookPorts, actor: Actor, endpoint_id: str, why: Why, *, keeps_old: bool) -> Endpoint:
    """Make a new secret, which is told this once; with `keeps_old` the one before signs along for a day. Without an
    Idempotency-Key: the stored answer would keep the secret. Whoever loses the answer makes another.

    Raises:
        Forbidden, NotFound: as `read`.
    """
    secret = new_secret()

    def decide(standing: Endpoint) -> Endpoint:
        return rules.rotated(standing, secret, ports.clock.now(), keeps_old=keeps_old)

    return _rewritten(ports, actor, endpoint_id, decide, "webhooks.rotate", why)


def remove(ports: WebhookPorts, actor: Actor, endpoint_id: str, why: Why) -> None:
    """Forget an endpoint; nothing more is sent there. Its log can be read no more, and dies by itself.

    Raises:
        Forbidden, NotFound: as `read`.
    """

    def attempt() -> None:
        standing = read(ports, actor, endpoint_id)
        noted = _noted(ports, actor, "webhooks.remove", standing, why)
        ports.committer.commit([*ports.endpoints.remove(standing), *noted])

    retrying(attempt)


def _rewritten(
    ports: WebhookPorts,
    actor: Actor,
    endpoint_id: str,
    decide: Callable[[Endpoint], Endpoint],
    action: str,
    why: Why,
) -> Endpoint:
    def attempt() -> Endpoint:
        standing = read(ports, actor, endpoint_id)
        new = decide(standing)
        goes_on = new.state == State.ACTIVE != standing.state
        noted = _noted(ports, actor, action, new, why)
        ports.committer.commit([ports.endpoints.replace(new, anew=goes_on), *noted])
        return new

    return retrying(attempt)


def _noted(ports: WebhookPorts, actor: Actor, action: str, endpoint: Endpoint, why: Why) -> list[Action]:
    details = {"owner": endpoint.owner_id, "state": endpoint.state.value}
    return audit.noted(
        ports.audit, why.entry(actor, action, f"webhook-endpoint:{endpoint.id}", details), ports.clock.now()
    )
