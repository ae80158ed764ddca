"""From queues, schedules and streams to use cases: what every handler outside HTTP wears.

Lambda imports a handler's module directly and never `app.py`: nothing here may rely on the app. Handlers keep the
name of the function they wrap, because the deployed handler string is made of it.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.kit.clock import SystemClock, parse
from chalicelib.kit.dynamo import meter
from chalicelib.kit.observability import Span, about, log, metric, request_id, span
from chalicelib.kit.outbox import Message
from chalicelib.kit.redelivery import come_again

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord


def queue_name(queue: str) -> str:
    """Return the stage's name of a queue; read when the app is packaged and when the handler runs."""
    return f"{os.environ.get('APP', 'linli')}-{os.environ.get('STAGE', 'local')}-{queue}"


def queue_handler(
    blueprint: Blueprint, queue: str, name: str, batch_size: int = 10
) -> Callable[[Callable[[Message], None]], Any]:
    """Register `work(message)` as the consumer of a queue. A message whose work raises is reported as failed and
    comes again, see `kit.redelivery`; the others of its batch do not.
    """

    def decorate(work: Callable[[Message], None]) -> Any:
        @blueprint.on_sqs_message(queue=queue_name(queue), name=name, batch_size=batch_size)
        @functools.wraps(work)
        def handler(event: Any) -> dict[str, Any]:
            return _work_batch(work, event.to_dict())

        return handler

    return decorate


def _work_batch(work: Callable[[Message], None], event: dict[str, Any]) -> dict[str, Any]:
    # Only consumers pay for the import of the batch processor.
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    def record_handler(record: SQSRecord) -> None:
        message = _read(record)
        token = request_id.set(message.trace)
        try:
            _work_message(work, message, record.raw_event.get("attributes") or {})
        finally:
            request_id.reset(token)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=record_handler, processor=processor)
    failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
    for record in event["Records"]:
        # Where SQS does not answer the others are left to the time-out: the batch must be reported while there is time.
        if record["messageId"] in failed and not come_again(record):
            break
    return dict(answer)


def _read(record: "SQSRecord") -> Message:
    try:
        return Message.from_json(record.json_body)
    except (ValueError, KeyError, TypeError) as error:
        # Nothing of it is shown, by the error's text neither: nobody knows what it is. It comes again, and ends among
        # the dead letters.
        queue, reason = record.event_source_arn.rpartition(":")[2], type(error).__name__
        log.error("unreadable message", queue=queue, sqs_message_id=record.message_id, reason=reason)
        metric("MessagesFailed")
        raise


def _work_message(work: Callable[[Message], None], message: Message, attributes: Mapping[str, str]) -> None:
    """Work one message and write its line; `attributes` are SQS's own."""
    known: dict[str, Any] = {"type": message.type, "message_id": message.id}
    sent, receives = attributes.get("SentTimestamp"), int(attributes.get("ApproximateReceiveCount", 1))
    if sent is not None:
        known["waited_ms"] = max(0, int(time.time() * 1000) - int(sent))
    if receives > 1:
        known["receives"] = receives
    with _told("message", **known) as mine:
        about(**{name: value for name, value in message.payload.items() if isinstance(value, str)})
        try:
            work(message)
        except Exception:
            mine.count("MessagesFailed")
            raise
        mine.count("MessageAge", max(0.0, _since(message.occurred_at)), "Milliseconds")


def _since(moment: datetime) -> float:
    return round((SystemClock().now() - moment).total_seconds() * 1000)


@contextmanager
def _told(line: str, **known: Any) -> Iterator[Span]:
    """Write one line about what the block does, and how much of the database it used, also where it fails."""
    with span() as mine:
        try:
            with meter.measure() as used:
                yield mine
        except Exception as failure:
            mine.counts |= used.counts()
            mine.told(f"{line} failed", failure=failure, **known)
            raise
        mine.counts |= used.counts()
        known |= mine.result
        mine.told(line, **known, db_requests=used.requests, read_units=used.read_units, write_units=used.write_units)


def schedule_handler(blueprint: Blueprint, expression: str, name: str) -> Callable[[Callable[[datetime], Any]], Any]:
    """Register `work(as_of)` to run on a schedule. Somebody who may invoke the function can say another `as_of`
    (RFC 3339) beside the event's own fields; the scheduler itself cannot.
    """

    def decorate(work: Callable[[datetime], Any]) -> Any:
        @blueprint.schedule(expression, name=name)
        @functools.wraps(work)
        def handler(event: Any) -> Any:
            told = event.to_dict().get("as_of")
            # What a run tells others is followed by the id that Lambda gave the run.
            token = request_id.set(getattr(event.context, "aws_request_id", "-"))
            try:
                with _told("schedule", schedule=name) as mine:
                    mine.result["result"] = result = work(parse(told) if told else SystemClock().now())
            finally:
                request_id.reset(token)
            return result

        return handler

    return decorate


def stream_handler(
    blueprint: Blueprint, stream: str, name: str, batch_size: int = 25
) -> Callable[[Callable[[list[dict[str, Any]]], Mapping[str, Any]]], Any]:
    """Register `work(new_images)` as the consumer of a table's stream; images are in DynamoDB's typed JSON. What it
    returns goes onto the line `relayed`. `stream` is a placeholder: the deployment puts the real ARN in.
    """

    def decorate(work: Callable[[list[dict[str, Any]]], Mapping[str, Any]]) -> Any:
        @blueprint.on_dynamodb_record(stream_arn=stream, name=name, batch_size=batch_size)
        @functools.wraps(work)
        def handler(event: Any) -> None:
            records = event.to_dict()["Records"]
            with _told("relayed") as mine:
                images = [r["dynamodb"]["NewImage"] for r in records if r["eventName"] == "INSERT"]
                mine.result.update(work(images))

        return handler

    return decorate
