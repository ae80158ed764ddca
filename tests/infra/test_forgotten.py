from dataclasses import replace

import pytest

from infra import deploy, forgotten, stages
from infra.changes import DeployError
from infra.targets import Target

TARGET = Target.aws(stage="prod", region="ap-southeast-1")
RESTORED = {"TablePrefix": "linli-prod-r1"}
COPIED = {"BackupRegion": "eu-central-1"}


def told(tmp_path, text="", **options):
    path = tmp_path / "stages.toml"
    path.write_text(text)
    return stages.target_of("prod", "ap-southeast-1", options, path)


def test_nothing_is_forgotten_where_nothing_differs():
    assert forgotten.forgotten(TARGET, {}, {}) == []
    assert forgotten.forgotten(TARGET, {"TablePrefix": "linli-prod"}, {}) == []


def test_abandoned_tables_are_not_gone_back_to_unsaid(tmp_path):
    [line] = forgotten.forgotten(told(tmp_path), RESTORED, {})
    assert line.startswith("the app reads linli-prod-r1, not linli-prod: ")
    assert "--table-prefix linli-prod-r1" in line
    assert "--table-prefix linli-prod)" in line
    file = '[prod]\ntable_prefix = "linli-prod"'
    for said in (told(tmp_path, file), told(tmp_path, table_prefix="linli-prod")):
        assert forgotten.forgotten(said, RESTORED, {}) == []
    assert forgotten.forgotten(told(tmp_path, table_prefix="linli-prod-r1"), RESTORED, {}) == []


def test_copies_do_not_end_unsaid(tmp_path):
    [line] = forgotten.forgotten(told(tmp_path), {}, COPIED)
    assert line.startswith("backups are copied to eu-central-1, not nowhere: ")
    assert forgotten.forgotten(told(tmp_path, backup_region=""), {}, COPIED) == []
    assert forgotten.forgotten(told(tmp_path, backup_region="eu-west-1"), {}, COPIED) == []
    assert forgotten.forgotten(told(tmp_path, backup_region="eu-central-1"), {}, COPIED) == []


def test_a_target_of_this_machine_is_said_as_a_whole():
    assert forgotten.forgotten(Target.local(stage="prod"), RESTORED, COPIED) == []


@pytest.mark.parametrize("work", ["deploy", "preview"])
def test_a_deployment_is_refused_before_anything_is_looked_at(monkeypatch, work):
    monkeypatch.setattr(deploy, "plan", lambda *_asked: None)
    monkeypatch.setattr(deploy, "_adopt", lambda *_asked, **_more: None)
    monkeypatch.setattr(deploy.changes, "parameters", lambda *_asked: RESTORED)
    monkeypatch.setattr(deploy.changes, "outputs", lambda *_asked: COPIED)
    monkeypatch.setattr(deploy.kept, "find", lambda *_asked: None)
    monkeypatch.setattr(Target, "client", lambda *_asked: None)
    monkeypatch.setattr(deploy, "step", steps)
    made = type("Made", (), {"data": {}})()
    monkeypatch.setattr(deploy, "plan", lambda *_asked: made)
    with pytest.raises(DeployError, match=r"not deployed.*the app reads linli-prod-r1.*; backups are copied to eu"):
        getattr(deploy, work)(replace(TARGET), None)


class steps:  # noqa: N801 - stands for a function
    """A step that is not shown."""

    def __init__(self, *_asked):
        pass

    def __enter__(self):
        return lambda _text: None

    def __exit__(self, *_error):
        return False
