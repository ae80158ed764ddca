"""The worker of the payouts queue, and the run that takes up what is not finished."""

from dataclasses import asdict
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import PAYOUTS, Message
from chalicelib.payouts import use_cases
from chalicelib.payouts.messages import DUE
from chalicelib.settlement.messages import POSTED

bp = Blueprint(__name__)


# One at a time: the transfers of one payout may take most of the function's time.
@queue_handler(bp, PAYOUTS, name="payouts-work", batch_size=1)
def work(message: Message) -> None:
    """Work one message; what raises comes again and ends among the dead letters."""
    told, ports = message.payload, wiring.sending()
    if message.type == POSTED:
        use_cases.consider(ports, told["merchant_id"], told["currency"], told["settlement_id"])
    elif message.type == DUE:
        use_cases.carry_out(ports, told["payout_id"])
    else:
        raise ValueError(f"nobody works {message.type} here")


@schedule_handler(bp, "cron(40 * * * ? *)", name="payouts-run")
def run(as_of: datetime) -> dict[str, int]:
    """Take up what is not finished, every hour, half an hour after settlements are posted."""
    return asdict(use_cases.run(wiring.sending(), as_of))
