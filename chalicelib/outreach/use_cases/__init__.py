"""What can be done with tags, wishes and texts to many."""

from chalicelib.outreach.use_cases.outreach import begin, get, mine, stop
from chalicelib.outreach.use_cases.send import Ran, run
from chalicelib.outreach.use_cases.tags import change, drop, forget, tagged, tally
from chalicelib.outreach.use_cases.wishes import mine as my_wishes
from chalicelib.outreach.use_cases.wishes import say, still, wants

__all__ = [
    "Ran",
    "begin",
    "change",
    "drop",
    "forget",
    "get",
    "mine",
    "my_wishes",
    "run",
    "say",
    "still",
    "stop",
    "tagged",
    "tally",
    "wants",
]
