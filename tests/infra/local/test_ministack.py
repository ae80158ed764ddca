"""The local AWS: what it keeps, what it leaves, and what it says when it cannot start."""

import json
from pathlib import Path

import pytest

from infra.local import ministack
from infra.local.ministack import Ministack, rewind_streams
from infra.local.processes import LocalError, free_port
from tests.emulators import REGION, Emulator


@pytest.mark.parametrize("persist", [True, False])
def test_state_survives_a_stop_when_it_is_to_be_kept(tmp_path: Path, persist: bool) -> None:
    port = free_port()
    for turn in (1, 2):
        server = Ministack(tmp_path, port, persist=persist)
        server.start()
        try:
            parameters = Emulator("ministack", server.endpoint).client("ssm")
            names = [row["Name"] for row in parameters.describe_parameters()["Parameters"]]
            assert names == (["/kept"] if persist and turn == 2 else [])
            parameters.put_parameter(Name="/kept", Value="x", Type="String", Overwrite=True)
            assert server.is_running()
            scratch = server.scratch
            assert scratch is not None
            assert scratch.is_dir()
        finally:
            server.stop()
        assert not server.is_running()
        assert not scratch.exists()


def test_nothing_of_the_callers_aws_settings_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    environment = Ministack(tmp_path, 1).environment()
    assert not [name for name in environment if name.startswith("AWS")]
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"
    assert REGION not in environment.values()


def test_functions_are_unpacked_in_memory_where_there_is_plenty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, home = tmp_path / "memory", tmp_path / "home"
    monkeypatch.setattr(ministack, "MEMORY_FOLDER", memory)
    monkeypatch.setattr(ministack, "MEMORY_NEEDED", 1)
    assert ministack.scratch_parent(home) == home
    memory.mkdir()
    assert ministack.scratch_parent(home) == memory
    monkeypatch.setattr(ministack, "MEMORY_NEEDED", 1 << 80)
    assert ministack.scratch_parent(home) == home


def test_not_installed_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ministack, "MINISTACK_VENV", tmp_path)
    with pytest.raises(LocalError, match="the local AWS is not installed: run `make setup`"):
        Ministack(tmp_path, 1).start()


def test_what_does_not_start_is_stopped_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("ministack", "python"):
        program = tmp_path / "bin" / name
        program.write_text("#!/bin/sh\necho no luck\nexit 3\n")
        program.chmod(0o755)
    monkeypatch.setattr(ministack, "MINISTACK_VENV", tmp_path)
    server = Ministack(tmp_path, free_port())
    with pytest.raises(LocalError, match=r"(?s)ministack ended at its start.*no luck"):
        server.start()
    assert not server.is_running()
    assert not server.is_ready()


def test_consumers_of_streams_begin_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "lambda.json"
    kept = {"payload": {"esms": {"a": 1}, "dynamodb_stream_positions": {"kind": "scoped", "data": {"esm": 3}}}}
    rewind_streams(tmp_path)
    file.write_text(json.dumps(kept))
    rewind_streams(tmp_path)
    assert json.loads(file.read_text()) == {
        "payload": {"esms": {"a": 1}, "dynamodb_stream_positions": {"kind": "scoped", "data": {}}}
    }
