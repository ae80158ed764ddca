"""What a stage has beyond its two stacks: tables that were restored under other names, and copies in another region."""

from infra import changes
from infra.backups import copies_name
from infra.kept_secrets import kept_path
from infra.references import Template, of_type
from infra.tables import BACKUP_TAG
from infra.targets import Target


def restored_tables(target: Target, data: Template) -> list[str]:
    """Return the names of a stage's tables that are in no stack: those that its app reads now, and those with its tag.

    `data` is the data stack's template as it is deployed.
    """
    client = target.client("dynamodb")
    own = {row["TableName"] for _, row in of_type(data, "AWS::DynamoDB::Table")}
    pages = client.get_paginator("list_tables").paginate()
    others = [name for page in pages for name in page["TableNames"] if name not in own]
    prefix = changes.parameters(target.client("cloudformation"), target.app_stack).get("TablePrefix", target.prefix)
    read = set() if prefix == target.prefix else {name for name in others if name.startswith(f"{prefix}-")}
    return [name for name in others if name in read or _is_of(target, name)]


def _is_of(target: Target, table: str) -> bool:
    """Say whether a table has the tag of a stage, which a restored one is given before the app may read it."""
    client = target.client("dynamodb")
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    tags = client.list_tags_of_resource(ResourceArn=arn).get("Tags", ())
    return {"Key": BACKUP_TAG, "Value": target.stage} in tags


def elsewhere(target: Target, region: str) -> list[str]:
    """Return what to say of a stage's copies in another region, if any: what stays, and what removes it."""
    if not region:
        return []
    path = kept_path(target.region, target.stage)
    read = f"aws ssm get-parameters-by-path --region {region} --path {path} --query 'Parameters[].Name' --output text"
    return [
        f"In {region} stay copies of its backups, and what opens them below {path}. Once no copy is needed:",
        f"  {read} | xargs -n 10 aws ssm delete-parameters --region {region} --names",
        f"  aws cloudformation delete-stack --region {region} --stack-name {copies_name(target)}",
        "  (a protected stage's vault and its key outlive that stack: delete them when the last copy has run out)",
    ]
