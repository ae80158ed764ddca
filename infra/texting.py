"""Who sends text messages and WeChat's messages: as a deployment is told them, checked, one secret each.

    TEXTS_CONFIG=alibaba.json WECHAT_MESSAGES_CONFIG=wechat.json make deploy STAGE=prod REGION=ap-southeast-1

A variable holds the name of a JSON file, or the JSON itself. Texts are sent by the provider that the stage names
(`texts = "alibaba"` or `"tencent"`), in templates that it approved: by kind of notice and language, `*` for all others.
`login_code` is the sign-in code. A template's `params` are our names of its variables, in its order; `text` is the
whole message, `title` its headline.

    {"key_id": "LTAI...", "key_secret": "...", "sign_name": "邻里",
     "templates": {"login_code": {"*": {"code": "SMS_100001", "params": ["code"]}},
                   "*": {"zh-CN": {"code": "SMS_100002", "params": ["text"]}}}}

Tencent's has `app_id` too, and `region`. WeChat's is an object of apps by their appid; a template's params are
`field=variable`:

    {"wx1234567890abcdef": {"kind": "mini", "secret": "...", "page": "pages/notice",
     "templates": {"order.confirmed.customer": {"*": {"code": "Yw2bfn...", "params": ["thing1=shop", "date2=at"]}}}}}
"""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chalicelib.profiles.rules.notices import KINDS
from infra.changes import DeployError
from infra.logins import SANDBOX_APP_SECRET, Appid
from infra.targets import Target
from infra.told import fitting, read_json, refused

TEXTS_VARIABLE, WECHAT_VARIABLE = "TEXTS_CONFIG", "WECHAT_MESSAGES_CONFIG"
SECRETS = frozenset({"texts-alibaba", "texts-tencent", "wechat-messages"})
RECEIPTS_KEY = "receipts-key"
"""What the addresses end in that the two Chinese providers are given for their receipts."""
_LOGIN = "login_code"


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


_Pair = Annotated[str, Field(pattern=r"^[a-z_]{1,20}[0-9]{0,2}=\w{1,40}$")]


class Form(_Told):
    """See `kit.texting.Form`."""

    code: str = Field(pattern=r"^[\w-]{1,64}$")
    params: list[Annotated[str, Field(pattern=r"^\w{1,40}$")]] = Field(max_length=12)


class WechatForm(_Told):
    """Likewise, with the field that each variable goes to."""

    code: str = Field(pattern=r"^[\w-]{1,64}$")
    params: list[_Pair] = Field(min_length=1, max_length=5)


Language = Literal["zh-CN", "en", "*"]
Forms = Annotated[dict[str, Annotated[dict[Language, Form], Field(min_length=1)]], Field(min_length=1, max_length=100)]
WechatForms = Annotated[
    dict[str, Annotated[dict[Language, WechatForm], Field(min_length=1)]], Field(min_length=1, max_length=100)
]


class Alibaba(_Told):
    """See `kit.texting_alibaba.AlibabaAccount`."""

    key_id: str = Field(pattern="^[0-9A-Za-z]{10,40}$")
    key_secret: str = Field(pattern="^[0-9A-Za-z]{20,64}$")
    sign_name: str = Field(min_length=2, max_length=24)
    templates: Forms


class Tencent(_Told):
    """See `kit.texting_tencent.TencentAccount`."""

    key_id: str = Field(pattern="^AKID[0-9A-Za-z]{20,60}$")
    key_secret: str = Field(pattern="^[0-9A-Za-z]{20,64}$")
    app_id: str = Field(pattern="^[0-9]{10}$")
    sign_name: str = Field(default="", max_length=24)
    region: str = Field(default="ap-guangzhou", pattern="^[a-z]{2}-[a-z]+$")
    templates: Forms


