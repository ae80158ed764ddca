"""The wallets of the local stack: who takes them, and what the functions are told of the sandboxes."""

import json

import pytest

from infra.local import wallets
from infra.local.addresses import Ports
from infra.local.processes import LocalError
from infra.sandbox.alipay import AlipaySandbox
from infra.sandbox.wechat import WechatSandbox
from infra.targets import Target


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, {"wallets": "stripe"}),
        ({"WALLETS": "direct"}, {"wallets": "direct"}),
        ({"WECHAT_PAY_CONFIG": "wechat.json"}, {"wallets": "stripe", "wechat_pay_api_base": ""}),
        ({"WALLETS": "direct", "ALIPAY_CONFIG": "a.json"}, {"wallets": "direct", "alipay_gateway": ""}),
    ],
)
def test_stripe_takes_them_unless_the_environment_says_so(environ, found):
    assert wallets.settings(environ) == found


def test_another_way_is_told():
    with pytest.raises(LocalError, match="WALLETS=cash takes no wallets: direct or stripe"):
        wallets.settings({"WALLETS": "cash"})


def test_sandboxes_keep_their_keys_where_there_is_a_folder(tmp_path):
    ports = Ports(wechat=1, alipay=2)
    assert wallets.options(ports, None) == {"wechat": ["--port", "1"], "alipay": ["--port", "2"]}
    kept = wallets.options(ports, tmp_path)
    assert kept["wechat"][2:] == ["--state", str(tmp_path / "wechat.json")]
    assert kept["alipay"][2:] == ["--keys", str(tmp_path / "alipay.json")]


def test_functions_get_the_accounts_that_the_sandboxes_know():
    with WechatSandbox() as wechat, AlipaySandbox() as alipay:
        ports = Ports(wechat=wechat.port, alipay=alipay.port)
        target = Target.local(wechat_port=wechat.port, alipay_port=alipay.port)
        found = {name: json.loads(value) for name, value in wallets.accounts(target, ports).items()}
        real = Target.local(wechat_pay_api_base="", alipay_gateway="")
        assert wallets.accounts(real, ports) == {}
    assert found["wechat-pay"] == wechat.keys.application() | {"description": "邻里"}
    assert found["alipay"]["private_key"] == alipay.keys.config()["app_private_key"]
    assert (found["alipay"]["app_id"], len(found["alipay"]["public_keys"])) == (alipay.keys.app_id, 1)
