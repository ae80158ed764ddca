"""Where the local stack is: its folder, its ports, and the addresses that it writes down for other commands."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from infra.local.environments import ROOT
from infra.local.processes import LOOPBACK, LocalError, free_port

HOME_VARIABLE = "LINLI_HOME"
GATEWAY_VARIABLE = "LINLI_PORT"
SANDBOX_VARIABLE = "LINLI_SANDBOX_PORT"
INBOX_VARIABLE = "LINLI_INBOX_PORT"
WECHAT_VARIABLE = "LINLI_WECHAT_PORT"
ALIPAY_VARIABLE = "LINLI_ALIPAY_PORT"
GEOCODER_VARIABLE = "LINLI_GEOCODER_PORT"
LOGINS_VARIABLE = "LINLI_LOGINS_PORT"
HIGHEST_PORT = 65535


def home_folder() -> Path:
    """The folder of the local stack's state and logs: LINLI_HOME, or `.local` in this checkout."""
    return Path(os.environ.get(HOME_VARIABLE) or ROOT / ".local").resolve()


@dataclass(frozen=True)
class Ports:
    """Ports on the loopback interface."""

    gateway: int = 4566
    sandbox: int = 12111
    inbox: int = 12112
    wechat: int = 12113
    alipay: int = 12114
    geocoder: int = 12115
    logins: int = 12116

    @classmethod
    def from_environment(cls) -> Self:
        """The default ports, each replaced by its variable where that is set; LocalError when one is no port."""
        return cls(
            gateway=_port(GATEWAY_VARIABLE, cls.gateway),
            sandbox=_port(SANDBOX_VARIABLE, cls.sandbox),
            inbox=_port(INBOX_VARIABLE, cls.inbox),
            wechat=_port(WECHAT_VARIABLE, cls.wechat),
            alipay=_port(ALIPAY_VARIABLE, cls.alipay),
            geocoder=_port(GEOCODER_VARIABLE, cls.geocoder),
            logins=_port(LOGINS_VARIABLE, cls.logins),
        )

    @classmethod
    def free(cls) -> Self:
        """Ports that nothing uses right now, for tests."""
        return cls(*(free_port() for _ in range(7)))


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise LocalError(f"{variable}={text} is not a port")
    return int(text)


@dataclass(frozen=True)
class Addresses:
    """The addresses of a running stack, without trailing slashes; `api` is followed by `/v1/...`."""

    api: str
    docs: str
    inbox: str
    sandbox: str
    wechat: str
    alipay: str
    geocoder: str
    logins: str
    gateway: str
    stage: str

    @classmethod
    def of(cls, api: str, ports: Ports, stage: str) -> Self:
        """The addresses of a stack with this API on these ports."""
        base = f"http://{LOOPBACK}"
        return cls(
            api=api,
            docs=f"{api}/v1/docs",
            inbox=f"{base}:{ports.inbox}",
            sandbox=f"{base}:{ports.sandbox}",
            wechat=f"{base}:{ports.wechat}",
            alipay=f"{base}:{ports.alipay}",
            geocoder=f"{base}:{ports.geocoder}",
            logins=f"{base}:{ports.logins}",
            gateway=f"{base}:{ports.gateway}",
            stage=stage,
        )

    def write(self, home: Path) -> None:
        """Write them down where `read` finds them."""
        temporary = _file(home).with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self), indent=2) + "\n")
        temporary.replace(_file(home))

    @classmethod
    def read(cls, home: Path) -> Self:
        """The addresses of the stack that runs in this folder; LocalError when none does."""
        try:
            return cls(**json.loads(_file(home).read_text()))
        except FileNotFoundError:
            raise LocalError("the local stack is not running; start it with `make run`") from None

    @staticmethod
    def forget(home: Path) -> None:
        """Remove what `write` wrote."""
        _file(home).unlink(missing_ok=True)


def _file(home: Path) -> Path:
    return home / "addresses.json"
