import io

import pytest
from rich.console import Console

from infra.migrations import __main__ as command
from infra.migrations.m0001_no_show_fee import MIGRATION, change
from infra.migrations.state import TABLE, MigrationError, Progress
from infra.tables import create_table_arguments, table
from infra.targets import Target
from tests.infra.migrations.rows import order

PREFIX = "linli-command"


@pytest.fixture
def target(ministack):
    client = ministack.dynamodb
    for name in ("orders", TABLE):
        client.create_table(**create_table_arguments(table(name), PREFIX))
    for number in range(3):
        client.put_item(TableName=f"{PREFIX}-orders", Item=order(number))
    yield Target.local(port=int(ministack.endpoint.rpartition(":")[2]), stage="command")
    for name in ("orders", TABLE):
        client.delete_table(TableName=f"{PREFIX}-{name}")


def perform(target, **options):
    console = Console(file=io.StringIO(), width=120)
    whole = command.perform(target, PREFIX, [MIGRATION], console, **({"look": False} | options))
    return whole, console.file.getvalue()


def test_the_command_counts_does_and_says_when_it_was_done(target):
    assert perform(target, look=True) == (True, f"0001-no-show-fee: 3 of 3 rows to change: {MIGRATION.about}\n")
    assert perform(target) == (True, "0001-no-show-fee: 3 of 3 rows changed: done\n")
    assert perform(target) == (True, "0001-no-show-fee: 3 of 3 rows changed: done\n")
    _, told = perform(target, look=True)
    assert told.startswith("0001-no-show-fee: done on 20")


def test_who_has_the_lease_is_named(target):
    Progress(target.client("dynamodb"), f"{PREFIX}-{TABLE}", "ann@home").take()
    with pytest.raises(MigrationError, match="ann@home is at it"):
        perform(target)
    assert perform(target, look=True)[0], "to look needs none"


def test_a_stage_that_is_not_there_is_one_line(target, monkeypatch, capsys):
    monkeypatch.setattr(command, "target_of", lambda *_: target)
    assert command.main(["--stage", "command", "--region", "eu-central-1"]) == 1
    assert capsys.readouterr().err == "migrate: stage command is not deployed in ap-southeast-1\n"


class CloudFormation:
    def describe_stacks(self, **_):
        return {"Stacks": [{"Parameters": [{"ParameterKey": "TablePrefix", "ParameterValue": "linli-restored"}]}]}


def test_restored_tables_are_those_that_the_app_works_on(monkeypatch):
    monkeypatch.setattr(Target, "client", lambda *_: CloudFormation())
    assert command.prefix_of(Target.aws(stage="prod", region="eu-central-1")) == "linli-restored"


def test_only_orders_with_a_line_without_the_share_change():
    line = {"id": "lin_1", "price": 5}
    row = {"pk": "ord_1", "sk": "ORDER", "version": 3, "lines": [line, {**line, "no_show_fee_bps": 0}]}
    found = change(row)
    assert found.values[":lines"] == [{**line, "no_show_fee_bps": 10_000}, {**line, "no_show_fee_bps": 0}]
    assert found.values[":version"] == 3
    assert change({**row, "lines": found.values[":lines"]}) is None
    assert change({**row, "sk": "HOLDS"}) is None
    assert change({"pk": "ord_2", "sk": "ORDER", "version": 1, "lines": []}) is None
