"""The local AWS: ministack as a child process on the loopback interface.

It lives in a virtual environment of its own because it pins botocore. State is written at SIGTERM only, so it is
always asked to stop and waited for. Its working files (`ministack-lambda-*`) go to a temporary folder of its own that
is removed afterwards.
"""

import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from infra.local.environments import MINISTACK_VENV
from infra.local.processes import LOOPBACK, LocalError, Process, start, wait_until

GATE = Path(__file__).with_name("gate.py")
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE")
STOP_SECONDS = 60.0  # a large state takes its time to be written
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a fresh folder with a random name is made in it
MEMORY_NEEDED = 8 << 30  # bytes; 50 processes of the API take half of it
IDLE_SECONDS = 900  # how long an unused Lambda process stays warm


class Ministack:
    """One emulator with its files under `home`; `persist=False` keeps nothing after the stop."""

    def __init__(self, home: Path, port: int, *, persist: bool = True, authorize: bool = True) -> None:
        self.home = home
        self.port = port
        self.persist = persist
        self.authorize = authorize
        self.scratch: Path | None = None
        """Its TMPDIR while it runs: unpacked functions."""
        self._process: Process | None = None

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def environment(self) -> dict[str, str]:
        """The whole environment of the emulator; nothing of the caller's AWS settings reaches it or its functions."""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        flag = "1" if self.persist else "0"
        return {
            **kept,
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": LOOPBACK,
            "TMPDIR": str(self.scratch),
            "STATE_DIR": str(self.home / "state"),
            "S3_DATA_DIR": str(self.home / "s3"),
            "PERSIST_STATE": flag,
            "S3_PERSIST": flag,
            "AUTH": "true" if self.authorize else "false",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_WARM_TTL_SECONDS": str(IDLE_SECONDS),
            "LOG_LEVEL": "WARNING",
            # No Docker: it would stop containers that it takes for its own.
            "DOCKER_HOST": f"unix://{self.scratch}/no-docker.sock",
        }

    def start(self, hold: Sequence[int] = ()) -> None:
        """Start and return when it answers; `hold` as in `processes.start`."""
        python = MINISTACK_VENV / "bin" / "python"
        if not (MINISTACK_VENV / "bin" / "ministack").exists():
            raise LocalError("the local AWS is not installed: run `make setup`")
        for name in ("state", "s3"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        rewind_streams(self.home / "state")
        self.scratch = Path(tempfile.mkdtemp(prefix=f"linli-{self.port}-", dir=scratch_parent(self.home)))
        self._process = start(
            "ministack",
            [str(python), "-P", str(GATE)],
            log=self.home / "ministack.log",
            environment=self.environment(),
            folder=self.home,
            grace=STOP_SECONDS,
            hold=hold,
            scratch=self.scratch,
        )
        try:
            wait_until(self.is_ready, self._process)
        except BaseException:
            self.stop()
            raise

    def is_running(self) -> bool:
        return self._process is not None and self._process.is_running()

    def is_ready(self) -> bool:
        """True when it answers on its health address."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310 (our own http address)
                return bool(answer.status == 200)  # noqa: PLR2004 (HTTP OK)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        """Stop and wait until the state is written; its guard removes what it leaves in its temporary folder."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self.scratch = None


def rewind_streams(state: Path) -> None:
    """Have consumers of streams start at the beginning again: the emulator keeps how far they had read, but not the
    streams, so that after a restart they would wait for as many new records as they had seen old ones.
    """
    file = state / "lambda.json"
    if not file.exists():
        return
    kept = json.loads(file.read_text())
    positions = kept["payload"].get("dynamodb_stream_positions", {})
    if positions.get("data"):
        positions["data"] = {}
        rewritten = file.with_suffix(".new")
        rewritten.write_text(json.dumps(kept))
        rewritten.replace(file)


def scratch_parent(home: Path) -> Path:
    """Where functions are unpacked: each process unpacks thousands of files, three to ten times faster in memory."""
    if MEMORY_FOLDER.is_dir() and os.access(MEMORY_FOLDER, os.W_OK):
        free = shutil.disk_usage(MEMORY_FOLDER).free
        if free >= MEMORY_NEEDED:
            return MEMORY_FOLDER
    return home
