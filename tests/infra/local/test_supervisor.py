"""The local stack's order of events, with parts that do what a test says."""

from pathlib import Path

import pytest
from rich.console import Console

from infra.local.addresses import Addresses, Ports
from infra.local.lock import FolderLock
from infra.local.ministack import Ministack
from infra.local.processes import LocalError
from infra.local.supervisor import LocalStack
from infra.local.target import REAL_STRIPE_VARIABLE
from infra.local.wallets import MODE_VARIABLE
from infra.wallets import VARIABLES

STALE = Addresses.of("http://127.0.0.1:9/api", Ports(1, 2, 3), "local")


def test_a_failed_start_stops_what_was_started_and_frees_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Ministack] = []

    def refuse(self: Ministack, hold: object = ()) -> None:
        raise LocalError("no luck")

    def note_stop(self: Ministack) -> None:
        stopped.append(self)

    monkeypatch.setattr(Ministack, "start", refuse)
    monkeypatch.setattr(Ministack, "stop", note_stop)
    STALE.write(tmp_path)
    with pytest.raises(LocalError, match="no luck"), LocalStack(tmp_path, Ports.free(), console=Console()):
        pass
    assert len(stopped) == 1
    assert FolderLock(tmp_path).is_free()
    with pytest.raises(LocalError, match="not running"):
        Addresses.read(tmp_path)


@pytest.mark.parametrize(("key", "base"), [(None, "http://127.0.0.1:2"), ("sk_test_x", "")])
def test_a_real_stripe_key_takes_the_place_of_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None, base: str
) -> None:
    monkeypatch.delenv(REAL_STRIPE_VARIABLE, raising=False)
    if key is not None:
        monkeypatch.setenv(REAL_STRIPE_VARIABLE, key)
    assert LocalStack(tmp_path, Ports(1, 2, 3), console=Console()).target.stripe_api_base == base


@pytest.mark.parametrize("given", ["direct", None])
def test_wallets_are_stripes_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    for name in (*VARIABLES.values(), MODE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    if given is not None:
        monkeypatch.setenv(MODE_VARIABLE, given)
    target = LocalStack(tmp_path, Ports(1, 2, 3, 4, 5), console=Console()).target
    assert target.wallets == (given or "stripe")
    found = (target.wechat_pay_api_base, target.alipay_gateway)
    assert found == ("http://127.0.0.1:4", "http://127.0.0.1:5/gateway.do")


def test_a_part_that_is_not_there_has_ended(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path, Ports.free(), console=Console())
    assert stack.ended() == "ministack"
    stack.stop()
