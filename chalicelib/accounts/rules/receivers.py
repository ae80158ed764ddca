"""Where a code can be sent: a phone or an e-mail address, each in one normal form.

An e-mail address is kept in lower case as a whole. RFC 5321 leaves the letters before the @ to the receiving server,
but no mail service of size tells two mailboxes apart by their case, and two accounts that differ by nothing else would
be an invitation to deceive. Dots and what follows a + stay: there services differ. Domains are in ASCII (IDNA 2008, UTS
46), so that a name and its punycode are one. Letters outside of ASCII before the @ are refused: SES does not deliver to
them.
"""

import re
from dataclasses import dataclass, field

from chalicelib.accounts.rules.account import Kind, country_of, normal_phone
from chalicelib.kit.errors import invalid

_LONGEST, _LONGEST_LOCAL = 254, 64  # RFC 5321, 4.5.3.1
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5322's dot-atom
_TOP = re.compile(r"[a-z][a-z0-9-]+")  # no address of a machine, and no name without a dot


@dataclass(frozen=True)
class Receiver:
    """Who is to get a code.

    Attributes:
        kind: PHONE or EMAIL.
        subject: in its normal form.
        country: of a phone's number, as ISO 3166 has it, or empty where the number is of none.
    """

    kind: Kind
    subject: str = field(repr=False)
    country: str = ""


def receiver(*, phone: str | None = None, email: str | None = None) -> Receiver:
    """Return the one receiver that was named.

    Raises:
        Invalid: it cannot receive a code, or not exactly one was named.
    """
    if (phone is None) == (email is None):
        raise invalid("phone", "either phone or email")
    if phone is not None:
        subject = normal_phone(phone)
        return Receiver(Kind.PHONE, subject, country_of(subject))
    return Receiver(Kind.EMAIL, normal_email(email or ""))


def normal_email(text: str) -> str:
    """Return an e-mail address in its one form.

    Raises:
        Invalid: not an address that could receive mail.
    """
    import idna  # tables of all letters, and only signing in needs them

    local, at, domain = text.strip().lower().rpartition("@")
    try:
        domain = idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        at = ""
    address = f"{local}@{domain}"
    is_name = "." in domain and _TOP.fullmatch(domain.rpartition(".")[2])
    fits = len(local) <= _LONGEST_LOCAL and len(address) <= _LONGEST
    if not at or not is_name or not fits or not _LOCAL.fullmatch(local):
        raise invalid("email", "not an e-mail address such as ming@example.com")
    return address
