"""Ports from the environment, and the addresses that commands find each other by."""

from dataclasses import astuple
from pathlib import Path

import pytest

from infra.local import environments
from infra.local.addresses import Addresses, Ports, home_folder
from infra.local.processes import LocalError

VARIABLES = (
    "LINLI_HOME",
    "LINLI_PORT",
    "LINLI_SANDBOX_PORT",
    "LINLI_INBOX_PORT",
    "LINLI_WECHAT_PORT",
    "LINLI_ALIPAY_PORT",
    "LINLI_GEOCODER_PORT",
    "LINLI_LOGINS_PORT",
)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_defaults() -> None:
    assert Ports.from_environment() == Ports(4566, 12111, 12112, 12113, 12114, 12115, 12116)
    assert home_folder() == environments.ROOT / ".local"


def test_variables_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in zip(
        VARIABLES, (str(tmp_path), "5001", "5002", "5003", "5004", "5005", "5006", "5007"), strict=True
    ):
        monkeypatch.setenv(name, value)
    assert Ports.from_environment() == Ports(5001, 5002, 5003, 5004, 5005, 5006, 5007)
    assert home_folder() == tmp_path


@pytest.mark.parametrize("text", ["0", "-1", "65536", "http", "1.5"])
def test_what_is_no_port_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LINLI_PORT", text)
    with pytest.raises(LocalError, match=f"LINLI_PORT={text} is not a port"):
        Ports.from_environment()


def test_free_ports_differ() -> None:
    ports = Ports.free()
    assert len(set(astuple(ports))) == 7


def test_addresses_are_written_read_and_forgotten(tmp_path: Path) -> None:
    addresses = Addresses.of("http://127.0.0.1:1/api", Ports(1, 2, 3, 4, 5, 6, 7), "local")
    assert addresses.docs == "http://127.0.0.1:1/api/v1/docs"
    assert (addresses.gateway, addresses.sandbox, addresses.inbox) == tuple(f"http://127.0.0.1:{n}" for n in (1, 2, 3))
    assert (addresses.wechat, addresses.alipay) == ("http://127.0.0.1:4", "http://127.0.0.1:5")
    assert (addresses.geocoder, addresses.logins) == ("http://127.0.0.1:6", "http://127.0.0.1:7")
    addresses.write(tmp_path)
    assert Addresses.read(tmp_path) == addresses
    Addresses.forget(tmp_path)
    Addresses.forget(tmp_path)
    with pytest.raises(LocalError, match="not running; start it with `make run`"):
        Addresses.read(tmp_path)
