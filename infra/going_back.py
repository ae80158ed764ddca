"""What going back to an older release would cost: messages, the API's own name, and rows that it cannot read.

The older template has none of the queues that were added since, so their messages would go with them; nor a domain that
was. And rows that a migration has changed are read only by versions that know the migration (`infra.migrations`).
"""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra import domain
from infra.changes import Change, ChangeSet
from infra.migrations.state import TABLE
from infra.releases import Release
from infra.targets import Target

MIGRATIONS = "migrations"
"""The word by which an operator says that he goes back past them."""
NAMES = (domain.NAME, f"{domain.NAME}Record")
"""Ids of what makes the API's own name; without one of them it leads nowhere."""
_COUNTS = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]


def problems(target: Target, change_set: ChangeSet, release: Release, prefix: str) -> Iterator[str]:
    """Say what would be lost by going back to a release, each line with an id that `--lose` takes before it.

    Args:
        target: the stage.
        change_set: of the app's stack, to the release's template.
        release: where it goes.
        prefix: of the tables that the stage's app works on.
    """
    for change in change_set.changes:
        if change.logical_id in NAMES and change.action == "Remove":
            yield f"{change.logical_id}: the API's own name would lead nowhere"
        goes = change.action == "Remove" or change.replacement == "True"
        if goes and change.kind == "AWS::SQS::Queue" and (waiting := _waiting(target, change_set.stack, change)):
            yield f"{change.logical_id}: {waiting} messages would be lost"
    begun = last_begun(target, prefix)
    if begun > release.migration:
        yield f"{MIGRATIONS}: {begun:04d} is begun or done, and {release.id} knows {release.migration or 'none'}"


def _waiting(target: Target, stack: str, change: Change) -> int:
    """Return how many messages a queue holds, those in hand too."""
    described = target.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=change.logical_id
    )
    url = described["StackResourceDetail"]["PhysicalResourceId"]
    said = target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
    return sum(int(said[name]) for name in _COUNTS)


def last_begun(target: Target, prefix: str) -> int:
    """Return the highest number of a migration that has changed rows of a stage; 0 for none.

    Read from the stage's table, not from the migrations that this checkout has, which may be older.
    """
    pages = target.client("dynamodb").get_paginator("scan")
    asked = {
        "TableName": f"{prefix}-{TABLE}",
        "ConsistentRead": True,
        "FilterExpression": "sk = :state",
        "ExpressionAttributeValues": {":state": {"S": "STATE"}},
    }
    try:
        found = [row for page in pages.paginate(**asked) for row in page["Items"]]
    except ClientError as error:
        # A stage that was deployed before there were migrations.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0
    return max((int(row["pk"]["S"].partition("#")[2][:4]) for row in found), default=0)
