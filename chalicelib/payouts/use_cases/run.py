"""The scheduled run: it takes up what is not finished, whoever left it, and merchants whose money could not leave."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import metric
from chalicelib.payouts.ports import SendingPorts, Task, TaskKind
from chalicelib.payouts.use_cases.bank import fill
from chalicelib.payouts.use_cases.consider import consider
from chalicelib.payouts.use_cases.reverse import finish_reversals
from chalicelib.payouts.use_cases.send import carry_out

_MOST_LEGS = 500  # of one payout: the run has a quarter of an hour for all


@dataclass(frozen=True)
class Run:
    """What a run did: tasks taken up, and how many of them failed."""

    taken_up: int
    failed: int


def run(ports: SendingPorts, as_of: datetime) -> Run:
    """Go on with everything that is old enough not to be in anybody's hands. One that fails does not keep the others
    waiting; the next run meets it again.
    """
    taken_up, failures = 0, Failures()
    for shard in range(ports.store.shards):
        for task in [one for one in ports.store.tasks(shard) if one.not_before <= as_of]:
            with failures.spared("a payout's work could not be done", kind=task.kind, id=task.id):
                _take_up(ports, task)
            taken_up += 1
    metric("PayoutTasksFailed", failures.count)
    return Run(taken_up, failures.count)


def _take_up(ports: SendingPorts, task: Task) -> None:
    owner, _, rest = task.id.partition("/")
    if task.kind == TaskKind.PAYOUT:
        carry_out(ports, task.id, _MOST_LEGS)
    elif task.kind == TaskKind.BATCH:
        fill(ports, task.id)
    elif task.kind == TaskKind.REVERSALS:
        finish_reversals(ports, owner, rest)
    elif not consider(ports, owner, rest):
        ports.store.drop(task)
