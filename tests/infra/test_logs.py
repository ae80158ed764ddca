"""`make logs`: the lines of the functions, in order, without Lambda's own frame."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import logs
from infra.access_logs import access_group
from infra.local.addresses import HOME_VARIABLE, Addresses, Ports
from infra.local.processes import LocalError
from tests.emulators import Emulator

STAGE = "logs"


@pytest.fixture
def client(ministack: Emulator) -> Iterator[Any]:
    client = ministack.client("logs")
    yield client
    for group in client.describe_log_groups(logGroupNamePrefix=logs.group_prefix(STAGE))["logGroups"]:
        client.delete_log_group(logGroupName=group["logGroupName"])


def say(client: Any, function: str, *messages: tuple[int, str]) -> None:
    group = f"{logs.group_prefix(STAGE)}{function}"
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": stamp, "message": text} for stamp, text in messages]
    client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def shown(client: Any, name: str | None = None, since: int = 0) -> list[str]:
    output = io.StringIO()
    logs.show(client, STAGE, name, since, output, follow=False)
    return output.getvalue().splitlines()


def test_the_gateways_own_log_is_one_of_them(client: Any) -> None:
    group = access_group(STAGE)
    client.create_log_group(logGroupName=group)
    try:
        client.create_log_stream(logGroupName=group, logStreamName="s")
        now = int(time.time() * 1000)
        client.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "429"}])
        assert [line.split()[1:] for line in shown(client)] == [["gateway", "429"]]
    finally:
        client.delete_log_group(logGroupName=group)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", 1_000_000 - 5_400),
        ("2h", 1_000_000 - 7_200),
        ("3d", 1_000_000 - 259_200),
        ("1970-01-01T08:00:01+08:00", 1),
    ],
)
def test_how_far_to_look_back(text: str, moment: int) -> None:
    assert logs.since(text, 1_000_000) == moment * 1000


@pytest.mark.parametrize("text", ["yesterday", "2", "2026-11-20T09:00:00"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(LocalError, match=text):
        logs.since(text, 0)


def test_lines_of_all_functions_in_order(client: Any) -> None:
    now = int(time.time() * 1000)
    say(client, "api", (now, "START RequestId: 1"), (now + 1, '{"message": "request"}\n'), (now + 4, "later"))
    say(client, "outbox-relay", (now + 2, "relayed"))
    lines = shown(client)
    assert [line.split(None, 2)[1:] for line in lines] == [
        ["api", '{"message": "request"}'],
        ["outbox-relay", "relayed"],
        ["api", "later"],
    ]
    assert [line.split()[1] for line in shown(client, "outbox-relay")] == ["outbox-relay"]
    assert [line.split()[-1] for line in shown(client, since=now + 2)] == ["relayed", "later"]


def test_following_shows_each_line_once(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time() * 1000)
    say(client, "api", (now, "first"))
    turns = iter([lambda: say(client, "search-index", (now + 1, "second")), None])

    def turn(_seconds: float) -> None:
        step = next(turns)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(logs.time, "sleep", turn)
    output = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        logs.show(client, STAGE, None, 0, output, follow=True)
    assert [line.split()[-1] for line in output.getvalue().splitlines()] == ["first", "second"]


def test_an_unknown_function_is_told_with_the_known_ones(client: Any) -> None:
    say(client, "api", (int(time.time() * 1000), "x"))
    with pytest.raises(LocalError, match="no function 'apu'; there are: api"):
        shown(client, "apu")


def test_the_command(
    client: Any,
    ministack: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert logs.main([]) == 1
    assert capsys.readouterr().err == "make logs: the local stack is not running; start it with `make run`\n"
    port = int(ministack.endpoint.rpartition(":")[2])
    Addresses.of("http://127.0.0.1/api", Ports(port, 2, 3), STAGE).write(tmp_path)
    say(client, "api", (int(time.time() * 1000), "said"))
    assert logs.main(["--name", "api", "--since", "5m"]) == 0
    assert capsys.readouterr().out.split()[1:] == ["api", "said"]
