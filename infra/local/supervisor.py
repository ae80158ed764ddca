"""The whole platform on one machine: starts its parts in order, and stops every one of them again.

Used by `make run` and by the end-to-end tests:

    with LocalStack(home, Ports.free(), console=console) as stack:
        requests.get(f"{stack.addresses.api}/v1/health")

The parts are children behind guards (guard.py): they stop when we stop, also when we are killed. With STRIPE_API_KEY in
the environment the functions talk to Stripe instead of the sandbox; wallets likewise, see wallets.py.
"""

import concurrent.futures
import contextlib
import functools
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from infra import secrets
from infra.deploy import ANYTHING, deploy
from infra.local import wallets
from infra.local.addresses import (
    ALIPAY_VARIABLE,
    GATEWAY_VARIABLE,
    GEOCODER_VARIABLE,
    INBOX_VARIABLE,
    LOGINS_VARIABLE,
    SANDBOX_VARIABLE,
    WECHAT_VARIABLE,
    Addresses,
    Ports,
)
from infra.local.demo_data import load_demo_data
from infra.local.environments import ROOT
from infra.local.lock import FolderLock
from infra.local.ministack import Ministack
from infra.local.processes import LocalError, Process, answers, require_free, start, wait_until
from infra.local.target import local_target
from infra.steps import step

WARM_PROCESSES = 2  # API processes that are started before the first visitor comes
WARM_SECONDS = 60.0


