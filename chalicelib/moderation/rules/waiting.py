"""What waits for a classifier that does not answer. No I/O.

Rules and signs judge at once; what they cannot judge waits in a row of its own, whose message is done: no queue keeps a
message for as long as an outage may last. The sweep puts the row off and sends it for judgement again, in one
transaction; whoever judges it takes it away, on the condition that nobody put it there anew meanwhile. So a message
that is lost, or a worker that dies, costs an hour and nothing else; and the words that are judged are those of then.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kit.patience import SHORTEST, patience


@dataclass(frozen=True)
class Unjudged:
    """A review or reply that waits for a classifier.

    Attributes:
        review_id: which; see `Case`.
        since: when it began to.
        again_at: when it is sent again.
        version: rises with every time that it was not judged, or sent again.
    """

    review_id: str
    since: datetime
    again_at: datetime
    version: int = 1


def unjudged(review_id: str, now: datetime) -> Unjudged:
    """Return one that begins to wait."""
    return Unjudged(review_id, now, now + SHORTEST)


def sent_again(waits: Unjudged, now: datetime) -> Unjudged:
    """Return one that is sent for judgement, and comes again where nobody judges it."""
    return replace(waits, again_at=now + patience(now - waits.since), version=waits.version + 1)
