"""Changing the data key of a stage: the secrets of the local AWS, the function in process."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.store.accounts import AccountRow
from chalicelib.kit.auth import Role
from chalicelib.kit.seal import version_of
from chalicelib.privacy import events
from infra import seal_keys, secrets
from infra.seal_keys import SealKeyError
from infra.targets import Target
from tests.conftest import forget
from tests.emulators import REGION, SECRETS

STAGE = "keys"
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def stage(tables, ministack, monkeypatch):
    """A stage with its own secrets and key, whose functions run in process."""
    target = Target.local(port=int(ministack.endpoint.rpartition(":")[2]), stage=STAGE, region=REGION)
    kms = target.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{target.prefix}-seal", TargetKeyId=key["KeyId"])
    secrets.write(target, SECRETS)
    assert secrets.ensure_seal_key(target, key["Arn"])
    for name, value in (("SECRETS_PATH", target.secrets_path), ("SEAL_KEY_ID", key["Arn"])):
        monkeypatch.setenv(name, value)
    forget()
    lambdas = SimpleNamespace(invoke=invoke, failing=False)
    monkeypatch.setattr(
        Target, "client", lambda self, service: lambdas if service == "lambda" else client_of(self, service)
    )
    yield target
    ssm = target.client("ssm")
    for path in (target.secrets_path, f"{target.secrets_path}retired/"):
        for page in list(ssm.get_paginator("get_parameters_by_path").paginate(Path=path)):
            for row in page["Parameters"]:
                ssm.delete_parameter(Name=row["Name"])
    kms.delete_alias(AliasName=f"alias/{target.prefix}-seal")


client_of = Target.client


def invoke(FunctionName, Payload):  # noqa: N803 - boto3's names
    assert FunctionName == "linli-keys-privacy-reseal"
    answer = events.reseal(json.loads(Payload), None)
    return {"Payload": SimpleNamespace(read=lambda: json.dumps(answer))}


def sealed_versions():
    return {version_of(row.identities) for row in AccountRow.scan(AccountRow.identities.exists())}


def console():
    return Console(record=True, width=120)


def test_a_key_is_changed_while_functions_run(stage):
    grant = lambda n: accounts.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text=f"+861390000{n:04}")  # noqa: E731
    first = grant(1)
    assert seal_keys.versions(stage) == [1]
    assert seal_keys.rotate(stage) == 2
    grant(2)
    assert sealed_versions() == {1}  # this container has not read it yet
    output = console()
    census = seal_keys.walk(stage, output, look=False)
    assert (census.current, census.fields, census.resealed, census.of_old) == (2, {2: 2}, 2, 0)
    assert "2 fields seen, 2 sealed anew" in output.export_text()
    with pytest.raises(SealKeyError, match="functions may seal with the old key until"):
        seal_keys.retire(stage, 1, console(), datetime.now(UTC))
    seal_keys.retire(stage, 1, console(), LATER)
    assert seal_keys.versions(stage) == [2]
    kept = stage.client("ssm").get_parameter(Name="/linli/keys/retired/seal-key-1", WithDecryption=True)
    assert kept["Parameter"]["Value"]
    forget()
    assert accounts.contact(wiring.accounts(), first.id).phone == "+8613900000001"


def test_a_key_that_a_field_needs_is_not_retired(stage):
    accounts.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text="+8613900000001")
    for version in (1, 2):
        with pytest.raises(SealKeyError, match=r"is not an old one; there are 1$"):
            seal_keys.retire(stage, version, console(), LATER)
    seal_keys.rotate(stage)
    with pytest.raises(SealKeyError, match="1 fields still need version 1: make reseal"):
        seal_keys.retire(stage, 1, console(), LATER)
    assert seal_keys.versions(stage) == [1, 2]


def test_what_cannot_be_is_one_line(stage, monkeypatch, capsys):
    monkeypatch.setattr(seal_keys, "target_of", lambda *_: stage)
    monkeypatch.setattr(seal_keys, "versions", lambda _: [1])
    assert seal_keys.rotate(stage) == 2
    with pytest.raises(SealKeyError, match="somebody else has just added version 2"):
        seal_keys.rotate(stage)
    monkeypatch.setattr(seal_keys, "versions", lambda _: [255])
    assert seal_keys.main(["rotate", "--stage", STAGE]) == 1
    assert capsys.readouterr().err == "rotate: versions end at 255\n"
    monkeypatch.setattr(seal_keys, "versions", lambda _: [])
    assert seal_keys.main(["rotate", "--stage", STAGE]) == 1
    assert seal_keys.main(["reseal", "--stage", STAGE]) == 0
    assert "no field of an older version is left" in capsys.readouterr().out
