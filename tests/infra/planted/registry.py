"""What a fault is planted into, and the list of all faults with the check that must catch each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.preflight_account import AccountFacts


@dataclass
class Scene:
    """A deployment as the checks see it; a fault changes one thing in it."""

    data: dict[str, Any]
    app: dict[str, Any]
    facts: AccountFacts = field(default_factory=AccountFacts)
    capabilities: list[str] = field(default_factory=lambda: ["CAPABILITY_IAM"])
    inline: bool = False
    uploaded: bool = True
    zip_extra: dict[str, bytes] = field(default_factory=dict)
    zip_sizes: int = 0

    def resource(self, key: str) -> dict[str, Any]:
        return self.app["Resources"][key]

    def properties(self, key: str) -> dict[str, Any]:
        return self.resource(key)["Properties"]

    def statement(self, role: str, sid: str) -> dict[str, Any]:
        rows = self.properties(role)["Policies"][0]["PolicyDocument"]["Statement"]
        return next(row for row in rows if row["Sid"] == sid)

    def mapping(self, function: str) -> dict[str, Any]:
        return next(
            row["Properties"]
            for row in self.app["Resources"].values()
            if row["Type"] == "AWS::Lambda::EventSourceMapping"
            and row["Properties"]["FunctionName"] == {"Ref": function}
        )

    def rule(self) -> dict[str, Any]:
        return next(row["Properties"] for row in self.app["Resources"].values() if row["Type"] == "AWS::Events::Rule")


FAULTS: dict[str, Callable[[Scene], None]] = {}
BY: dict[str, str] = {}
"""The check that must catch each fault: a function of `infra.preflight*`, or a rule of cfn-lint."""


def fault(name: str, by: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    def register(plant: Callable[[Scene], None]) -> Callable[[Scene], None]:
        FAULTS[name], BY[name] = plant, by
        return plant

    return register


LISTED = (
    "unknown property", "index without attribute definition", "Ref to nothing", "GetAtt to nothing",
    "IAM action malformed", "IAM effect misspelt", "IAM resource malformed", "unknown runtime", "memory too small",
    "timeout over 900", "environment over 4 KB", "reserved environment key", "rate(1 minutes)", "six-field cron wrong",
    "circular dependency", "unknown type", "wrong stream view", "missing capability", "inline body over 51,200 bytes",
    "missing dead-letter queue (GetAtt)", "queue visibility below the function's timeout",
    "batch over 10 without a window", "role without SQS rights", "missing queue", "missing code key",
    "unzipped over 250 MB", "reserved concurrency over the account's", "table name already taken",
    "two index changes in one update", "retained table's name used again", "wheel of the wrong architecture",
    "over 300 resources in one REST API",
)  # fmt: skip
"""What was planted before there were checks: an emulator alone caught 5 of the first 28."""
