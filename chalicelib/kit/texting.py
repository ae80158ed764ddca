"""Text messages: what their senders have in common, above all those who fill in templates that they have approved.

What a provider says no to is one of four things. GONE: this number will never take anything. NEVER: this text, or this
number now, is refused, and a repeat would be as well. BUSY: this number has had enough for now; others have not. LATER:
all that passes, and all that the operator has to mend (a wrong key, a template that is not approved, no money): nothing
is lost while they do. A code that nobody here knows is LATER for the same reason.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

_SIGN = re.compile(r"^(?:【[^】]{1,24}】|\[[^\]]{1,24}\]) ?")
ANY = "*"
"""Instead of a kind or a language: whatever has no form of its own."""


class Verdict(StrEnum):
    """What a refusal means."""

    LATER = "later"
    BUSY = "busy"
    NEVER = "never"
    GONE = "gone"


class TextRefused(Exception):  # noqa: N818 - an answer
    """A provider did not take a text.

    Attributes:
        code: the provider's own, which names no number.
        verdict: what it means.
        retry_after: seconds after which a repeat may do; None where nobody knows.
    """

    def __init__(self, code: str, verdict: Verdict, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code, self.verdict, self.retry_after = code, verdict, retry_after


@dataclass(frozen=True)
class Form:
    """A template at a provider.

    Attributes:
        code: its number there.
        params: our names of its variables, in its order.
    """

    code: str
    params: tuple[str, ...]


@dataclass(frozen=True)
class Forms:
    """The templates that an operator had approved.

    Attributes:
        by_kind: kind of notice -> language -> form; `ANY` for all others.
    """

    by_kind: Mapping[str, Mapping[str, Form]] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Forms":
        """Read them from what a secret says: {"login_code": {"zh-CN": {"code": "SMS_1", "params": ["code"]}}}."""
        return cls(
            {
                kind: {language: Form(one["code"], tuple(one["params"])) for language, one in forms.items()}
                for kind, forms in told.items()
            }
        )

    def form(self, kind: str, language: str) -> Form | None:
        """Return the form for a kind: in its language, or in any; None where nobody had one approved."""
        for forms in (self.by_kind.get(kind), self.by_kind.get(ANY)):
            found = forms and (forms.get(language) or forms.get(ANY))
            if found:
                return found
        return None


@dataclass(frozen=True)
class SnsTexts:
    """How texts by Amazon SNS are sent.

    Attributes:
        sender_id: what they come from where the country allows a name; None for a number of the account's.
        max_price: what one may cost in US dollars, as SNS takes it: `0.50`; it does not send one that costs more.
    """

    sender_id: str | None = None
    max_price: str | None = None

    def attributes(self, kind: str = "Transactional") -> dict[str, dict[str, str]]:
        """Return the attributes of a Publish to a number."""
        told = {"SMSType": ("String", kind)}
        if self.sender_id:
            told["SenderID"] = ("String", self.sender_id)
        if self.max_price:
            told["MaxPrice"] = ("Number", self.max_price)
        return {f"AWS.SNS.SMS.{name}": {"DataType": what, "StringValue": value} for name, (what, value) in told.items()}


class TextClient(Protocol):
    """A provider of text messages."""

    def send(self, to: str, form: Form, values: Mapping[str, str], ref: str) -> str:
        """Send a text to a number (E.164) and return the provider's number of it, which its receipts name.

        Args:
            values: of the form's variables, by our names; one that is missing goes out empty.
            ref: ours, which a receipt brings back.

        Raises:
            TextRefused: it was not taken.
        """
        ...


def unsigned(text: str) -> str:
    """Return a text without our signature: these providers put the approved sign before each, and would before ours."""
    return _SIGN.sub("", text)


def read(body: bytes) -> Mapping[str, Any]:
    """Return the object that a provider answered.

    Raises:
        TextRefused: it is none; whether the text was taken nobody knows.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise TextRefused("not JSON", Verdict.LATER)
    return told