class LocalStack:
    """Ministack with everything deployed, the payment providers' sandboxes and the inbox.

    Args:
        home: folder of state and logs; what lies there is taken up again.
        ports: where to listen on the loopback interface.
        console: where the steps are shown.
        demo_data: load the demo shops when they are not there yet.
        stage: name of the stage that is deployed.
        persist: keep the state when it stops.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports,
        *,
        console: Console,
        demo_data: bool = True,
        stage: str = "local",
        persist: bool = True,
    ) -> None:
        self.home = home
        self.ports = ports
        self.console = console
        self.target = local_target(ports, stage)
        self._demo_data = demo_data
        self._persist = persist
        self._lock = FolderLock(home)
        self._ministack = Ministack(home / "ministack", ports.gateway, persist=persist)
        self._servers: list[Process] = []
        self._addresses: Addresses | None = None

    @property
    def addresses(self) -> Addresses:
        """Where everything is; only while it runs."""
        if self._addresses is None:
            raise RuntimeError("the local stack is not running")
        return self._addresses

    def start(self) -> None:
        """Start everything and return when it answers; when a part fails, what was started is stopped again.

        Raises:
            LocalError: with one line for the person at the keyboard.
        """
        self._lock.acquire()
        Addresses.forget(self.home)  # of a stack that was killed
        try:
            self._require_ports()
            self._start_parts()
        except BaseException:
            self.stop()
            raise

    def _require_ports(self) -> None:
        require_free(self.ports.gateway, "the local AWS", GATEWAY_VARIABLE)
        require_free(self.ports.sandbox, "the Stripe sandbox", SANDBOX_VARIABLE)
        require_free(self.ports.inbox, "the inbox", INBOX_VARIABLE)
        require_free(self.ports.wechat, "the WeChat Pay sandbox", WECHAT_VARIABLE)
        require_free(self.ports.alipay, "the Alipay sandbox", ALIPAY_VARIABLE)
        require_free(self.ports.geocoder, "the geocoder sandbox", GEOCODER_VARIABLE)
        require_free(self.ports.logins, "the sign-in sandbox", LOGINS_VARIABLE)

    def _start_parts(self) -> None:
        servers = self._start_wallets()
        with step(self.console, "Local AWS"):
            self._ministack.start(hold=[self._lock.descriptor])
        outputs = deploy(self.target, self.console, lose=ANYTHING)
        addresses = Addresses.of(outputs.api, self.ports, self.target.stage)
        with step(self.console, "Sandboxes, inbox, warm-up of the functions"):
            self._open_accounts(servers)
            servers |= self._start_servers(addresses)
            warm_up(addresses.api)
            for server, port in servers.items():
                wait_until(functools.partial(answers, port), server)
        if self._demo_data:
            with step(self.console, "Demo data"):
                load_demo_data(self.target)
        addresses.write(self.home)
        self._addresses = addresses

    def _start_wallets(self) -> dict[Process, int]:
        """Start the wallets' sandboxes, which make keys meanwhile; returns each with its port."""
        state = self.home / "sandbox" if self._persist else None
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
        ports = {"wechat": self.ports.wechat, "alipay": self.ports.alipay}
        return {
            self._start_server(name, more): ports[name] for name, more in wallets.options(self.ports, state).items()
        }

    def _open_accounts(self, sandboxes: Mapping[Process, int]) -> None:
        """Tell the functions, before one has read its secrets, of their accounts at the wallets' sandboxes."""
        for server, port in sandboxes.items():
            wait_until(functools.partial(answers, port), server)
        known = secrets.read(self.target)
        told = wallets.accounts(self.target, self.ports)
        secrets.write(self.target, {name: value for name, value in told.items() if value != known.get(name)})

    def _start_servers(self, addresses: Addresses) -> dict[Process, int]:
        """Start what stands in for the world outside of AWS; returns each with its port."""
        state = self.home / "sandbox"
        webhook = ["--webhook-url", f"{addresses.api}/v1/webhooks/stripe"]
        signing = ["--webhook-secret", secrets.read(self.target)["stripe-webhook-secret"]]
        stripe = ["--port", str(self.ports.sandbox), *webhook, *signing]
        inbox = ["--port", str(self.ports.inbox)]
        if self._persist:
            state.mkdir(parents=True, exist_ok=True)
            stripe += ["--state", str(state / "stripe.json")]
            inbox += ["--state", str(state / "inbox.json")]
        return {
            self._start_server("stripe", stripe): self.ports.sandbox,
            self._start_server("inbox", inbox): self.ports.inbox,
            self._start_server("geocoder", ["--port", str(self.ports.geocoder)]): self.ports.geocoder,
            self._start_server("logins", ["--port", str(self.ports.logins)]): self.ports.logins,
        }

    def _start_server(self, name: str, options: list[str]) -> Process:
        command = [sys.executable, "-m", f"infra.sandbox.{name}", *options]
        log = self.home / "logs" / f"{name}.log"
        server = start(name, command, log=log, folder=ROOT, grace=5, hold=[self._lock.descriptor])
        self._servers.append(server)
        return server

    def ended(self) -> str | None:
        """The name of a part that has ended by itself, if one has."""
        for server in self._servers:
            if not server.is_running():
                return server.name
        return None if self._ministack.is_running() else "ministack"

    def stop(self) -> None:
        """Stop everything, wait for the state to be written; harmless when nothing runs."""
        Addresses.forget(self.home)
        self._addresses = None
        with contextlib.ExitStack() as last_first:
            last_first.callback(self._lock.release)
            last_first.callback(self._ministack.stop)
            for server in self._servers:
                last_first.callback(server.stop)
        self._servers.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def warm_up(api: str) -> None:
    """Have some processes of the API ready: each parallel request makes one, and the first of each is slow."""

    def ask() -> None:
        with urllib.request.urlopen(f"{api}/v1/health", timeout=WARM_SECONDS) as answer:  # noqa: S310 (our own http address)
            answer.read()

    with concurrent.futures.ThreadPoolExecutor(WARM_PROCESSES) as pool:
        tries = [pool.submit(ask) for _ in range(WARM_PROCESSES)]
    problems = [found for found in (attempt.exception() for attempt in tries) if found is not None]
    if problems:
        raise LocalError(f"the deployed API does not answer: {problems[0]}; see `make logs NAME=api`")
