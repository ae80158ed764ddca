"""The deployed local stack: it answers, its functions' logs can be read, and it guards its folder."""

import io
import json
import urllib.request
from datetime import UTC, datetime

import pytest
from rich.console import Console

from infra import audit_verify, logs, smoke, status
from infra.local.addresses import HOME_VARIABLE, Addresses, Ports
from infra.local.processes import LocalError, free_port
from infra.local.supervisor import LocalStack, warm_up
from tests.e2e.town import Town
from tests.waiting import eventually

pytestmark = pytest.mark.e2e


def test_the_api_answers(stack: LocalStack) -> None:
    with urllib.request.urlopen(f"{stack.addresses.api}/v1/health", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok", "stage": "local", "region": stack.target.region}


def test_it_passes_the_smoke_test_of_a_deployment(stack: LocalStack) -> None:
    found = status.look(stack.target)
    assert found.outputs is not None
    assert found.release is not None
    package = found.release.package
    assert smoke.problems(stack.target, found.outputs.api, found.outputs.functions, package) == []
    other = f"packages/{'0' * 64}.zip"
    stale = smoke.problems(stack.target, found.outputs.api, {"api": found.outputs.functions["api"]}, other)
    assert stale == ["linli-local-api runs another package"]


def test_its_addresses_are_written_down(stack: LocalStack) -> None:
    assert Addresses.read(stack.home) == stack.addresses
    assert stack.ended() is None


def test_a_request_is_in_the_logs_of_its_function(stack: LocalStack) -> None:
    address = f"{stack.addresses.api}/v1/health"
    with urllib.request.urlopen(address, timeout=30) as answer:
        request_id = answer.headers["X-Request-Id"]
    client = stack.target.client("logs")

    def is_logged() -> bool:
        output = io.StringIO()
        logs.show(client, "local", "api", 0, output, follow=False)
        return request_id in output.getvalue()

    eventually(is_logged)


def test_its_dashboard_shows_alarms_that_are_there(stack: LocalStack) -> None:
    client = stack.target.client("cloudwatch")
    widgets = json.loads(client.get_dashboard(DashboardName=stack.target.prefix)["DashboardBody"])["widgets"]
    shown = next(one["properties"]["alarms"] for one in widgets if one["type"] == "alarm")
    pages = client.get_paginator("describe_alarms").paginate()
    there = {alarm["AlarmArn"]: alarm["AlarmDescription"] for page in pages for alarm in page["MetricAlarms"]}
    assert shown
    assert set(shown) <= set(there)
    assert all("docs/runbooks/" in there[arn] for arn in shown)


def test_a_second_stack_in_the_same_folder_is_refused(stack: LocalStack) -> None:
    with pytest.raises(LocalError, match="already runs in"):
        LocalStack(stack.home, Ports.free(), console=Console()).start()
    assert stack.addresses


def test_a_taken_port_is_told_and_nothing_is_left(stack: LocalStack, tmp_path) -> None:
    ports = Ports(gateway=stack.ports.gateway, sandbox=free_port(), inbox=free_port())
    other = LocalStack(tmp_path, ports, console=Console())
    with pytest.raises(LocalError, match=rf"port {ports.gateway} \(the local AWS\) is taken"):
        other.start()
    assert not (tmp_path / "ministack").exists()
    with pytest.raises(RuntimeError, match="not running"):
        _ = other.addresses


def test_an_api_that_does_not_answer_is_told() -> None:
    with pytest.raises(LocalError, match="the deployed API does not answer"):
        warm_up(f"http://127.0.0.1:{free_port()}")


def test_the_audit_log_is_sealed_under_its_functions_own_rights(
    stack: LocalStack, town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert town.schedule("audit-seal", datetime.now(UTC))["left"] == 0
    monkeypatch.setenv(HOME_VARIABLE, str(stack.home))
    assert audit_verify.main(["--stage", "local"]) == 0, capsys.readouterr().out
