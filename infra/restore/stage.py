"""The stage that a command is about, whole: also the local one, so that it can be deployed as it was."""

from infra.local import wallets
from infra.local.addresses import Addresses, home_folder
from infra.redrive import LOCAL
from infra.targets import Target


def target_of(stage: str, region: str) -> Target:
    """Return a stage in the operator's account, or the local stack that runs, as `infra.local.supervisor` deployed it.

    Raises:
        LocalError: none runs.
    """
    if stage != LOCAL:
        return Target.aws(stage=stage, region=region)
    return local(Addresses.read(home_folder()))


def local(addresses: Addresses) -> Target:
    """Return the target of a local stack by its addresses."""

    def port(address: str) -> int:
        return int(address.rpartition(":")[2])

    return Target.local(
        port=port(addresses.gateway),
        sandbox_port=port(addresses.sandbox),
        inbox_port=port(addresses.inbox),
        wechat_port=port(addresses.wechat),
        alipay_port=port(addresses.alipay),
        geocoder_port=port(addresses.geocoder),
        logins_port=port(addresses.logins),
        stage=addresses.stage,
        **wallets.settings(),
    )
