"""An application to become a merchant: what it says, how it moves, and what is checked before a person looks. No I/O.

| state | edit | submit | pass | fail | approve | reject | ask |
|---|---|---|---|---|---|---|---|
| draft | draft | submitted | | | | | |
| submitted | | | in review | rejected | | | |
| in review | | | | | approved | rejected | more wanted |
| more wanted | more wanted | submitted | | | | | |
| rejected | draft | | | | | | |
| approved | draft | | | | | | |

What is submitted is checked in the same transaction, so nobody meets it as such. Who is approved edits to apply anew,
before the licence ends; what was approved stands beside (`standing`) until the new one is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.vetting.problems import (
    AppliedEnough,
    DocumentsMissing,
    LicenceOver,
    NotPossible,
    TooManyDocuments,
    TooManyUploads,
)
from chalicelib.vetting.rules import licences
from chalicelib.vetting.rules.licences import LicenceKind
from chalicelib.vetting.rules.names import BlockedName, is_blocked
from chalicelib.vetting.rules.places import is_in

MOST_DOCUMENTS = 6
MOST_UPLOADS = 40  # forms that one application is given
MOST_SUBMISSIONS = 20  # of an account without an approval: whether a licence is here already is not to be tried out
FORGOTTEN_AFTER = timedelta(days=180)  # that nobody touched what is not approved


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    MORE_WANTED = "more_wanted"
    REJECTED = "rejected"
    APPROVED = "approved"


class Step(StrEnum):
    """What moves it."""

    EDIT = "edit"
    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    APPROVE = "approve"
    REJECT = "reject"
    ASK = "ask"


MOVES: Mapping[tuple[State, Step], State] = {
    (State.DRAFT, Step.EDIT): State.DRAFT,
    (State.MORE_WANTED, Step.EDIT): State.MORE_WANTED,
    (State.REJECTED, Step.EDIT): State.DRAFT,
    (State.APPROVED, Step.EDIT): State.DRAFT,
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.MORE_WANTED, Step.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Step.PASS): State.IN_REVIEW,
    (State.SUBMITTED, Step.FAIL): State.REJECTED,
    (State.IN_REVIEW, Step.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Step.REJECT): State.REJECTED,
    (State.IN_REVIEW, Step.ASK): State.MORE_WANTED,
}


class Reason(StrEnum):
    """Why an application was rejected before a person looked at it."""

    LICENCE_KIND = "licence-kind"  # not of that country
    LICENCE_NUMBER = "licence-number"  # cannot be right
    LICENCE_EXPIRED = "licence-expired"
    LICENCE_TAKEN = "licence-taken"  # another account has it
    NAME_BLOCKED = "name-blocked"
    OUTSIDE_COUNTRY = "outside-country"


@dataclass(frozen=True)
class Details:
    """What somebody says of their business.

    Attributes:
        country: ISO 3166-1 alpha-2.
        number: of the licence, as it was typed.
        legal_name: the legal person, or the owner.
        phone: E.164.
        lat, lon: WGS-84.
        expires_on: the last day of the licence; None where it has no end.
    """

    country: str
    business_name: str = field(repr=False)
    kind: LicenceKind
    number: str = field(repr=False)
    legal_name: str = field(repr=False)
    contact_name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    lat: float = field(repr=False)
    lon: float = field(repr=False)
    expires_on: date | None


@dataclass(frozen=True)
class Document:
    """An image of a licence, checked and out of the sender's reach.

    Attributes:
        id: `doc_...`.
        media: its type, as its content says.
        size: bytes.
        sha256: hex.
    """

    id: str
    media: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        """What it is kept as: another for other content, so that of two that are looked at at once, whichever is
        written down, what is kept under its name is what was looked at.
        """
        return f"{self.id}.{self.sha256[:16]}"


@dataclass(frozen=True)
class Application:
    """One account's application.

    Attributes:
        since: when it came into its state.
        submissions: how often it was submitted since the last approval.
        uploads: how many forms were given since then.
        reasons: why it was rejected automatically.
        note: what the reviewer said.
        decided_by: who decided last.
        claim: the blind index of the licence that it holds.
    """

    account_id: str
    details: Details
    documents: tuple[Document, ...]
    state: State
    since: datetime
    created_at: datetime
    version: int = 1
    submissions: int = 0
    uploads: int = 0
    reasons: tuple[Reason, ...] = ()
    note: str | None = field(default=None, repr=False)
    decided_by: str | None = None
    claim: str | None = None

    @property
    def forget_at(self) -> datetime | None:
        """When it is forgotten if nobody touches it: what a person must look at waits, what is approved stays."""
        is_kept = self.state in {State.IN_REVIEW, State.APPROVED}
        return None if is_kept else self.since + FORGOTTEN_AFTER


def moved(application: Application, step: Step, now: datetime, **changes: object) -> Application:
    """Return the next version of an application.

    Raises:
        NotPossible: it does not move so from where it stands.
    """
    state = MOVES.get((application.state, step))
    if state is None:
        raise NotPossible(state=application.state.value)
    version = application.version + (
        application.state != State.SUBMITTED
    )  # which is written as what the checks make of it
    return replace(application, state=state, since=now, version=version, **changes)  # type: ignore[arg-type]


def begun(account_id: str, details: Details, now: datetime) -> Application:
    """Return a first draft."""
    return Application(account_id, details, (), State.DRAFT, now, now)


def edited(application: Application, details: Details, now: datetime) -> Application:
    """Return it with other details."""
    return moved(application, Step.EDIT, now, details=details)


def given_form(application: Application, now: datetime) -> Application:
    """Return it with one more form for a file.

    Raises:
        NotPossible: see `moved`. TooManyUploads: forms enough were given.
    """
    if application.uploads >= MOST_UPLOADS:
        raise TooManyUploads(most=MOST_UPLOADS)
    return moved(application, Step.EDIT, now, uploads=application.uploads + 1)


def with_document(application: Application, document: Document, now: datetime) -> Application:
    """Return it with one more document; one that is there stays as it is.

    Raises:
        NotPossible: see `moved`. TooManyDocuments: it has `MOST_DOCUMENTS`.
    """
    kept = tuple(one for one in application.documents if one.id != document.id)
    if len(kept) >= MOST_DOCUMENTS:
        raise TooManyDocuments(most=MOST_DOCUMENTS)
    return moved(application, Step.EDIT, now, documents=(*kept, document))


def without_document(application: Application, document_id: str, now: datetime) -> Application:
    """Return it without a document."""
    kept = tuple(one for one in application.documents if one.id != document_id)
    return moved(application, Step.EDIT, now, documents=kept)


def submitted(application: Application, now: datetime) -> Application:
    """Return it as it is checked.

    Raises:
        NotPossible: see `moved`. DocumentsMissing: there is nothing to look at. AppliedEnough: too often.
    """
    if not application.documents:
        raise DocumentsMissing
    if application.submissions >= MOST_SUBMISSIONS:
        raise AppliedEnough
    return moved(
        application, Step.SUBMIT, now, submissions=application.submissions + 1, reasons=(), note=None, decided_by=None
    )


def faults(details: Details, blocked: Iterable[BlockedName], today: date) -> tuple[Reason, ...]:
    """Return all that is wrong with what somebody says, as far as it shows without asking anybody."""
    number = licences.normal(details.number)
    found = {
        Reason.LICENCE_KIND: not licences.fits_country(details.kind, details.country),
        Reason.LICENCE_NUMBER: not licences.is_sound(details.kind, number),
        Reason.LICENCE_EXPIRED: _is_over(details, today),
        Reason.NAME_BLOCKED: is_blocked(details.business_name, blocked),
        Reason.OUTSIDE_COUNTRY: not is_in(details.country, details.lat, details.lon),
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def passed(application: Application, claim: str, now: datetime) -> Application:
    """Return it as people look at it; it holds its licence's number from now on."""
    return moved(application, Step.PASS, now, claim=claim)


def failed(application: Application, reasons: tuple[Reason, ...], now: datetime) -> Application:
    """Return it rejected for what the checks found."""
    return moved(application, Step.FAIL, now, reasons=reasons, claim=None)


def approved(application: Application, by: str, note: str, now: datetime) -> Application:
    """Return it approved.

    Raises:
        NotPossible: see `moved`. LicenceOver: the licence ended while it waited.
    """
    new = moved(application, Step.APPROVE, now, note=note, decided_by=by, submissions=0, uploads=0)
    if _is_over(application.details, now.date()):
        raise LicenceOver
    return new


def rejected(application: Application, by: str, note: str, now: datetime) -> Application:
    """Return it rejected by a person; its licence's number is free again."""
    return moved(application, Step.REJECT, now, note=note, decided_by=by, claim=None)


def asked(application: Application, by: str, note: str, now: datetime) -> Application:
    """Return it as it waits for more of the applicant."""
    return moved(application, Step.ASK, now, note=note, decided_by=by)


def _is_over(details: Details, today: date) -> bool:
    return details.expires_on is not None and details.expires_on < today
