"""Children behind guards: they start, answer, stop, and never outlive who asked for them."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.processes import LocalError, answers, free_port, require_free, start, wait_until
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
# Says its process id and its child's, then waits; both ignore nothing.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])
print(os.getpid(), child.pid, flush=True)
time.sleep(300)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)


def is_alive(process: int) -> bool:
    """True for a process that runs; a dead one that nobody has collected yet does not count."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    if sys.platform == "linux":
        return False
    return subprocess.run(["ps", "-p", str(process)], capture_output=True, check=False).returncode == 0


def family(log: Path) -> list[int]:
    eventually(lambda: log.exists() and len(log.read_text().split()) == 2)
    return [int(word) for word in log.read_text().split()]


def test_stop_ends_the_child_and_its_children(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "family.log"
    process = start("family", [sys.executable, "-c", FAMILY], log=log)
    members = family(log)
    assert process.is_running()
    process.stop()
    assert not process.is_running()
    eventually(lambda: not any(map(is_alive, members)))
    process.stop()  # once more does no harm


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    process = start("stubborn", [sys.executable, "-c", STUBBORN], log=tmp_path / "log", grace=0.2)
    eventually(lambda: "up" in process.last_lines())
    process.stop()
    assert process.guard.returncode == 128 + signal.SIGKILL


def test_children_do_not_survive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "family.log"
    code = (
        "import sys, time; from pathlib import Path; from infra.local.processes import start\n"
        f"start('family', [sys.executable, '-c', {FAMILY!r}], log=Path({str(log)!r}), grace=5)\n"
        "time.sleep(300)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    members = family(log)
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    eventually(lambda: not any(map(is_alive, members)))


def test_the_children_of_a_child_that_ends_by_itself_go_too(tmp_path: Path) -> None:
    log = tmp_path / "family.log"
    ending = FAMILY.replace("time.sleep(300)\n", "sys.exit(3)\n")
    process = start("family", [sys.executable, "-c", ending], log=log)
    members = family(log)
    eventually(lambda: not process.is_running())
    assert process.guard.returncode == 3
    eventually(lambda: not any(map(is_alive, members)))
    process.stop()


def test_waiting_ends_when_it_answers(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", processes.LOOPBACK, str(port)]
    process = start("web", command, log=tmp_path / "log", folder=tmp_path)
    try:
        wait_until(lambda: answers(port), process)
        with pytest.raises(LocalError, match=rf"port {port} \(the web\) is taken .* LINLI_WEB=PORT"):
            require_free(port, "the web", "LINLI_WEB")
    finally:
        process.stop()
    require_free(port, "the web", "LINLI_WEB")


def test_waiting_tells_the_last_lines_of_a_child_that_fails(tmp_path: Path) -> None:
    process = start("broken", [sys.executable, "-c", "raise SystemExit('no such thing')"], log=tmp_path / "log")
    with pytest.raises(LocalError, match=r"(?s)broken ended at its start.*no such thing"):
        wait_until(lambda: False, process)
    process.stop()


def test_waiting_has_an_end(tmp_path: Path) -> None:
    process = start("idle", [sys.executable, "-c", STUBBORN], log=tmp_path / "log", grace=0.2)
    with pytest.raises(LocalError, match="idle did not answer within 0 s"):
        wait_until(lambda: False, process, seconds=0.05)
    process.stop()


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    process = start("idle", [sys.executable, "-c", ""], log=tmp_path / "log")
    process.stop()
    (tmp_path / "log").unlink()
    assert process.last_lines() == ""
