"""`make run` as a process: up, second start with the data of the first, Ctrl-C, and a killed supervisor."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from infra.local.addresses import Addresses, Ports
from infra.local.lock import FolderLock
from infra.local.ministack import MEMORY_FOLDER
from infra.local.processes import LocalError, answers
from infra.targets import Target
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SECOND_START_SECONDS = 30.0  # half of that when nothing else runs


class Runner:
    """Starts `make run`'s command in a folder and on ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = Ports.free()
        self.environment = os.environ | {
            "LINLI_HOME": str(home),
            "LINLI_PORT": str(self.ports.gateway),
            "LINLI_SANDBOX_PORT": str(self.ports.sandbox),
            "LINLI_INBOX_PORT": str(self.ports.inbox),
            "LINLI_WECHAT_PORT": str(self.ports.wechat),
            "LINLI_ALIPAY_PORT": str(self.ports.alipay),
            "PYTHONUNBUFFERED": "1",
        }
        self.processes: list[subprocess.Popen[str]] = []

    def start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "infra.local.run"]
        with (self.home / "run.out").open("w") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, text=True)
        self.processes.append(process)
        return process

    def said(self) -> str:
        return (self.home / "run.out").read_text()

    def up(self, process: "subprocess.Popen[str]") -> Addresses:
        found: list[Addresses] = []

        def is_up() -> bool:
            assert process.poll() is None, self.said()
            with contextlib.suppress(LocalError):
                found.append(Addresses.read(self.home))
            return bool(found)

        eventually(is_up, 300)
        return found[0]

    def is_gone(self) -> bool:
        ports = astuple(self.ports)
        folders = (self.home / "ministack", MEMORY_FOLDER)
        left = [path for folder in folders for path in folder.glob(f"linli-{self.ports.gateway}-*")]
        return not any(map(answers, ports)) and not left


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("run"))
    yield runner
    for process in runner.processes:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_it_comes_up_keeps_its_data_and_leaves_nothing(runner: Runner) -> None:
    parameters = Target.local(port=runner.ports.gateway).client("ssm")
    first = runner.start()
    runner.up(first)
    parameters.put_parameter(Name="/kept", Value="by the first", Type="String")

    second = subprocess.run(
        [sys.executable, "-m", "infra.local.run"],
        cwd=ROOT,
        env=runner.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stdout.startswith(f"make run: a local stack already runs in {runner.home} (process {first.pid})")
    assert second.stdout.count("\n") == 1

    first.send_signal(signal.SIGINT)
    assert first.wait(90) == 0, runner.said()
    assert "Stop and keep the data" in runner.said()
    assert runner.is_gone()

    began = time.monotonic()
    again = runner.start()
    runner.up(again)
    assert time.monotonic() - began < SECOND_START_SECONDS, runner.said()
    assert parameters.get_parameter(Name="/kept")["Parameter"]["Value"] == "by the first"
    assert "wrote" not in runner.said()

    again.kill()
    again.wait()
    eventually(runner.is_gone, 90)
    eventually(FolderLock(runner.home).is_free, 90)
