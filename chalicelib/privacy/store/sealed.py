"""Sealed fields of all tables, whatever else their rows say.

| pattern | requests | units |
|---|---|---|
| the next rows of a table | 1 Scan, consistent | 1 read per 4 KB of the table |
| a row again | 1 GetItem, consistent | 1 read |
| fields anew | 1 UpdateItem | as writing the row, with its places in indexes |
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.kit.dynamo import client
from chalicelib.kit.pagination import Page
from chalicelib.privacy.reseal_ports import SealedRow
from chalicelib.settings import settings


class SealedTables:
    """See `privacy.reseal_ports.SealedRows`."""

    def some(
        self, table: str, attributes: Sequence[str], after: Mapping[str, Any] | None, limit: int
    ) -> Page[SealedRow]:
        names = _names(attributes)
        answer = client().scan(
            TableName=_full(table),
            ConsistentRead=True,
            Limit=limit,
            ProjectionExpression=", ".join(("pk", "sk", *names)),
            FilterExpression=" OR ".join(f"attribute_exists({name})" for name in names),
            ExpressionAttributeNames=names,
            **({"ExclusiveStartKey": dict(after)} if after else {}),
        )
        return Page(tuple(_row(item) for item in answer["Items"]), answer.get("LastEvaluatedKey"))

    def one(self, table: str, attributes: Sequence[str], pk: str, sk: str) -> SealedRow | None:
        names = _names(attributes)
        answer = client().get_item(
            TableName=_full(table),
            Key=_key(pk, sk),
            ConsistentRead=True,
            ProjectionExpression=", ".join(("pk", "sk", *names)),
            ExpressionAttributeNames=names,
        )
        row = _row(answer["Item"]) if "Item" in answer else None
        return row if row and row.fields else None

    def replace(self, table: str, row: SealedRow, fields: Mapping[str, str]) -> bool:
        names, dynamodb = _names(list(fields)), client()
        try:
            dynamodb.update_item(
                TableName=_full(table),
                Key=_key(row.pk, row.sk),
                UpdateExpression="SET " + ", ".join(f"{name} = :new{name[1:]}" for name in names),
                ConditionExpression=" AND ".join(f"{name} = :old{name[1:]}" for name in names),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    f":{age}{name[1:]}": {"S": told[attribute]}
                    for age, told in (("new", fields), ("old", row.fields))
                    for name, attribute in names.items()
                },
            )
        except (dynamodb.exceptions.ConditionalCheckFailedException, dynamodb.exceptions.TransactionConflictException):
            return False
        return True


def _full(table: str) -> str:
    return f"{settings().table_prefix}-{table}"


def _names(attributes: Sequence[str]) -> dict[str, str]:
    return {f"#{number}": name for number, name in enumerate(attributes)}


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _row(item: Mapping[str, Mapping[str, Any]]) -> SealedRow:
    fields = {name: value["S"] for name, value in item.items() if "S" in value}
    return SealedRow(fields.pop("pk"), fields.pop("sk"), fields)
