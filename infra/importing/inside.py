"""Uses the platform's own use cases from a command, as the functions of a stage would."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import settings, wiring
from chalicelib.kit import aws
from chalicelib.kit.observability import log
from infra.targets import APP, Target


def environment(target: Target) -> dict[str, str]:
    """Return what the functions of a target find in their environment; on AWS the credentials are the operator's."""
    variables = {
        "APP": APP,
        "STAGE": target.stage,
        "AWS_REGION": target.region,
        "AWS_DEFAULT_REGION": target.region,
        "TABLE_PREFIX": target.table_prefix,
        "QUEUE_PREFIX": target.prefix,
        "SECRETS_PATH": target.secrets_path,
        "SEAL_KEY_ID": f"alias/{target.prefix}-seal",
        "INBOX_URL": target.inbox_url,
    }
    if target.endpoint_url is not None:
        variables["AWS_ENDPOINT_URL"] = target.endpoint_url
    if target.emulated:
        variables |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return variables


@contextmanager
def inside(target: Target) -> Iterator[None]:
    """Have `chalicelib.wiring` build stores and gateways of `target`; afterwards this process is as it was.

    One at a time in a process: the environment belongs to all its threads.
    """
    before, level = dict(os.environ), log.log_level
    os.environ.update(environment(target))
    log.setLevel("WARNING")  # what it writes goes to a person's terminal
    _forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        log.setLevel(level)
        _forget()


def _forget() -> None:
    aws.reset()
    settings.reset()
    wiring.reset()
