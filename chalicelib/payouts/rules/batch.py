"""A batch: payouts by bank that leave in one file."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

MOST_PAYOUTS = 500  # of a batch; a request gathers them within its 28 seconds


class FileFormat(StrEnum):
    """What a batch's file is written as."""

    CSV = "csv"
    PAIN001 = "pain001"


@dataclass(frozen=True)
class Batch:
    """Payouts of one currency in one file.

    Attributes:
        payout_ids: in the order in which they were gathered, which is the file's.
        total: what they add up to, minor units.
        execute_on: when the bank is to pay.
        closed: it is complete; only then there is a file, and it is the same for ever.
        created_by: the admin.
    """

    id: str
    currency: str
    format: FileFormat
    created_at: datetime
    created_by: str
    execute_on: date
    payout_ids: tuple[str, ...] = ()
    total: int = 0
    closed: bool = False
    version: int = 1
