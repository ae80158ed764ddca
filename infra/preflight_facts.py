"""What preflight has to know of the account; read before anything is changed."""

from dataclasses import dataclass, field
from typing import Any

from infra.targets import Target


@dataclass(frozen=True)
class AccountFacts:
    """One account and region as far as a deployment depends on it.

    Attributes:
        tables: names of the tables that exist.
        owned_tables: those of them that belong to the stage's data stack.
        concurrency: how many functions the account may run at once; None when unknown.
        unreserved: how much of it must stay unreserved.
        objects: keys of packages in the bucket.
        deployed: the data stack's template as it is deployed, empty when there is none.
    """

    tables: frozenset[str] = frozenset()
    owned_tables: frozenset[str] = frozenset()
    concurrency: int | None = None
    unreserved: int = 100
    objects: frozenset[str] = frozenset()
    deployed: dict[str, Any] = field(default_factory=dict)


def account_facts(target: Target, bucket: str) -> AccountFacts:
    """Read the facts."""
    return AccountFacts()
