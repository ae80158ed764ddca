"""What people agree to. To say a thing again changes nothing, so none of this needs an Idempotency-Key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.privacy import rules
from chalicelib.privacy.ports import ConsentPorts
from chalicelib.privacy.rules import Consent, ConsentMissing, Document, How, Purpose


def text(ports: ConsentPorts, document: str, version: str | None, language: Language) -> tuple[str, str]:
    """Return a version of a text, the present one unless another is asked for, and its words.

    Raises:
        NotFound: there is no such text or version.
    """
    if document not in set(Document):
        raise NotFound("document")
    found = Document(document)
    version = version or rules.current(found)
    if version not in rules.VERSIONS[found]:
        raise NotFound("document")
    return version, ports.texts.read(found, version, language)


def agreed(
    ports: ConsentPorts, account_id: str, versions: Mapping[Purpose, str], language: Language, now: datetime
) -> list[Action]:
    """Return the writes of what a new account agrees to, for the transaction that makes it: the version of each text,
    and choices that were ticked with the version of the privacy notice. At most two for each purpose.

    Raises:
        ConsentMissing: the present terms or the present privacy notice are not among them.
        DocumentOutdated: a choice was explained by another notice than the present one.
    """
    present = {document: rules.current(document) for document in Document}
    if any(versions.get(Purpose(document)) != version for document, version in present.items()):
        raise ConsentMissing(terms=present[Document.TERMS], privacy=present[Document.PRIVACY])
    words = [
        rules.said(None, purpose, version, language, How.SIGN_UP, now, agreed=True)
        for purpose, version in versions.items()
    ]
    return [action for one in words for action in ports.store.say(account_id, one)]


def consents(ports: ConsentPorts, account_id: str) -> Sequence[Consent]:
    """Return what somebody has said last about each purpose."""
    return ports.store.consents(account_id)


def allows(ports: ConsentPorts, account_id: str, purpose: Purpose) -> bool:
    """Say whether somebody agrees to a purpose now, for whoever wants to act on it."""
    return rules.allows(ports.store.consents(account_id), purpose)


def say(
    ports: ConsentPorts, actor: Actor, purpose: Purpose, version: str | None, language: Language, *, agreed: bool
) -> Consent:
    """Agree to a purpose, or withdraw that; what was said before stays in the history.

    Raises:
        CannotBeWithdrawn, DocumentOutdated: see `rules.said`.
    """

    def attempt() -> Consent:
        known = {one.purpose: one for one in ports.store.consents(actor.account_id)}
        standing, now = known.get(purpose), ports.clock.now()
        new = rules.said(standing, purpose, version, language, How.SETTINGS, now, agreed=agreed)
        if new is not standing:
            ports.committer.commit(ports.store.say(actor.account_id, new))
        return new

    return retrying(attempt)


def history(ports: ConsentPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Consent]:
    """Return some of all that the caller has ever said, newest first."""
    return ports.store.history(actor.account_id, after, limit)
