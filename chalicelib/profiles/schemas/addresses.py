"""Addresses over the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Position, left_out
from chalicelib.profiles import ports
from chalicelib.profiles.use_cases.addresses import Entry

Label = Annotated[Line, Field(min_length=1, max_length=40, description="What you call it.", examples=["家"])]
Recipient = Annotated[Line, Field(min_length=1, max_length=80, description="Who is there.", examples=["王小明"])]
Phone = Annotated[
    Line,
    Field(
        min_length=7,
        max_length=24,
        description="With its country code; kept and answered in E.164.",
        examples=["+8613800138000"],
    ),
]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["CN"])]
Lines = Annotated[
    list[Annotated[Line, Field(min_length=1, max_length=120)]],
    Field(
        min_length=1,
        max_length=4,
        description="The address as it is written, without postcode and country.",
        examples=[["上海市静安区南京西路 1 号", "3 楼 302 室"]],
    ),
]
Postcode = Annotated[
    Line | None, Field(max_length=16, description="As it is written in the country.", examples=["200040"])
]
Where = Annotated[Position | None, Field(description="Where it is, where that is known.")]


class AddressIn(Wire):
    """A new address."""

    label: Label
    recipient: Recipient
    phone: Phone
    country: Country
    lines: Lines
    postcode: Postcode = None
    position: Where = None
    default: bool = Field(default=False, description="It becomes the default; the first address is it anyway.")

    def draft(self) -> ports.AddressDraft:
        """Return it as the domain knows it."""
        return ports.AddressDraft(
            label=self.label,
            recipient=self.recipient,
            phone=self.phone,
            country=self.country,
            lines=tuple(self.lines),
            postcode=self.postcode or None,
            position=ports.Position(self.position.lat, self.position.lon) if self.position else None,
        )


class AddressChange(Wire):
    """What to change of an address; what is left out stays."""

    version: int = Field(ge=1, description="The one that you have seen.", examples=[1])
    label: Label = Field(default_factory=left_out)
    recipient: Recipient = Field(default_factory=left_out)
    phone: Phone = Field(default_factory=left_out)
    country: Country = Field(default_factory=left_out)
    lines: Lines = Field(default_factory=left_out)
    postcode: Postcode = Field(default_factory=left_out, description="null removes it.")
    position: Where = Field(default_factory=left_out, description="null removes it.")
    default: Literal[True] = Field(
        default_factory=left_out, description="It becomes the default, in place of the one that was."
    )

    def fields(self) -> Mapping[str, Any]:
        """Return what was said, as the domain knows it."""
        said = {name: getattr(self, name) for name in self.model_fields_set - {"version", "default"}}
        if "lines" in said:
            said["lines"] = tuple(said["lines"])
        if said.get("position"):
            said["position"] = ports.Position(said["position"].lat, said["position"].lon)
        return said


class AddressMade(Wire):
    """A new address: no more than its id, for what is answered to a repeat is kept for a day, and not sealed."""

    id: str = Field(examples=["adr_01jd3x9k5r8m2q7w4t6y0z1abc"])
    version: int = Field(examples=[1])
    default: bool

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(id=entry.address.id, version=entry.address.version, default=entry.default)


class Address(Wire):
    """An address in your book."""

    id: str = Field(examples=["adr_01jd3x9k5r8m2q7w4t6y0z1abc"])
    version: int = Field(description="Say it with a change.", examples=[1])
    default: bool = Field(description="Exactly one of your addresses is the default.")
    label: Label
    recipient: Recipient
    phone: Phone
    country: Country
    lines: Lines
    postcode: Postcode
    position: Where

    @classmethod
    def of(cls, entry: Entry) -> Self:
        address = entry.address
        return cls(
            id=address.id,
            version=address.version,
            default=entry.default,
            label=address.label,
            recipient=address.recipient,
            phone=address.phone,
            country=address.country,
            lines=list(address.lines),
            postcode=address.postcode,
            position=Position.of(address.position) if address.position else None,
        )


class Addresses(Wire):
    """Your addresses, in the order in which you added them: 20 at most."""

    items: list[Address]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Self:
        return cls(items=[Address.of(one) for one in entries])


class SuggestIn(Wire):
    """The first letters of an address."""

    text: Annotated[Line, Field(min_length=2, max_length=100, description="As it is typed.", examples=["南京西路"])]
    near: Position | None = Field(default=None, description="Where to look first.")


class LocateIn(Wire):
    """A place."""

    position: Position


class FoundAddress(Wire):
    """An address as a provider of maps has it; nobody's book holds it until you add it."""

    country: Country
    lines: list[str] = Field(description="Without postcode and country.", examples=[["上海市静安区南京西路 1 号"]])
    postcode: str | None = Field(description="null where the provider knows none.")
    position: Position

    @classmethod
    def of(cls, found: ports.Found) -> Self:
        return cls(
            country=found.country,
            lines=list(found.lines),
            postcode=found.postcode,
            position=Position.of(found.position),
        )


class Suggested(Wire):
    """Something that you may mean."""

    title: str = Field(description="What it is called.", examples=["静安寺"])
    address: FoundAddress


class Suggestions(Wire):
    """What you may mean, the likeliest first: ten at most."""

    items: list[Suggested]

    @classmethod
    def of(cls, found: Sequence[ports.Suggestion]) -> Self:
        return cls(items=[Suggested(title=one.title, address=FoundAddress.of(one.found)) for one in found])
