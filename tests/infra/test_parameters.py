"""What the app's stack is told, and when it can be."""

import io

import pytest
from rich.console import Console

from infra import changes, deploy, parameters
from infra.targets import Target
from infra.template_data import data_template

TARGET = Target.local(port=1, stage="older", region="ap-southeast-1")
OUTPUTS = dict.fromkeys(data_template(TARGET)["Outputs"], "x")


def test_a_data_stack_of_now_tells_all():
    assert parameters.are_told(OUTPUTS)
    assert not parameters.are_told({})


@pytest.mark.parametrize("missing", ["AuditBucket", "DocumentsBucket", "OutboxStreamArn", "SealKeyArn"])
def test_what_an_older_data_stack_does_not_tell_yet_is_asked_for_once_it_is_deployed(monkeypatch, missing):
    older = {name: value for name, value in OUTPUTS.items() if name != missing}
    prepared = []
    monkeypatch.setattr(Target, "client", lambda *_: None)
    monkeypatch.setattr(changes, "outputs", lambda *_: older)
    monkeypatch.setattr(deploy, "_prepare", lambda *asked: prepared.append(asked[2]) or asked[2])
    made = type("Plan", (), {"data": {}, "app": {}})
    found = deploy._planned(TARGET, Console(file=io.StringIO()), made, ())
    assert (found.data, found.app) == (TARGET.data_stack, None)
    assert prepared == [TARGET.data_stack]
