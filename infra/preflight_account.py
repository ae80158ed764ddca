"""Preflight: what shows only beside the account: names that are taken, quotas, what is deployed now."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from infra.preflight_channels import Channels, channels
from infra.preflight_domain import Certificate, certificate
from infra.references import Template, of_type
from infra.targets import Target

CONCURRENCY_KEPT = 100
"""Concurrent executions that Lambda keeps unreserved in every account."""


@dataclass(frozen=True)
class AccountFacts:
    """One account and region as far as a deployment depends on it.

    Attributes:
        tables: names of the tables that exist.
        concurrency: how many functions the account may run at once.
        reserved: how much of it functions outside the app stack have reserved.
        protected: the stage is one that people depend on.
        deployed: the data stack's template as it is deployed; without resources when there is none.
        certificate: of the API's own name, where it has one.
        channels: of the identity and the push applications that it names.
    """

    tables: frozenset[str] = frozenset()
    concurrency: int = 1000
    reserved: int = 0
    protected: bool = True
    deployed: Template = field(default_factory=lambda: {"Resources": {}})
    certificate: Certificate | None = None
    channels: Channels = field(default_factory=Channels)


def account_facts(target: Target) -> AccountFacts:
    """Read the facts; nothing is changed."""
    pages = target.client("dynamodb").get_paginator("list_tables").paginate()
    tables = frozenset(name for page in pages for name in page["TableNames"])
    limits = target.client("lambda").get_account_settings()["AccountLimit"]
    total = limits["ConcurrentExecutions"]
    unreserved = limits.get("UnreservedConcurrentExecutions", total)
    others = total - unreserved - _reserved(deployed(target, target.app_stack))
    data = deployed(target, target.data_stack)
    return AccountFacts(tables, total, others, target.protect, data, certificate(target), channels(target))


def _reserved(app: Template) -> int:
    return sum(int(row.get("ReservedConcurrentExecutions", 0)) for _, row in of_type(app, "AWS::Lambda::Function"))


def deployed(target: Target, stack: str) -> Template:
    """Return the template that a stack was deployed with; without resources where there is no stack."""
    try:
        body: Any = target.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {"Resources": {}}
        raise
    return body if isinstance(body, dict) and "Resources" in body else {"Resources": {}}


def table_names_are_free(data: Template, facts: AccountFacts) -> Iterator[str]:
    """A table that the stack does not have yet cannot take the name of one that exists, retained or somebody else's."""
    there = dict(of_type(facts.deployed, "AWS::DynamoDB::Table"))
    for key, table in of_type(data, "AWS::DynamoDB::Table"):
        if key not in there and table["TableName"] in facts.tables:
            yield f"{key}: a table {table['TableName']} exists already; import it into the stack or delete it"


def concurrency_is_there(app: Template, facts: AccountFacts) -> Iterator[str]:
    """Lambda refuses to reserve what the account does not have."""
    wanted = _reserved(app)
    free = facts.concurrency - CONCURRENCY_KEPT - facts.reserved
    if wanted and wanted > free:
        yield (
            f"{wanted} concurrent executions reserved, but the account has {max(free, 0)} to reserve: ask for more "
            "(Service Quotas, Lambda, Concurrent executions)"
        )


def code_is_uploaded(code_key: str, objects: frozenset[str]) -> Iterator[str]:
    """Lambda refuses a function whose package is not in the bucket."""
    if code_key not in objects:
        yield f"the package {code_key} is not in the bucket"


def copies_can_leave(target: Target) -> Iterator[str]:
    """Copies of DynamoDB's backups go to another region only where AWS Backup manages them wholly, which is a switch of
    the account in each region; and only within a partition.
    """
    if not target.backup_region:
        return
    if replace(target, region=target.backup_region).partition != target.partition:
        yield f"copies cannot leave {target.partition}, where {target.region} lies, for {target.backup_region}"
        return
    if target.emulated:  # it copies nothing, and says that it would not
        return
    settings = target.client("backup").describe_region_settings()
    if not settings.get("ResourceTypeManagementPreference", {}).get("DynamoDB"):
        yield (
            f"AWS Backup copies no tables out of {target.region} yet: aws backup update-region-settings --region "
            f"{target.region} --resource-type-management-preference DynamoDB=true"
        )
