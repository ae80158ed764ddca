"""Accounts at WeChat Pay and Alipay as operators give them: every form that is handed out, and one line for what is wrong."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID

from infra import wallets
from infra.changes import DeployError
from infra.sandbox.alipay import Keys as AlipayKeys
from infra.sandbox.wechat.keys import Keys as WechatKeys

WECHAT = WechatKeys.generate().application()
_ALIPAY = AlipayKeys.generate().config()
ALIPAY = {
    "app_id": _ALIPAY["app_id"],
    "seller_id": _ALIPAY["seller_id"],
    "private_key": _ALIPAY["app_private_key"],
    "public_keys": [_ALIPAY["alipay_public_key"]],
}
STANDARD_PARAMETER = 4096  # characters


def stored(name, fields):
    return json.loads(wallets.given({wallets.VARIABLES[name]: json.dumps(fields)})[name])


def own_public(pem):
    key = load_pem_private_key(pem.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def der(pem):
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def certificate(pem):
    """WeChat's own kind: self-signed here."""
    key = load_pem_private_key(pem.encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sandbox")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def test_nothing_given_is_nothing_stored():
    assert wallets.given({}) == {}
    assert wallets.given({"WECHAT_PAY_CONFIG": ""}) == {}


def test_accounts_are_stored_whole_and_fit_a_standard_parameter():
    assert stored("wechat-pay", WECHAT) == WECHAT | {"description": "邻里"}
    made = stored("alipay", ALIPAY)
    assert [der(key) for key in made["public_keys"]] == ALIPAY["public_keys"]
    assert made | {"public_keys": []} == ALIPAY | {"public_keys": []}
    assert len(WECHAT["platform_keys"]) == 2  # while one is being replaced, so that is as long as it gets
    two = ALIPAY | {"public_keys": [*ALIPAY["public_keys"], own_public(WECHAT["private_key"])]}
    sizes = [len(wallets.secret("wechat-pay", WECHAT)), len(wallets.secret("alipay", two))]
    assert max(sizes) < STANDARD_PARAMETER, sizes


def test_files_beside_the_configuration_are_read(tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "apiclient_key.pem").write_text(WECHAT["private_key"])
    [(name, public), *_] = WECHAT["platform_keys"].items()
    (folder / "pub_key.pem").write_text(f"{public}\n")
    fields = WECHAT | {"private_key": "apiclient_key.pem", "platform_keys": {name: "pub_key.pem"}}
    (folder / "wechat.json").write_text(json.dumps(fields))
    found = wallets.given({"WECHAT_PAY_CONFIG": str(folder / "wechat.json")})
    assert json.loads(found["wechat-pay"])["private_key"] == WECHAT["private_key"]
    assert json.loads(found["wechat-pay"])["platform_keys"] == {name: public}


def test_bare_base64_and_certificates_become_the_same_keys():
    bare = ALIPAY | {"private_key": der(ALIPAY["private_key"])}
    assert stored("alipay", bare)["private_key"] == ALIPAY["private_key"]
    pem = AlipayKeys.generate().config()["app_private_key"]
    found = stored("wechat-pay", WECHAT | {"platform_keys": {"5157F0": certificate(pem)}})
    assert found["platform_keys"] == {"5157F0": own_public(pem)}


def short_key(form=PrivateFormat.PKCS8, cipher=None):
    key = rsa.generate_private_key(65537, 1024)
    return key.private_bytes(Encoding.PEM, form, cipher or NoEncryption()).decode()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("wechat-pay", {"mchid": "19000x"}, "mchid: String should match"),
        ("wechat-pay", {"appid": None}, "appid: Input should be a valid string"),
        ("wechat-pay", {"api_v3_key": "short"}, "api_v3_key: String should match"),
        ("wechat-pay", {"platform_keys": {}}, "platform_keys: Dictionary should have at least 1 item"),
        ("wechat-pay", {"platform_keys": {"A1": "nonsense"}}, "platform_keys.A1: not a public key"),
        ("wechat-pay", {"private_key": "nonsense"}, "private_key: not a private key"),
        ("wechat-pay", {"private_key": short_key()}, "private_key: not an RSA key of 2048 bits"),
        ("wechat-pay", {"private_key": short_key(cipher=BestAvailableEncryption(b"x"))}, "without a password"),
        ("wechat-pay", {"notify_url": "https://x"}, "notify_url: Extra inputs are not permitted"),
        ("wechat-pay", {"description": "字" * 128}, "description: String should have at most 127"),
        ("alipay", {"seller_id": "1088000000000001"}, "seller_id: String should match"),
        ("alipay", {"public_keys": []}, "public_keys: List should have at least 1 item"),
        ("alipay", {"public_keys": [own_public(ALIPAY["private_key"])]}, "public key belongs to private_key"),
    ],
)
def test_what_is_wrong_is_one_line_without_a_key(name, change, said):
    fields = {"wechat-pay": WECHAT, "alipay": ALIPAY}[name] | change
    with pytest.raises(DeployError) as refused:
        stored(name, fields)
    told = str(refused.value)
    assert told.startswith(wallets.VARIABLES[name])
    assert said in told
    assert "\n" not in told
    assert not any(str(value)[:40] in told for field, value in fields.items() if "key" in field and value)


def test_files_that_are_not_there_or_no_json_are_told(tmp_path):
    with pytest.raises(DeployError, match=r"^ALIPAY_CONFIG: No such file or directory: .*nowhere\.json$"):
        wallets.given({"ALIPAY_CONFIG": str(tmp_path / "nowhere.json")})
    with pytest.raises(DeployError, match=r"^ALIPAY_CONFIG: no JSON: .* in line 2$"):
        wallets.given({"ALIPAY_CONFIG": '{"app_id":\n}'})
    (tmp_path / "alipay.json").write_text(json.dumps(ALIPAY | {"private_key": "lost.pem"}))
    with pytest.raises(DeployError, match=r"No such file or directory: .*lost\.pem"):
        wallets.given({"ALIPAY_CONFIG": str(tmp_path / "alipay.json")})


def test_more_keys_than_any_parameter_holds_are_refused():
    more = {f"{number:040X}": next(iter(WECHAT["platform_keys"].values())) for number in range(16)}
    with pytest.raises(DeployError, match="over the 8192 of an SSM parameter"):
        stored("wechat-pay", WECHAT | {"platform_keys": more})


def test_the_stored_public_keys_load():
    for pem in stored("wechat-pay", WECHAT)["platform_keys"].values():
        assert load_pem_public_key(pem.encode()).key_size == 2048
    assert base64.b64decode(ALIPAY["public_keys"][0])
