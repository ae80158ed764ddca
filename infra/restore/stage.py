"""The stage that a command is about, whole: also the local one, so that it can be deployed as it was."""

from infra.local.addresses import Addresses, Ports, home_folder
from infra.local.target import local_target
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

    ports = Ports(
        port(addresses.gateway),
        port(addresses.sandbox),
        port(addresses.inbox),
        port(addresses.wechat),
        port(addresses.alipay),
        port(addresses.geocoder),
        port(addresses.logins),
    )
    return local_target(ports, addresses.stage)
