"""What copies and erasures need from outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.files import Files
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.personal import PersonalData
from chalicelib.kit.transaction import Action, Committer
from chalicelib.privacy.requests import Erasure, Export


class RequestStore(Protocol):
    """Where it is kept what people ask for."""

    def exports(self, account_id: str) -> tuple[Sequence[Export], int]:
        """Return somebody's copies, newest first, and a number that rises with each of them; read consistently."""
        ...

    def ask_export(self, export: Export, number: int) -> Sequence[Action]:
        """Return the writes of a new copy, provided that `number` is the one that stands."""
        ...

    def export(self, account_id: str, export_id: str) -> Export | None:
        """Return a copy, read consistently; None where there is none."""
        ...

    def finish_export(self, export: Export) -> Action:
        """Return the write of a copy that is ready; contended where it is already."""
        ...

    def erasure(self, account_id: str) -> Erasure | None:
        """Return somebody's erasure, read consistently; None where none was ever asked for."""
        ...

    def put_erasure(self, erasure: Erasure) -> Action:
        """Return the write of the next version of an erasure, provided that it follows the one that stands."""
        ...

    def due(self, now: datetime) -> Iterable[Erasure]:
        """Yield erasures whose next step is due, longest first; some of a moment ago may be missing."""
        ...


@dataclass(frozen=True)
class RequestPorts:
    """What the use cases are given; the first of the `parts` is the account itself."""

    store: RequestStore
    parts: Sequence[PersonalData]
    files: Files
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    audit: AuditPorts
