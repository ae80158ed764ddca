"""When a message that could not be worked comes again: soon at first, then later and later.

Left alone it would come back after its queue's visibility time-out, six times its function's time-out. That is for
functions that died; what failed because of a hiccup (a provider that did not answer, a row that two wanted) is mostly
worked a few seconds later, and somebody who has paid is waiting for it.
"""

from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.observability import log

DELAYS = (5, 20, 60, 180, 600, 900, 900)
"""Seconds until the next try, by how often it was tried; the last try is followed by the dead-letter queue."""


def delay(tries: int) -> int:
    """Return after how many seconds a message comes again that was tried so often, once at least."""
    return DELAYS[min(tries, len(DELAYS)) - 1]


def come_again(record: dict[str, Any]) -> bool:
    """Have a record of an SQS event that failed come again by `delay`, and say whether SQS took it. Where it did not,
    the record comes again after the visibility time-out.
    """
    tries = int(record["attributes"]["ApproximateReceiveCount"])
    queue = record["eventSourceARN"].rpartition(":")[2]
    try:
        aws.hasty("sqs").change_message_visibility(
            QueueUrl=_url(queue), ReceiptHandle=record["receiptHandle"], VisibilityTimeout=delay(tries)
        )
    except (BotoCoreError, ClientError) as error:
        log.warning("a failed message comes again later than it could", queue=queue, reason=aws.reason(error))
        return False
    return True


@cache
def _url(queue: str) -> str:
    url: str = aws.hasty("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return url
