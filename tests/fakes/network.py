"""A network that loses answers: the request arrived and took effect, and nobody heard of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.kit import aws


@contextmanager
def losing_answers(operation: str, times: int = 1) -> Iterator[list[dict[str, Any]]]:
    """Lose the answers to the next requests of a DynamoDB operation; yields the bodies of all that were sent."""
    events = aws.client("dynamodb").meta.events
    hook, sent = f"before-send.dynamodb.{operation}", list[dict[str, Any]]()

    def lose(request: Any, **_: Any) -> None:
        sent.append(json.loads(request.body))
        if len(sent) <= times:
            URLLib3Session().send(request)
            raise ReadTimeoutError(endpoint_url=request.url)

    events.register(hook, lose, unique_id="losing-answers")
    try:
        yield sent
    finally:
        events.unregister(hook, unique_id="losing-answers")
