"""Demo data is loaded once per version."""

import sys
from types import ModuleType

import pytest
from rich.console import Console

from infra.local.addresses import Addresses, Ports
from infra.local.demo_data import load_demo_data, mark_name
from infra.targets import Target
from tests.emulators import Emulator

ADDRESSES = Addresses.of("http://127.0.0.1:1/api", Ports(1, 2, 3), "local")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Addresses]:
    """A planted module that notes where it was asked to load."""
    loaded: list[Addresses] = []
    module = ModuleType("infra.demo_data")
    module.VERSION = "1"
    module.load = lambda _target, addresses, _console: loaded.append(addresses)
    module.__spec__ = sys.__spec__
    monkeypatch.setitem(sys.modules, "infra.demo_data", module)
    return loaded


def test_loaded_once_per_version(ministack: Emulator, loads: list[Addresses]) -> None:
    target = Target.local(port=int(ministack.endpoint.rpartition(":")[2]), stage="demo-test")
    assert not mark_name(target).startswith(target.secrets_path)
    assert load_demo_data(target, ADDRESSES, Console())
    assert not load_demo_data(target, ADDRESSES, Console())
    assert loads == [ADDRESSES]
    sys.modules["infra.demo_data"].VERSION = "2"
    assert load_demo_data(target, ADDRESSES, Console())
    assert len(loads) == 2