class Source(_Told):
    """See `notifications.gateways.wechat.WechatSource`."""

    kind: Literal["official", "mini"]
    secret: str = Field(pattern="^[0-9A-Za-z_]{8,64}$")
    templates: WechatForms
    page: str | None = Field(default=None, pattern=r"^[\w/-]{1,100}$")
    mini: Appid | None = None
    lasting: bool = False


SANDBOX = {
    "wxsandboxmini0001": {
        "kind": "mini",
        "secret": SANDBOX_APP_SECRET,
        "page": "pages/notice",
        "templates": {"*": {"*": {"code": "tpl_sandbox", "params": ["thing1=title", "thing2=text"]}}},
    }
}
"""What people can agree to locally, where the inbox catches all messages."""
_FORMS: Mapping[str, TypeAdapter[Any]] = {
    "texts-alibaba": TypeAdapter(Alibaba),
    "texts-tencent": TypeAdapter(Tencent),
    "wechat-messages": TypeAdapter(Annotated[dict[Appid, Source], Field(max_length=10)]),
}


def wanted(target: Target, there: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the environment has.

    Args:
        there: what is stored, by name.

    Raises:
        DeployError: one line that names the variable and the field, and no key; or the stage names a provider whose
            account is neither stored nor in the environment, or that has no template for sign-in codes.
    """
    found = {"wechat-messages": secret("wechat-messages", WECHAT_VARIABLE, SANDBOX)} if target.emulated else {}
    name, told = f"texts-{target.texts}", environ.get(TEXTS_VARIABLE)
    if target.texts != "sns" and told:
        found[name] = secret(name, TEXTS_VARIABLE, read_json(TEXTS_VARIABLE, told))
    if environ.get(WECHAT_VARIABLE):
        told = environ[WECHAT_VARIABLE]
        found["wechat-messages"] = secret("wechat-messages", WECHAT_VARIABLE, read_json(WECHAT_VARIABLE, told))
    if target.texts != "sns" and name not in {**there, **found} and not target.emulated:
        raise DeployError(
            f"stage {target.stage} sends texts by {target.texts} and has no account there: set {TEXTS_VARIABLE}"
        )
    return found


def secret(name: str, variable: str, told: Any) -> str:
    """Return what was told as it is stored.

    Raises:
        DeployError: likewise.
    """
    form = _FORMS[name]
    try:
        made = form.validate_python(told)
    except ValidationError as error:
        raise refused(variable, error) from None
    accounts = [made] if name != "wechat-messages" else list(made.values())
    unknown = {kind for one in accounts for kind in one.templates} - {"*", _LOGIN, *KINDS}
    if unknown:
        raise DeployError(f"{variable}: templates: {min(unknown)} is no kind of notice")
    if name != "wechat-messages" and not {"*", _LOGIN} & set(made.templates):
        raise DeployError(f"{variable}: templates: none for sign-in codes ({_LOGIN})")
    return fitting(variable, form.dump_json(made, exclude_none=True).decode())


def addresses(public_url: str, key: str) -> dict[str, str]:
    """Return where each provider is to send its receipts."""
    return {name: f"{public_url}/v1/webhooks/texts/{name}/{key}" for name in ("alibaba", "tencent")}


def main(arguments: Sequence[str]) -> int:
    """Print the addresses for a stage's receipts: they are secret, and entered at the provider's console.

    python -m infra.texting STAGE REGION
    """
    from infra import kept_secrets

    if len(arguments) != 2 or not re.fullmatch(r"[a-z][a-z0-9-]*", arguments[0]):  # noqa: PLR2004 - stage and region
        print("usage: python -m infra.texting STAGE REGION", file=sys.stderr)
        return 2
    target = Target.aws(stage=arguments[0], region=arguments[1])
    stored = kept_secrets.stored(target, target.secrets_path)
    if RECEIPTS_KEY not in stored or "public-url" not in stored:
        print("texting: deploy the stage first", file=sys.stderr)
        return 1
    for name, address in addresses(stored["public-url"], stored[RECEIPTS_KEY]).items():
        print(f"{name:8} {address}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
