from dataclasses import replace

from infra import targets
from infra.local.addresses import Ports
from infra.local.target import local_target
from infra.targets import Target
from infra.template_app import environment


def test_local_target_stays_on_loopback(monkeypatch):
    monkeypatch.setattr(targets.platform, "machine", lambda: "aarch64")
    target = Target.local(port=4999)
    assert target.endpoint_url == "http://127.0.0.1:4999"
    assert (target.emulated, target.protect, target.architecture) == (True, False, "arm64")
    assert target.client("sqs") is Target.local(port=4999).client("sqs")
    assert target.client("sqs").meta.endpoint_url == "http://127.0.0.1:4999"


def test_webhooks_reach_this_machine_only_where_a_local_stack_is_told_so():
    """A stage at AWS cannot be: not even by a target that says it."""
    ports = Ports.free()
    assert environment(local_target(ports, "local", {}))["WEBHOOKS_LOOPBACK"] == "off"
    assert environment(local_target(ports, "local", {"WEBHOOKS_LOOPBACK": "on"}))["WEBHOOKS_LOOPBACK"] == "on"
    aws = Target.aws(stage="prod", region="eu-west-1", webhooks_loopback=True)
    assert environment(aws)["WEBHOOKS_LOOPBACK"] == "off"


def test_stages_have_names_of_their_own(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    prod, dev = (Target.aws(stage=stage, region="cn-north-1") for stage in ("prod", "dev"))
    assert (prod.protect, dev.protect) == (True, False)
    assert prod.partition == "aws-cn"
    assert prod.secrets_path == "/linli/prod/"
    assert {prod.data_stack, prod.app_stack}.isdisjoint({dev.data_stack, dev.app_stack})
    assert Target.aws(stage="prod", region="eu-west-1", table_prefix="restored").table_prefix == "restored"
    assert prod.client("sqs").meta.endpoint_url == "https://sqs.cn-north-1.amazonaws.com.cn"


def test_targets_keep_their_clients_whatever_their_notices_may_cost():
    capped = replace(Target.local(), notice_caps={"order": 5})
    assert capped.client("sqs") is replace(capped).client("sqs")
