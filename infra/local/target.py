"""The target of a local stack, by its ports: with real keys in the environment the functions ask the real providers."""

import os
from collections.abc import Mapping
from dataclasses import replace

from infra import logins, secrets
from infra.local import wallets
from infra.local.addresses import Ports
from infra.targets import Target

REAL_STRIPE_VARIABLE = "STRIPE_API_KEY"
LOOPBACK_VARIABLE = "WEBHOOKS_LOOPBACK"
"""With `on` webhooks are sent to `http://127.0.0.1:<port>` too."""


def local_target(ports: Ports, stage: str, environ: Mapping[str, str] = os.environ) -> Target:
    """Return the target of the stack on these ports.

    Raises:
        LocalError: the environment says of wallets what cannot be.
    """
    target = Target.local(
        port=ports.gateway,
        sandbox_port=ports.sandbox,
        inbox_port=ports.inbox,
        wechat_port=ports.wechat,
        alipay_port=ports.alipay,
        geocoder_port=ports.geocoder,
        logins_port=ports.logins,
        stage=stage,
        **wallets.settings(environ),
    )
    if environ.get(LOOPBACK_VARIABLE) == "on":
        target = replace(target, webhooks_loopback=True)
    if REAL_STRIPE_VARIABLE in environ:
        target = replace(target, stripe_api_base="")
    if secrets.AMAP_VARIABLE in environ:
        target = replace(target, amap_api_base="")
    if logins.VARIABLES["wechat-login"] in environ:
        target = replace(target, wechat_login_api_base="")
    return target
