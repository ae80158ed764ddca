"""Changing the key of access tokens: nobody is signed out, and nothing of the old key is left."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import Unauthorized
from infra import access_keys, secrets
from infra.access_keys import AccessKeyError
from infra.targets import Target
from tests.api import CUSTOMER
from tests.conftest import forget
from tests.emulators import REGION, SECRETS

STAGE = "tokens"


@pytest.fixture
def stage(tables, ministack, monkeypatch):
    target = Target.local(port=int(ministack.endpoint.rpartition(":")[2]), stage=STAGE, region=REGION)
    secrets.write(target, SECRETS)
    monkeypatch.setenv("SECRETS_PATH", target.secrets_path)
    monkeypatch.setattr(access_keys, "target_of", lambda *_: target)
    forget()
    yield target
    ssm = target.client("ssm")
    for page in list(ssm.get_paginator("get_parameters_by_path").paginate(Path=target.secrets_path)):
        for row in page["Parameters"]:
            ssm.delete_parameter(Name=row["Name"])


def run(*arguments):
    return access_keys.main([*arguments, "--stage", STAGE, "--region", REGION])


def test_a_key_follows_another_and_nobody_is_signed_out(stage, capsys):
    now = datetime.now(UTC)
    before, running = wiring.tokens().issue(CUSTOMER, now), wiring.tokens()
    assert run("rotate") == 0
    assert access_keys.versions(stage) == [1, 2]
    forget()
    fresh = wiring.tokens()
    after = fresh.issue(CUSTOMER, now)
    assert [key["kid"] for key in fresh.public_keys()] == ["1", "2"]
    for tokens in (running, fresh):
        for token in (before, after):
            assert tokens.read(token, now) == CUSTOMER

    assert run("retire", "--version", "1") == 1
    assert "tokens of it may be good until" in capsys.readouterr().err
    access_keys.retire(stage, 1, now + timedelta(hours=2))
    assert access_keys.versions(stage) == [2]
    forget()
    with pytest.raises(Unauthorized):
        wiring.tokens().read(before, now)
    assert wiring.tokens().read(after, now) == CUSTOMER


def test_a_key_that_leaked_goes_at_once(stage):
    assert run("rotate") == 0
    assert run("retire", "--version", "1", "--now") == 0
    assert access_keys.versions(stage) == [2]


@pytest.mark.parametrize("version", ["1", "7", "0"])
def test_the_key_that_signs_and_one_that_is_not_there_stay(stage, version, capsys):
    assert run("retire", "--version", version) == 1
    assert "is not an old one" in capsys.readouterr().err


def test_a_stage_without_keys_has_none_to_follow(stage):
    stage.client("ssm").delete_parameter(Name=f"{stage.secrets_path}access-key-1")
    with pytest.raises(AccessKeyError):
        access_keys.rotate(stage)
