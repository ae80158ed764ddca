"""Imports and calls one Lambda handler the way Lambda does; run in an interpreter of its own.

    python invoke_handler.py chalicelib.outbox.events.relay event.json

Prints what the handler returns as JSON on the last line. Ends with an error when the handler's module needs `app`.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any


class Context:
    """What Lambda passes beside the event."""

    function_name = "handler-under-test"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_group_name = "/aws/lambda/handler-under-test"
    log_stream_name = "test"

    def __init__(self, handler: str) -> None:
        self.invoked_function_arn = f"arn:aws:lambda:ap-southeast-1:123456789012:function:{handler}"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


def load(handler: str) -> Any:
    """The handler of a handler string."""
    module, _, name = handler.rpartition(".")
    return getattr(importlib.import_module(module), name)


def main(handler: str, event_file: str) -> None:
    function = load(handler)
    if not handler.startswith("app.") and "app" in sys.modules:
        raise SystemExit(f"{handler} imports app, which is never loaded for it on Lambda")
    answer = function(json.loads(Path(event_file).read_text()), Context(handler))
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
