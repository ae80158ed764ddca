"""The fixture that store tests stand on: fresh tables in the environment of a function, on both emulators."""

import pytest

from chalicelib import settings, wiring
from chalicelib.kit import aws
from infra.tables import TABLES
from tests import emulators
from tests.emulators import Emulator


@pytest.mark.store
def test_every_table_is_there_and_empty(tables: Emulator) -> None:
    prefix = settings.settings().table_prefix
    client = aws.client("dynamodb")
    for spec in TABLES:
        assert client.scan(TableName=spec.full_name(prefix))["Count"] == 0


@pytest.mark.store
@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_sees_the_rows_of_another(tables: Emulator, turn: int) -> None:
    name = f"{settings.settings().table_prefix}-orders"
    client = aws.client("dynamodb")
    assert client.scan(TableName=name)["Count"] == 0
    client.put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})


def test_a_test_that_is_not_marked_runs_on_the_strict_emulator_alone(tables: Emulator) -> None:
    assert tables.name == emulators.default()


def test_secrets_and_the_sealing_key_are_found(tables: Emulator) -> None:
    assert emulators.SECRETS.items() <= settings.secrets().items()
    sealer = wiring.sealer()
    assert (
        sealer.open(sealer.seal("+8613800000000", "accounts|acc_1|phone"), "accounts|acc_1|phone") == "+8613800000000"
    )
