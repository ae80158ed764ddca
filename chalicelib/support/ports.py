"""What acting for a customer needs from outside."""

from dataclasses import dataclass

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.tokens import Tokens
from chalicelib.kit.transaction import Committer

__all__ = ["SupportPorts"]


@dataclass(frozen=True)
class SupportPorts:
    """What the use cases are given."""

    accounts: AccountPorts
    audit: AuditPorts
    tokens: Tokens
    clock: Clock
    committer: Committer
