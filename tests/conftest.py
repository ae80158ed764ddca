"""What all tests share: emulators, tables, the environment of a function, and the order of the suite.

- `tables`: every table under a prefix of this test alone, on the strict emulator; tests marked `store` run on both.
- `stack`: the whole local stack, deployed once from the package; tests that use it run first, in one process.
- Only loopback addresses can be reached.

The deploy engine is imported by the two fixtures that need it: a run of some unit tests does not wait for it.
"""

import os
import platform
import sys
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import pytest_socket

from chalicelib import settings, wiring
from chalicelib.kit import aws
from chalicelib.kit.clock import SystemClock
from tests import emulators, linting, on_demand, scheduling, watch
from tests.emulators import Emulator

if TYPE_CHECKING:
    from infra.local.supervisor import LocalStack

# How long examples take says something about the machine, which has other things to do.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

DEPLOY_SECONDS = 600
MADE = pytest.StashKey[on_demand.Tables]()
DEPLOYING = {"stack", "unpacked_package"}  # fixtures that package the app
HOSTS = ["127.0.0.1", "::1", "localhost"]
# Services that dynoxide does not have; a function under test finds them on ministack.
OTHER_SERVICES = ("SSM", "KMS", "SQS", "SNS", "SES", "SESV2", "S3", "LAMBDA", "CLOUDWATCH", "LOGS")


def pytest_configure() -> None:
    """The shipped code is watched in every process."""
    watch.install()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """No test reaches beyond this machine."""
    pytest_socket.socket_allow_hosts(HOSTS, allow_unix_socket=True)
    watch.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """No test in which something personal was logged, or sealed where no change of keys finds it, has passed."""
    yield
    assert not watch.FOUND, watch.FOUND


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests with tables run on the strict emulator, those marked `store` on both."""
    if "tables" not in metafunc.fixturenames:
        return
    is_store = metafunc.definition.get_closest_marker("store") is not None
    names = [emulators.DYNOXIDE, emulators.MINISTACK] if is_store else [emulators.default()]
    metafunc.parametrize("tables", names, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that packages or deploys the app first, with the time that it takes: it is one process's work for as long as
    all others have theirs. Then the quick ones.
    """
    for item in items:
        used = DEPLOYING & set(getattr(item, "fixturenames", ()))
        if used and not scheduling.is_alone(item.nodeid):
            raise pytest.UsageError(f"{item.nodeid} uses {used}: it belongs into tests/e2e, which runs in one process")
        if scheduling.is_alone(item.nodeid) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(DEPLOY_SECONDS))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if scheduling.is_alone(item.nodeid):
        return 0
    return 2 if item.get_closest_marker("store") else 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduling.Scheduler:
    """Tests that deploy the app stay in one process."""
    return scheduling.Scheduler(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures that tests have reported, from whichever process they ran in."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    figures = [str(value) for report in reports for name, value in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def dynoxide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The strict DynamoDB; required on linux-x64, skipped where it has no pinned binary."""
    if emulators.default() != emulators.DYNOXIDE:
        pytest.skip(f"dynoxide has no pinned binary for {sys.platform} {platform.machine()}; ministack stands in")
    with emulators.dynoxide(tmp_path_factory.mktemp("dynoxide")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A bare local AWS without functions, with the secrets, the key, the queues and the buckets of stage `test`."""
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as emulator:
        emulators.furnish(emulator)
        yield emulator


@pytest.fixture
def tables(request: pytest.FixtureRequest, ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """All tables, empty and this test's own, in the environment that a function of stage `test` sees.

    Yields the emulator; the prefix is `chalicelib.settings.settings().table_prefix`.
    """
    emulator: Emulator = request.getfixturevalue(request.param)
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    for name, value in emulators.function_environment(prefix, emulator.endpoint).items():
        monkeypatch.setenv(name, value)
    for service in OTHER_SERVICES:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", ministack.endpoint)
    bind_clients(emulator.endpoint)
    forget()
    with on_demand.tables(emulator, prefix) as made:
        request.node.stash[MADE] = made
        yield emulator
    wiring.use_clock(SystemClock())  # whatever a test has set
    forget()


@pytest.fixture
def all_tables(tables: Emulator, request: pytest.FixtureRequest) -> Emulator:
    """As `tables`, all of them there: for tests that start other processes."""
    request.node.stash[MADE].make_all()
    return tables


_bound: list[str] = []


def bind_clients(endpoint: str) -> None:
    """Have the shipped code make its clients anew when they speak to another emulator; making them takes 130 ms."""
    if _bound != [endpoint]:
        aws.reset()
        _bound[:] = [endpoint]


def forget() -> None:
    """Let the shipped code read its settings anew and build its stores and gateways anew."""
    settings.reset()
    wiring.reset()


@pytest.fixture(scope="session", autouse=True)
def linted_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What cfn-lint found right is not read again, in no process of this run."""
    base = tmp_path_factory.getbasetemp()
    with linting.remembering((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "linted"):
        yield


@pytest.fixture(scope="session")
def unpacked_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the deployment package as Lambda unpacks it."""
    from infra.package import package
    from infra.targets import Target

    made = package(Target.local())
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(made.zip_path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LocalStack]":
    """The whole local stack with demo data, deployed from the package as `make run` does it."""
    from rich.console import Console

    from infra.local.addresses import Ports
    from infra.local.supervisor import LocalStack

    home = tmp_path_factory.mktemp("stack")
    made = LocalStack(home, Ports.free(), console=Console(width=120))
    made.target = replace(made.target, webhooks_loopback=True)  # a merchant's server is a thread of a test
    with made as running:
        yield running
        # What all functions have logged in the stack's life.
        told = watch.in_logs(running.target.client("logs"), f"/aws/lambda/{running.target.prefix}-")
        assert not told, told[:20]
