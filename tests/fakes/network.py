"""A network that loses answers (the request arrived and took effect, and nobody heard of it), or gives DynamoDB's
refusals that no emulator gives.
"""

import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
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


@contextmanager
def turned_away(operation: str, code: str, times: int = 1) -> Iterator[None]:
    """Answer the next requests of a DynamoDB operation as it does when it will not: no emulator does."""
    events = aws.client("dynamodb").meta.events
    hook, left = f"before-send.dynamodb.{operation}", [times]
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "planted"}).encode()

    def refuse(request: Any, **_: Any) -> AWSResponse | None:
        left[0] -= 1
        headers = {"x-amz-crc32": str(zlib.crc32(body))}
        return AWSResponse(request.url, 400, headers, _Raw(body)) if left[0] >= 0 else None

    events.register(hook, refuse, unique_id="turned-away")
    try:
        yield
    finally:
        events.unregister(hook, unique_id="turned-away")


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
