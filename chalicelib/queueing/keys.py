"""What a ticket's id says. A line knows numbers alone: so their tickets are found without a list of them. No I/O."""

import re
from dataclasses import dataclass
from datetime import date, datetime

_ID = re.compile(r"tkt_([0-9a-z]{26})_([0-9]{8})_([1-9][0-9]{0,2})")
_DAY = "%Y%m%d"


@dataclass(frozen=True)
class TicketKey:
    """Line, local date and number of a ticket."""

    queue_id: str
    day: date
    number: int

    @property
    def ticket_id(self) -> str:
        """The id that says it: `tkt_<line>_<date>_<number>`."""
        return f"tkt_{self.queue_id.removeprefix('que_')}_{self.day:{_DAY}}_{self.number}"


def key_of(ticket_id: str) -> TicketKey | None:
    """Return what an id says, None where it is none."""
    found = _ID.fullmatch(ticket_id)
    if found is None:
        return None
    line, day, number = found.groups()
    try:
        return TicketKey(f"que_{line}", datetime.strptime(day, _DAY).date(), int(number))  # noqa: DTZ007 - a date alone
    except ValueError:
        return None
