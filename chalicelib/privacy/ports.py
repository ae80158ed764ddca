"""What privacy needs from outside; also the types of this domain that others may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import Language
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.privacy.rules import Consent, ConsentMissing, Document, How, Purpose

__all__ = ["Consent", "ConsentMissing", "ConsentPorts", "ConsentStore", "Document", "How", "Purpose", "Texts"]


class Texts(Protocol):
    """The documents' words."""

    def read(self, document: Document, version: str, language: Language) -> str:
        """Return a text as markdown; its version is one of `rules.VERSIONS`."""
        ...


class ConsentStore(Protocol):
    """What people have agreed to: as it stands, and all that was said before."""

    def consents(self, account_id: str) -> Sequence[Consent]:
        """Return the newest word about each purpose, read consistently."""
        ...

    def say(self, account_id: str, consent: Consent) -> Sequence[Action]:
        """Return the writes of the next word about a purpose; contended when there is another by then."""
        ...

    def history(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Consent]:
        """Return some of all that was said, newest first."""
        ...


@dataclass(frozen=True)
class ConsentPorts:
    """What the use cases of consent are given."""

    store: ConsentStore
    texts: Texts
    clock: Clock
    committer: Committer
