"""One stack per folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import stop
from infra.local.addresses import HOME_VARIABLE
from infra.local.lock import FolderLock
from infra.local.processes import LocalError

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from infra.local.lock import FolderLock
FolderLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(300)
"""


def holder(home: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "held\n"
    return process


def test_the_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()
    with pytest.raises(
        LocalError, match=rf"already runs in {tmp_path} \(process {os.getpid()}\); stop it with `make stop`"
    ):
        second.acquire()
    assert not second.is_free()
    first.release()
    first.release()
    assert second.is_free()
    second.acquire()
    second.release()


def test_a_lock_that_is_not_held_cannot_be_handed_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        _ = FolderLock(tmp_path).descriptor


def test_make_stop_ends_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    process = holder(tmp_path)
    assert stop.main([]) == 0
    assert process.wait() != 0
    assert stop.main([]) == 0
    assert stop.main(["--quiet"]) == 0
    assert capsys.readouterr().out == "The local stack has stopped.\nNo local stack runs here.\n"


def test_make_stop_says_when_the_owner_does_not_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(stop, "STOP_SECONDS", 0.1)
    lock = FolderLock(tmp_path)
    lock.acquire()
    (tmp_path / "run.lock").write_text("999999999")  # the owner is gone, a child still holds the lock
    assert stop.main([]) == 1
    assert "did not stop within 0 s" in capsys.readouterr().err
    lock.release()
