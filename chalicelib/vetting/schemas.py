"""What vetting says over the wire."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment, PageQuery, Position
from chalicelib.vetting import ports
from chalicelib.vetting.rules.licences import LicenceKind
from chalicelib.vetting.use_cases import Form, Outcome, Shown
from chalicelib.vetting.use_cases.apply import MOST_BYTES

Name = Annotated[Line, Field(min_length=1, max_length=100, examples=["上海邻里美发有限公司"])]
Person = Annotated[Line, Field(min_length=1, max_length=100, examples=["王小明"])]
Media = Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]
DocumentId = Annotated[
    str,
    Field(pattern="^doc_[0-9a-z]{26}$", examples=["doc_01jd3x9k5r8m2q7w4t6y0z1abc"], description="As the form said."),
]
Reason = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="Why; it is kept for ever, so no name, number or address.",
        examples=["证照清晰，信息一致"],
    ),
]


class Details(Wire):
    """What somebody says of their business."""

    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["CN"])
    business_name: Name
    licence_kind: LicenceKind = Field(description="Which numbers the licence has; `other` outside of China.")
    licence_number: Line = Field(min_length=3, max_length=40, examples=["91310000MA1FL8AJ0N"])
    licence_expires_on: date | None = Field(
        default=None, description="Its last day; null where it has no end.", examples=["2036-05-31"]
    )
    legal_name: Person = Field(description="The legal person, or the owner.")
    contact_name: Person
    contact_phone: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164.", examples=["+8613800138000"])
    address: Line = Field(min_length=1, max_length=200, examples=["上海市静安区南京西路1号"])
    position: Position

    def domain(self) -> ports.Details:
        """Return it as the domain knows it."""
        return ports.Details(
            country=self.country,
            business_name=self.business_name,
            kind=self.licence_kind,
            number=self.licence_number,
            legal_name=self.legal_name,
            contact_name=self.contact_name,
            phone=self.contact_phone,
            address=self.address,
            lat=self.position.lat,
            lon=self.position.lon,
            expires_on=self.licence_expires_on,
        )

    @classmethod
    def of(cls, details: ports.Details) -> Self:
        return cls(
            country=details.country,
            business_name=details.business_name,
            licence_kind=details.kind,
            licence_number=details.number,
            licence_expires_on=details.expires_on,
            legal_name=details.legal_name,
            contact_name=details.contact_name,
            contact_phone=details.phone,
            address=details.address,
            position=Position.of(details),
        )


class UploadIn(Wire):
    """What is to be uploaded."""

    media: Media


class UploadForm(Wire):
    """A form: send `fields` and then the file, as `file`, to `url` as multipart/form-data; then register it."""

    document_id: DocumentId
    url: str
    fields: dict[str, str]
    max_bytes: int = Field(examples=[MOST_BYTES])
    expires_at: Moment

    @classmethod
    def of(cls, made: Form) -> Self:
        return cls(
            document_id=made.document_id,
            url=made.form.url,
            fields=dict(made.form.fields),
            max_bytes=MOST_BYTES,
            expires_at=made.expires_at,
        )


class DocumentIn(Wire):
    """A file that was uploaded."""

    document_id: DocumentId


class Document(Wire):
    """A document of an application."""

    id: str
    media: Media
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="Of its content, in hex.")


class Standing(Wire):
    """What stands of a merchant."""

    state: ports.Licence
    expires_on: date | None
    approved_at: Moment
    lapses_at: Moment | None = Field(description="When payouts stop unless a new licence is approved; null: never.")


class Application(Wire):
    """An application to become a merchant, and what was approved."""

    account_id: str
    state: ports.State | None = Field(description="Null where there is none any more.")
    since: Moment | None
    details: Details | None
    documents: list[Document]
    reasons: list[ports.Reason] = Field(description="Why the checks rejected it.")
    note: str | None = Field(description="What the reviewer said.")
    version: int
    licence: Standing | None

    @classmethod
    def of(cls, file: ports.VettingFile) -> Self:
        found, standing = file.application, file.standing
        account_id = found.account_id if found else standing.account_id if standing else ""
        return cls(
            account_id=account_id,
            state=found.state if found else None,
            since=found.since if found else None,
            details=Details.of(found.details) if found else None,
            documents=_documents(found.documents if found else ()),
            reasons=list(found.reasons) if found else [],
            note=found.note if found else None,
            version=found.version if found else 0,
            licence=_licence(standing) if standing else None,
        )


def _documents(documents: Iterable[ports.Document]) -> list[Document]:
    return [Document.model_validate(vars(one)) for one in documents]


def _licence(standing: ports.Standing) -> Standing:
    return Standing(
        state=standing.licence,
        expires_on=standing.expires_on,
        approved_at=standing.approved_at,
        lapses_at=ports.lapses_at(standing.expires_on) if standing.expires_on else None,
    )


class WaitingQuery(PageQuery):
    """Which applications."""

    state: ports.State = ports.State.IN_REVIEW


class Waiting(Wire):
    """An application in a list."""

    account_id: str
    business_name: Name
    country: str
    state: ports.State
    since: Moment
    documents: int

    @classmethod
    def of(cls, application: ports.Application) -> Self:
        return cls(
            account_id=application.account_id,
            business_name=application.details.business_name,
            country=application.details.country,
            state=application.state,
            since=application.since,
            documents=len(application.documents),
        )


class WaitingList(Wire):
    """Some applications, the one that has been in its state longest first."""

    items: list[Waiting]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, applications: Sequence[ports.Application], cursor: str | None) -> Self:
        return cls(items=[Waiting.of(one) for one in applications], next_cursor=cursor)


class LookIn(Wire):
    """Why somebody looks at documents."""

    reason: Reason


class Link(Wire):
    """Where a document can be fetched; anybody who has the address can."""

    document_id: str
    url: str
    expires_at: Moment


class Links(Wire):
    """Where an application's documents can be fetched, for minutes."""

    items: list[Link]

    @classmethod
    def of(cls, shown: Sequence[Shown]) -> Self:
        return cls(items=[Link.model_validate(vars(one)) for one in shown])


class DecisionIn(Wire):
    """What a reviewer decides, and why: the applicant reads it."""

    outcome: Outcome
    reason: Reason


class BlockedNameIn(Wire):
    """A name that no business may have, and why."""

    text: Line = Field(min_length=1, max_length=100, examples=["公安局"])
    reason: Reason


class BlockedName(Wire):
    """An entry of the list."""

    id: str = Field(examples=["bln_01jd3x9k5r8m2q7w4t6y0z1abc"])
    text: str

    @classmethod
    def of(cls, name: ports.BlockedName) -> Self:
        return cls(id=name.id, text=name.text)


class BlockedNames(Wire):
    """The whole list."""

    items: list[BlockedName]
