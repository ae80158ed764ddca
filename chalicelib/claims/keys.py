"""What a claim's id says. An order's claims lie together, a line's are numbered: so a row itself keeps a second one of
the same number away, and none needs an index to be found. No I/O.
"""

import re
from dataclasses import dataclass

_ID = re.compile(r"clm_([0-9a-z]{26})_([0-9a-z]{26})_([1-9])")


@dataclass(frozen=True)
class ClaimKey:
    """Order, line and number of a claim."""

    order_id: str
    line_id: str
    number: int

    @property
    def claim_id(self) -> str:
        """The id that says it: `clm_<order>_<line>_<number>`."""
        return f"clm_{self.order_id.removeprefix('ord_')}_{self.line_id.removeprefix('lin_')}_{self.number}"


def key_of(claim_id: str) -> ClaimKey | None:
    """Return what an id says, None where it is none."""
    found = _ID.fullmatch(claim_id)
    if found is None:
        return None
    order, line, number = found.groups()
    return ClaimKey(f"ord_{order}", f"lin_{line}", int(number))
