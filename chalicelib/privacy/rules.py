"""What somebody may be asked to agree to, and what agreeing means. No I/O.

Which purposes need an agreement that can be taken back follows PIPL arts. 13-16 and GDPR arts. 6-7: what a contract
needs rests on the contract; marketing, recommendations and a kept history rest on consent alone and are off until it is
given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Language, Text


class Document(StrEnum):
    """A text that everybody with an account has agreed to."""

    TERMS = "terms"
    PRIVACY = "privacy"


class Purpose(StrEnum):
    """What an agreement is for."""

    TERMS = "terms"
    PRIVACY = "privacy"
    MARKETING = "marketing"
    PERSONALISATION = "personalisation"
    HISTORY = "history"

    @property
    def document(self) -> Document | None:
        """The text that is agreed to; None where it is a choice, which the privacy notice explains."""
        return Document(self.value) if self.value in set(Document) else None


class How(StrEnum):
    """On which occasion."""

    SIGN_UP = "sign_up"
    SETTINGS = "settings"


VERSIONS: Mapping[Document, tuple[str, ...]] = {
    Document.TERMS: ("2026-12-01",),
    Document.PRIVACY: ("2026-12-01",),
}
"""Every version of each text by its date, newest last; a new one is asked of everybody. Files in `texts`."""


class DocumentOutdated(Conflict):
    code = "document-outdated"
    title = Text("This is not the present version", "该版本不是现行版本")
    detail = Text("Read version {version} and agree to that one.", "请阅读 {version} 版本后再同意。")


class CannotBeWithdrawn(Conflict):
    code = "consent-needed"
    title = Text("An account needs this", "账号须同意此文件")
    detail = Text(
        "To agree to it no longer is to erase the account: POST /v1/me/erasure.",
        "如不再同意，请注销账号：POST /v1/me/erasure。",
    )


class ConsentMissing(Invalid):
    """Who signs up has to agree to the present versions."""

    code = "consent-missing"
    title = Text("Agree to the terms and the privacy notice", "请先同意用户协议与隐私政策")
    detail = Text(
        "Send the versions that you agree to: terms {terms}, privacy {privacy}.",
        "请提交所同意的版本：用户协议 {terms}，隐私政策 {privacy}。",
    )


@dataclass(frozen=True)
class Consent:
    """What somebody said about a purpose, the last time or earlier.

    Attributes:
        purpose: what for.
        agreed: False when it was withdrawn or declined.
        version: of the text; for a choice the version of the privacy notice that explained it.
        language: the language it was shown in.
        at: when.
        how: on which occasion.
        number: counts what was said about the purpose, from 1.
    """

    purpose: Purpose
    agreed: bool
    version: str
    language: Language
    at: datetime
    how: How
    number: int = 1


def current(document: Document) -> str:
    """Return the version that is asked for now."""
    return VERSIONS[document][-1]


def outstanding(consents: Iterable[Consent]) -> tuple[Document, ...]:
    """Return the texts whose present version somebody has not agreed to."""
    agreed = {(one.purpose.document, one.version) for one in consents if one.agreed}
    return tuple(document for document in Document if (document, current(document)) not in agreed)


def allows(consents: Iterable[Consent], purpose: Purpose) -> bool:
    """Say whether somebody has agreed to a purpose, and not withdrawn it: without a word nobody has."""
    return any(one.agreed for one in consents if one.purpose is purpose)


def said(
    standing: Consent | None,
    purpose: Purpose,
    version: str | None,
    language: Language,
    how: How,
    now: datetime,
    *,
    agreed: bool,
) -> Consent:
    """Return what somebody says of a purpose now; `standing` itself where that says it already.

    Raises:
        CannotBeWithdrawn: a text that an account needs.
        DocumentOutdated: another version than the present one.
    """
    document = purpose.document
    if document is not None and not agreed:
        raise CannotBeWithdrawn
    present = current(document or Document.PRIVACY)
    if (document is not None or version is not None) and version != present:
        raise DocumentOutdated(version=present)
    if standing is not None and (standing.agreed, standing.version) == (agreed, present):
        return standing
    number = standing.number + 1 if standing else 1
    return Consent(purpose, agreed, present, language, now, how, number)
