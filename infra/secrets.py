"""The stage's secrets: SSM SecureString parameters, made when they are missing, never shown.

token-key, pepper, cursor-key, ticket-key and scan-key are random and never replaced: replacing them ends every session,
loses every look-up by phone, breaks every cursor and makes every ticket and every poster worthless. access-key-<number>
sign access tokens: the highest number does. Stripe's two come from the
operator's environment; the local stack uses the sandbox's key and a random signing secret unless the environment has
real ones. `wechat-pay` and `alipay` are the operator's own accounts there, where there are any (infra.wallets).

`wechat-login` and `oidc-providers` are who else signs people in (infra.logins). `texts-alibaba`, `texts-tencent` and
`wechat-messages` are who brings texts and WeChat's messages (infra.texting); `receipts-key` ends the addresses that
tell what became of them.

`amap-key` is that of the provider of maps, where it is Amap.

`public-url`, which is no secret, lies beside them: the app stack makes it.

With `target.secrets_from` they are not made but those of another stage, which keeps them in this region
(infra.kept_secrets).

`seal-key-<version>` is a data key of sealed personal data, wrapped by the data stack's KMS key: its plain form never
leaves the functions. Without it nothing that was sealed can be read again.
"""

import base64
import os
import secrets as random
from collections.abc import Mapping

from infra import kept_secrets, logins, texting, wallets
from infra.changes import DeployError
from infra.targets import SANDBOX_AMAP_KEY, SANDBOX_STRIPE_KEY, Target

RANDOM_SECRETS = ("token-key", "access-key-1", "pepper", "cursor-key", "ticket-key", "scan-key", texting.RECEIPTS_KEY)
STRIPE_SECRETS = {"stripe-api-key": "STRIPE_API_KEY", "stripe-webhook-secret": "STRIPE_WEBHOOK_SECRET"}
"""Parameter -> the environment variable that gives its value."""
AMAP_SECRET, AMAP_VARIABLE = "amap-key", "AMAP_API_KEY"
_BYTES = 32


def fresh() -> str:
    """Return 32 random bytes as a text."""
    return base64.urlsafe_b64encode(random.token_bytes(_BYTES)).decode().rstrip("=")


def read(target: Target) -> dict[str, str]:
    """Return the stage's secrets by name: for the local sandbox, which signs webhooks with one of them."""
    return kept_secrets.stored(target, target.secrets_path)


def missing(target: Target, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what has to be written, by name: what is not there, and providers' where the environment gives new ones.

    Raises:
        DeployError: on AWS, Stripe's keys are neither stored nor in the environment; a wallet's account is not right;
            the pepper is gone, and there are accounts that are found by it.
    """
    there = read(target)
    # A stage that takes another's place begins with its secrets; the data keys come once there is a key to wrap them.
    brought = {name: value for name, value in kept_secrets.brought(target).items() if not name.startswith("seal-key-")}
    wanted = {name: value for name, value in brought.items() if name not in there}
    there = brought | there
    if kept_secrets.PEPPER not in there:
        _refuse_beside_rows(target, kept_secrets.PEPPER)
    wanted |= {name: fresh() for name in RANDOM_SECRETS if name not in there}
    for name, variable in STRIPE_SECRETS.items():
        given = environ.get(variable)
        if given and given != there.get(name):
            wanted[name] = given
    wanted |= _amap(target, there, environ)
    told = logins.wanted(target, environ)
    wanted |= {name: value for name, value in told.items() if value != there.get(name)}
    told = texting.wanted(target, there, environ)
    wanted |= {name: value for name, value in told.items() if value != there.get(name)}
    wanted |= {name: value for name, value in wallets.given(environ).items() if value != there.get(name)}
    if target.emulated and target.stripe:
        if "stripe-api-key" not in there:
            wanted.setdefault("stripe-api-key", SANDBOX_STRIPE_KEY)
        if "stripe-webhook-secret" not in there:
            wanted.setdefault("stripe-webhook-secret", f"whsec_{fresh()}")
    lacking = [STRIPE_SECRETS[name] for name in STRIPE_SECRETS if name not in there and name not in wanted]
    if lacking and target.stripe:
        raise DeployError(f"stage {target.stage} has no Stripe keys yet: set {' and '.join(lacking)}")
    return wanted


def _refuse_beside_rows(target: Target, name: str) -> None:
    """Raise DeployError where rows were written under a secret that is gone: another one would not open them."""
    table = f"{target.table_prefix}-accounts"
    client = target.client("dynamodb")
    try:
        is_empty = not client.scan(TableName=table, Limit=1)["Items"]
    except client.exceptions.ResourceNotFoundException:
        return
    if not is_empty:
        raise DeployError(
            f"{table} has rows and no {name} that opens them: put {target.secrets_path}{name} back, or begin a stage "
            "with --secrets-from where it is kept"
        )


def _amap(target: Target, there: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the key for Amap, where it is asked for addresses and the key is new.

    Raises:
        DeployError: there is none.
    """
    if target.geocoder != "amap":
        return {}
    known = there.get(AMAP_SECRET)
    given = environ.get(AMAP_VARIABLE) or (SANDBOX_AMAP_KEY if target.amap_api_base else known)
    if not given:
        raise DeployError(f"stage {target.stage} asks Amap for addresses and has no key: set {AMAP_VARIABLE}")
    return {AMAP_SECRET: given} if given != known else {}


def write(target: Target, values: Mapping[str, str]) -> None:
    """Store secrets by name; only those of payment providers may replace what is there. One that is longer than 4 KB,
    as an account with long keys is, becomes an advanced parameter, which costs a little each month.
    """
    client = target.client("ssm")
    for name, value in values.items():
        client.put_parameter(
            Name=f"{target.secrets_path}{name}",
            Value=value,
            Type="SecureString",
            Overwrite=name in {*STRIPE_SECRETS, *wallets.VARIABLES, *logins.VARIABLES, *texting.SECRETS, AMAP_SECRET},
            Tier="Intelligent-Tiering",
        )


def ensure_seal_key(target: Target, key_arn: str) -> bool:
    """Make the first data key when there is none yet, or take those of the stage whose place this one takes; return
    whether there was something to write.

    Raises:
        DeployError: there is none any more, and rows that need it.
    """
    if any(name.startswith("seal-key-") for name in read(target)):
        return False
    brought = kept_secrets.seal_keys(target, key_arn)
    if brought:
        write(target, brought)
        return True
    _refuse_beside_rows(target, "seal-key")
    wrapped = target.client("kms").generate_data_key_without_plaintext(KeyId=key_arn, KeySpec="AES_256")
    write(target, {"seal-key-1": base64.b64encode(wrapped["CiphertextBlob"]).decode()})
    return True
