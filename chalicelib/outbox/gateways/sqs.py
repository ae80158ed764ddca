"""The queues of this stage, on SQS."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.observability import log
from chalicelib.kit.outbox import Message

_MOST_ENTRIES = 10  # of one SendMessageBatch
_MOST_BYTES = 200 * 1024  # of one batch: SQS takes 256 KiB, attributes and all, in every region


class SqsQueues:
    """See `outbox.ports.Queues`.

    Args:
        prefix: queues are `<prefix>-<name>`.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._url = cache(self._find_url)

    def send(self, queue: str, messages: Sequence[Message]) -> set[str]:
        taken: set[str] = set()
        for batch in _batches(messages):
            try:
                taken |= self._send(queue, batch)
            except (BotoCoreError, ClientError) as error:
                ids = [message.id for message, _ in batch]
                log.error("queue does not answer", queue=queue, message_ids=ids, reason=str(error))
        return taken

    def _send(self, queue: str, batch: Sequence[tuple[Message, str]]) -> set[str]:
        entries = [{"Id": str(number), "MessageBody": body} for number, (_, body) in enumerate(batch)]
        answer: dict[str, Any] = aws.client("sqs").send_message_batch(QueueUrl=self._url(queue), Entries=entries)
        for failure in answer.get("Failed", []):
            message = batch[int(failure["Id"])][0]
            log.error("queue refused a message", queue=queue, message_id=message.id, reason=failure.get("Code"))
        return {batch[int(entry["Id"])][0].id for entry in answer.get("Successful", [])}

    def _find_url(self, queue: str) -> str:
        url: str = aws.client("sqs").get_queue_url(QueueName=f"{self._prefix}-{queue}")["QueueUrl"]
        return url


def _batches(messages: Sequence[Message]) -> Iterator[list[tuple[Message, str]]]:
    batch: list[tuple[Message, str]] = []
    size = 0
    for message in messages:
        body = message.to_text()
        length = len(body.encode())
        if batch and (len(batch) == _MOST_ENTRIES or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((message, body))
        size += length
    if batch:
        yield batch
