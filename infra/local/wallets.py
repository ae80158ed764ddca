"""The WeChat Pay and Alipay sandboxes of the local stack, and the accounts that the functions have there."""

import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.addresses import Ports
from infra.local.processes import LOOPBACK, LocalError
from infra.targets import Target
from infra.wallets import VARIABLES, secret

MODE_VARIABLE = "WALLETS"
_SECONDS = 10.0


def settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the target's fields about wallets that are not the defaults: Stripe's sandbox takes them unless
    WALLETS=direct; an account of the environment's own is at WeChat or Alipay themselves.

    Raises:
        LocalError: WALLETS has another value.
    """
    mode = environ.get(MODE_VARIABLE) or "stripe"
    if mode not in ("direct", "stripe"):
        raise LocalError(f"{MODE_VARIABLE}={mode} takes no wallets: direct or stripe")
    own = {"wechat-pay": "wechat_pay_api_base", "alipay": "alipay_gateway"}
    return {"wallets": mode} | {own[name]: "" for name, variable in VARIABLES.items() if environ.get(variable)}


def options(ports: Ports, state: Path | None) -> dict[str, list[str]]:
    """Return each sandbox's command line by its name; with a folder of state it keeps its keys, for its owner alone."""
    wechat, alipay = ["--port", str(ports.wechat)], ["--port", str(ports.alipay)]
    if state is not None:
        wechat += ["--state", str(state / "wechat.json")]
        alipay += ["--keys", str(state / "alipay.json")]
    return {"wechat": wechat, "alipay": alipay}


def accounts(target: Target, ports: Ports) -> dict[str, str]:
    """Return the functions' accounts at the sandboxes, which must answer, as secrets; none where the functions do not
    talk to them.
    """
    found = {}
    if target.wechat_pay_api_base:
        found["wechat-pay"] = secret("wechat-pay", _told(ports.wechat))
    if target.alipay_gateway:
        told = _told(ports.alipay)
        keys = {"private_key": told["app_private_key"], "public_keys": [told["alipay_public_key"]]}
        found["alipay"] = secret("alipay", {name: told[name] for name in ("app_id", "seller_id")} | keys)
    return found


def _told(port: int) -> dict[str, Any]:
    """Return what a sandbox says that the application is set up with."""
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/_sandbox/keys", timeout=_SECONDS) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
