"""The queues and their dead-letter queues, as CloudFormation.

A message is received eight times, over three quarters of an hour (`kit/redelivery.py`), before it goes to the
dead-letter queue, where it waits two weeks for somebody to read it and send it back. The visibility time-out is six
times its function's time-out, so that a batch that is still being worked on, or waits for its turn, is not handed out
a second time.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.kit.redelivery import DELAYS

MAX_RECEIVES = len(DELAYS) + 1
VISIBILITY_FACTOR = 6
DEFAULT_TIMEOUT = 60
FOURTEEN_DAYS = 14 * 24 * 3600


@dataclass(frozen=True)
class QueueSpec:
    """One queue.

    Attributes:
        name: its name without prefix.
        function: name of the Chalice function that works on it.
        batch: how many messages the function gets at once.
        window: how long, in seconds, a batch may be waited for; needed over ten messages.
        at_once: how many batches are worked at the same time; 2 is the least that Lambda knows.
        age_alarm: age of the oldest message, in seconds, that somebody must be told of.
    """

    name: str
    function: str
    batch: int = 10
    window: int = 0
    at_once: int = 10
    age_alarm: int = 900

    @property
    def logical_id(self) -> str:
        """The resource's id: `SearchQueue`. A bare `Search` could be taken for a function by Chalice."""
        return f"{self.name.capitalize()}Queue"

    @property
    def dead_letter_id(self) -> str:
        """The dead-letter queue's id."""
        return f"{self.name.capitalize()}DeadLetterQueue"


QUEUES: tuple[QueueSpec, ...] = (
    # Each notice waits for a provider, a third of a second perhaps: 25 deliver some 75 a second.
    QueueSpec("notifications", "notifications-deliver", at_once=25),
    QueueSpec("search", "search-index"),
    # Each asks the provider two or three times: 20 stay below the 100 requests a second that Stripe takes.
    QueueSpec("payments", "payments-work", at_once=20, age_alarm=300),
    QueueSpec("booking", "booking-work"),
    QueueSpec("reminders", "reminders-plan", at_once=5),
    # Nobody waits for these within the minute, and each reads much.
    QueueSpec("payouts", "payouts-work", batch=1, at_once=2),
    QueueSpec("privacy", "privacy-work", batch=1, at_once=2, age_alarm=3600),
    # Each waits for servers of merchants: one at a time, so that none waits behind another's that is slow.
    QueueSpec("webhooks", "webhooks-deliver", batch=1, at_once=20),
    # One file at a time in each: a photograph of fifty million pixels fills the memory.
    QueueSpec("media", "reviews-media", batch=1, at_once=5),
    QueueSpec("moderation", "moderation-work", at_once=5),
)

STREAM_FAILURES = "OutboxRelayFailuresQueue"
"""Id of the queue that takes what the stream's function could not relay (the sweep relays the rows themselves)."""

STREAM_FAILURES_NAME = "outbox-relay-failures"


def _name(suffix: str) -> dict[str, str]:
    return {"Fn::Sub": f"${{QueuePrefix}}-{suffix}"}


def _dead_letters(suffix: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": _name(suffix),
            "MessageRetentionPeriod": FOURTEEN_DAYS,
            "SqsManagedSseEnabled": True,
        },
    }


def queue_resources(timeouts: dict[str, int]) -> dict[str, Any]:
    """Return the queues' resources; `timeouts` are the functions' time-outs in seconds, by function name."""
    resources: dict[str, Any] = {STREAM_FAILURES: _dead_letters(STREAM_FAILURES_NAME)}
    for spec in QUEUES:
        resources[spec.dead_letter_id] = _dead_letters(f"{spec.name}-dlq")
        resources[spec.logical_id] = {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": _name(spec.name),
                "VisibilityTimeout": timeouts.get(spec.function, DEFAULT_TIMEOUT) * VISIBILITY_FACTOR + spec.window,
                "MessageRetentionPeriod": FOURTEEN_DAYS,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": [spec.dead_letter_id, "Arn"]},
                    "maxReceiveCount": MAX_RECEIVES,
                },
            },
        }
    return resources
