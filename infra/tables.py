"""The tables, once: the data stack and the tests' emulators are both made from `TABLES`.

Every table has the string keys `pk` and `sk`, is paid per request, and lets rows die at `expires_at` (epoch seconds).
An index `gsiN` has the string keys `gsiNpk` and `gsiNsk` and holds whole rows. What the keys mean is said in the
`store.py` of the table's domain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TTL_ATTRIBUTE = "expires_at"
BACKUP_TAG, BOOKS_TAG = "linli:backup", "linli:books"
"""Tags by which AWS Backup takes tables each night, and each month; their value is the stage (`infra.backups`)."""


@dataclass(frozen=True)
class TableSpec:
    """One table.

    Attributes:
        name: the table's name without its prefix.
        indexes: names of its global secondary indexes.
        stream: it has a stream of new images.
        books: it is part of the books, and has no personal data that is sealed: a copy a month is kept for long.
    """

    name: str
    indexes: tuple[str, ...] = ()
    stream: bool = False
    books: bool = False

    @property
    def logical_id(self) -> str:
        """The resource's id in the data stack: `OrdersTable`. Never a function's id, which Chalice merges by."""
        return f"{self.name.capitalize()}Table"

    def full_name(self, prefix: str) -> str:
        """Return the table's name in an account."""
        return f"{prefix}-{self.name}"


TABLES: tuple[TableSpec, ...] = (
    TableSpec("accounts", ("gsi1",)),
    TableSpec("shops", ("gsi1",)),
    TableSpec("search"),
    TableSpec("booking", ("gsi1", "gsi2")),
    TableSpec("calendars", ("gsi1",)),
    TableSpec("orders", ("gsi1", "gsi2"), books=True),
    TableSpec("payments", ("gsi1", "gsi2"), books=True),
    TableSpec("ledger", ("gsi1", "gsi2"), books=True),
    TableSpec("settlement", ("gsi1", "gsi2")),
    TableSpec("payouts", ("gsi1", "gsi2")),
    TableSpec("reconciliation", ("gsi1",), books=True),
    TableSpec("claims", ("gsi1", "gsi2")),
    TableSpec("team", ("gsi1",)),
    TableSpec("coupons", ("gsi1", "gsi2")),
    TableSpec("reviews", ("gsi1", "gsi2")),
    TableSpec("moderation", ("gsi1", "gsi2")),
    TableSpec("notifications", ("gsi1", "gsi2")),
    TableSpec("queueing"),
    TableSpec("reminders", ("gsi1",)),
    TableSpec("outreach", ("gsi1",)),
    TableSpec("profiles", ("gsi1",)),
    TableSpec("privacy", ("gsi1",)),
    TableSpec("audit", ("gsi1", "gsi2"), books=True),
    TableSpec("risk", ("gsi1",)),
    TableSpec("vetting", ("gsi1", "gsi2")),
    TableSpec("webhooks", ("gsi1",)),
    TableSpec("outbox", ("gsi1",), stream=True),
    TableSpec("sent"),
    TableSpec("idempotency"),
    TableSpec("migrations"),
)


def table(name: str) -> TableSpec:
    """Return the spec called `name`; KeyError when there is none."""
    return {spec.name: spec for spec in TABLES}[name]


def _keys(prefix: str = "") -> list[dict[str, str]]:
    return [
        {"AttributeName": f"{prefix}pk", "KeyType": "HASH"},
        {"AttributeName": f"{prefix}sk", "KeyType": "RANGE"},
    ]


def _shape(spec: TableSpec) -> dict[str, Any]:
    """Return what CreateTable and AWS::DynamoDB::Table spell alike."""
    names = [f"{prefix}{key}" for prefix in ("", *spec.indexes) for key in ("pk", "sk")]
    shape: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _keys(),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if spec.indexes:
        shape["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": _keys(index), "Projection": {"ProjectionType": "ALL"}}
            for index in spec.indexes
        ]
    return shape


def create_table_arguments(spec: TableSpec, prefix: str) -> dict[str, Any]:
    """Return the arguments of DynamoDB's CreateTable, for an emulator that has no CloudFormation."""
    arguments = {"TableName": spec.full_name(prefix), **_shape(spec)}
    if spec.stream:
        arguments["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    return arguments


def tags(spec: TableSpec, stage: str) -> list[dict[str, str]]:
    """Return a table's tags; a restored table has none until it is given them again."""
    names = (BACKUP_TAG, BOOKS_TAG) if spec.books else (BACKUP_TAG,)
    return [{"Key": name, "Value": stage} for name in names]


def table_properties(spec: TableSpec, prefix: str, *, protect: bool) -> dict[str, Any]:
    """Return the properties of the table's AWS::DynamoDB::Table."""
    properties = {
        "TableName": spec.full_name(prefix),
        **_shape(spec),
        "SSESpecification": {"SSEEnabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": TTL_ATTRIBUTE, "Enabled": True},
        "DeletionProtectionEnabled": protect,
    }
    if spec.stream:
        properties["StreamSpecification"] = {"StreamViewType": "NEW_IMAGE"}
    return properties


def create_tables(client: Any, prefix: str) -> Iterator[str]:
    """Create every table on an emulator with a boto3 DynamoDB client; yields the names as they are made."""
    for spec in TABLES:
        arguments = create_table_arguments(spec, prefix)
        client.create_table(**arguments)
        yield arguments["TableName"]
