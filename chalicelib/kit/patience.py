"""How long what waits for somebody who does not answer is left before they are asked again. No I/O."""

from datetime import timedelta

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=1)


def patience(waited: timedelta) -> timedelta:
    """Return until when to wait after so long a wait: as long again, ten minutes at least and an hour at most. An
    outage of a day is asked about some 30 times, and what waited is done within an hour of its end.
    """
    return min(max(waited, SHORTEST), LONGEST)
