"""What can be done about reviews that should perhaps not be read."""

from chalicelib.moderation.use_cases.decide import Decision, appeal, case, decide, mine, take, waiting
from chalicelib.moderation.use_cases.judge import judge
from chalicelib.moderation.use_cases.sweeping import Swept, sweep

__all__ = ["Decision", "Swept", "appeal", "case", "decide", "judge", "mine", "sweep", "take", "waiting"]
