"""What somebody asks of shops, and what that costs."""

from itertools import count

from chalicelib.kit.dynamo import meter
from chalicelib.kit.idempotency import Answer, Once

_keys = count()


def once():
    return Once("acc|route", f"key-{next(_keys)}", "print", lambda _result: Answer(201, "{}"))


def cost(work):
    """Return requests, read units and write units of `work`."""
    with meter.measure() as usage:
        work()
    return usage.requests, usage.read_units, usage.write_units
