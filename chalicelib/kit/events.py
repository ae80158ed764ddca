"""From queues, schedules and streams to use cases: what every handler outside HTTP wears.

Lambda imports a handler's module directly and never `app.py`: nothing here may rely on the app. Handlers keep the
name of the function they wrap, because the deployed handler string is made of it.
"""

import functools
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib.kit.clock import SystemClock, parse
from chalicelib.kit.observability import log, request_id
from chalicelib.kit.outbox import Message
from chalicelib.kit.redelivery import come_again


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
        message = Message.from_json(record.json_body)
        token = request_id.set(message.trace)
        try:
            work(message)
            log.info("message", type=message.type, message_id=message.id, request_id=message.trace)
        except Exception:
            log.exception("message failed", type=message.type, message_id=message.id, request_id=message.trace)
            raise
        finally:
            request_id.reset(token)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=record_handler, processor=processor)
    failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
    for record in event["Records"]:
        if record["messageId"] in failed:
            come_again(record)
    return dict(answer)


def schedule_handler(blueprint: Blueprint, expression: str, name: str) -> Callable[[Callable[[datetime], Any]], Any]:
    """Register `work(as_of)` to run on a schedule. Somebody who may invoke the function can say another `as_of`
    (RFC 3339) beside the event's own fields; the scheduler itself cannot.
    """

    def decorate(work: Callable[[datetime], Any]) -> Any:
        @blueprint.schedule(expression, name=name)
        @functools.wraps(work)
        def handler(event: Any) -> Any:
            told = event.to_dict().get("as_of")
            result = work(parse(told) if told else SystemClock().now())
            log.info("schedule", schedule=name, result=result)
            return result

        return handler

    return decorate


def stream_handler(
    blueprint: Blueprint, stream: str, name: str, batch_size: int = 25
) -> Callable[[Callable[[list[dict[str, Any]]], None]], Any]:
    """Register `work(new_images)` as the consumer of a table's stream; images are in DynamoDB's typed JSON.
    `stream` is a placeholder: the deployment puts the real ARN in.
    """

    def decorate(work: Callable[[list[dict[str, Any]]], None]) -> Any:
        @blueprint.on_dynamodb_record(stream_arn=stream, name=name, batch_size=batch_size)
        @functools.wraps(work)
        def handler(event: Any) -> None:
            records = event.to_dict()["Records"]
            work([r["dynamodb"]["NewImage"] for r in records if r["eventName"] == "INSERT"])

        return handler

    return decorate
