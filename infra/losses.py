"""What no deployment takes along by the way: tables, buckets and keys that would be replaced or removed."""

from collections.abc import Collection, Iterable

from infra import shape
from infra.changes import ChangeSet, DeployError

ANYTHING = ("*",)
"""For a stage whose data nobody misses: what `make run` deploys."""


def still_refused(problems: Iterable[str], lose: Collection[str]) -> list[str]:
    """Return the problems that are not about what `lose` names, by the ids that they begin with."""
    return [line for line in problems if line.partition(":")[0] not in lose]


def refuse_losses(change_set: ChangeSet, lose: Collection[str]) -> None:
    """Refuse a change set that would replace or remove something that holds data and that `lose` does not name.

    Raises:
        DeployError: says what, and how to say that it may go.
    """
    refuse_lines(change_set.stack, shape.replaced(change_set), lose)


def refuse_lines(stack: str, problems: Iterable[str], lose: Collection[str]) -> None:
    """Refuse what the lines say of a stack, but for those whose id `lose` names.

    Raises:
        DeployError: as `refuse_losses`.
    """
    if "*" in lose:
        return
    found = still_refused(problems, lose)
    if found:
        names = ",".join(line.partition(":")[0] for line in found)
        raise DeployError(f"not deployed: in {stack} {'; '.join(found)}; where that is meant, ARGS='--lose {names}'")
