"""What a merchant calls groups of its customers. No I/O.

A tag is a word for a group, such as `regular` or `烫染`, and no place for notes about a person: it is short, has
letters and digits alone, and no number that could be somebody's. Its customer can read it in the copy of their data.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.kit.errors import FieldError, Invalid
from chalicelib.outreach.rules.problems import TooManyTagged, TooManyTags

LONGEST = 24  # characters of a tag
MOST_OF_CUSTOMER = 10
MOST_NAMES = 50  # of one merchant
MOST_CUSTOMERS = 10_000  # whom one merchant tags
_FORM = re.compile(r"[^\W_](?:[\w \-·&+]*[\w+])?")
_NUMBER = re.compile(r"\d{5}")


@dataclass(frozen=True)
class Tagged:
    """A customer with the tags that a merchant gave them.

    Attributes:
        order_id: by which they bought there.
        tags: in order; at least one.
        version: rises with every change.
    """

    merchant_id: str
    customer_id: str
    order_id: str
    tags: tuple[str, ...]
    tagged_at: datetime
    version: int = 1


@dataclass(frozen=True)
class Tally:
    """How many customers of a merchant have which tag.

    Attributes:
        customers: who have any.
        version: rises with every change; 0 before the first.
    """

    merchant_id: str
    counts: Mapping[str, int] = field(default_factory=dict)
    customers: int = 0
    version: int = 0


def read(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Return tags as they are kept: in one form of Unicode, in lower case, with single spaces; each once, in order.

    Raises:
        Invalid: one is none; names its place below `where`.
    """
    plain = [" ".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in names]
    faults = [FieldError(f"{where}.{place}", fault) for place, name in enumerate(plain) if (fault := _fault(name))]
    if faults:
        raise Invalid(errors=faults)
    return tuple(sorted(set(plain)))


def _fault(name: str) -> str | None:
    if not 1 <= len(name) <= LONGEST:
        return f"1 to {LONGEST} characters"
    if not _FORM.fullmatch(name):
        return "letters, digits, spaces and - · & + alone"
    if _NUMBER.search(name):
        return "no numbers of five digits and more"
    return None


def changed(before: Collection[str], add: Collection[str], remove: Collection[str]) -> tuple[str, ...]:
    """Return tags after some were added and others removed.

    Raises:
        TooManyTags: a customer would have too many.
    """
    after = tuple(sorted((set(before) - set(remove)) | set(add)))
    if len(after) > max(MOST_OF_CUSTOMER, len(before)):
        raise TooManyTags(limit=MOST_OF_CUSTOMER)
    return after


def counted(tally: Tally, before: Collection[str], after: Collection[str]) -> Tally:
    """Return the tally after a customer's tags have become others.

    Raises:
        TooManyTags: the merchant would have too many names. TooManyTagged: too many customers.
    """
    counts = dict(tally.counts)
    for name in set(after) - set(before):
        counts[name] = counts.get(name, 0) + 1
    for name in set(before) - set(after):
        counts[name] = counts.get(name, 1) - 1
    counts = {name: number for name, number in sorted(counts.items()) if number > 0}
    customers = tally.customers + bool(after) - bool(before)
    if len(counts) > max(MOST_NAMES, len(tally.counts)):
        raise TooManyTags(limit=MOST_NAMES)
    if customers > max(MOST_CUSTOMERS, tally.customers):
        raise TooManyTagged(limit=MOST_CUSTOMERS)
    return replace(tally, counts=counts, customers=max(0, customers), version=tally.version + 1)
