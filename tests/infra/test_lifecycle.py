"""The life of a stage in one emulator, as an operator's commands make it, with times: deploy, update, an update that fails,
one that does not answer, rollback, destroy, the data found again, and two regions side by side.
"""

import concurrent.futures
import io
import json
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from infra import changes, plan, secrets, template_app
from infra import destroy as destroy_command
from infra import diff as diff_command
from infra import rollback as rollback_command
from infra import status as status_command
from infra.changes import DeployError
from infra.destroy import destroy
from infra.diff import compare
from infra.preflight_account import account_facts
from infra.rollback import records_of, roll_back
from infra.ship import ship as deploy
from infra.status import look, show
from infra.tables import BACKUP_TAG
from infra.targets import Target
from tests import emulators
from tests.infra.planted.sample import project

pytestmark = pytest.mark.timeout(300)

HERE, THERE = "ap-southeast-1", "eu-central-1"
# CloudFormation and lint take it; it fails once it is made.
BAD = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "no-such-group", "LogStreamName": "x"}}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with emulators.ministack(tmp_path_factory.mktemp("aws")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def target(emulator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifecycle")
    port = int(emulator.endpoint.rpartition(":")[2])
    return Target.local(
        port=port, stage="life", region=HERE, home=folder / "home", project=project(folder / "project"), protect=True
    )


@pytest.fixture(autouse=True)
def no_lint(monkeypatch):
    """Four seconds a template, and not what is tried here: tests/infra/test_deploy.py deploys with it."""
    monkeypatch.setattr(plan, "_lint", lambda _made, _target: [])


@pytest.fixture
def screen():
    return Console(file=io.StringIO(), width=160)


class Clock:
    """How long each step took; told as figures of the run."""

    def __init__(self, record):
        self._record = record

    @contextmanager
    def __call__(self, what):
        began = time.monotonic()
        yield
        self._record("figure", f"{what:<52} {time.monotonic() - began:5.1f} s")


def answer(api):
    with urllib.request.urlopen(f"{api}/v1/health") as response:
        return json.load(response)


def change_code(target, text):
    """Put a line at the end of the app's sources, so that the package is another."""
    path = target.project / "app.py"
    before = path.read_text()
    path.write_text(f"{before}\n{text}\n")
    return lambda: path.write_text(before)


def packages(target):
    client = target.client("lambda")
    names = [row["FunctionName"] for row in client.list_functions()["Functions"]]
    return {client.get_function_configuration(FunctionName=name)["CodeSha256"] for name in names}


def test_life_of_a_stage(target, screen, record_property, monkeypatch):
    clock = Clock(record_property)
    with clock("deploy a stage that is not there"):
        first = deploy(target, screen)
    assert first.release is not None
    assert answer(first.api) == {"status": "ok", "stage": "life", "region": HERE}
    target.client("dynamodb").put_item(TableName="linli-life-orders", Item={"pk": {"S": "order"}, "sk": {"S": "1"}})

    undo = change_code(target, "# another version")
    with clock("update it"):
        second = deploy(target, screen)
    assert second.release.replaced == first.release.id
    [package] = packages(target)

    _failed_update(target, screen, monkeypatch, clock)
    assert packages(target) == {package}
    assert answer(second.api)["status"] == "ok"
    assert look(target).release == records_of(target)[0].all()[0]

    _update_that_does_not_answer(target, screen, clock)
    assert packages(target) == {package}
    assert answer(second.api)["status"] == "ok"

    with clock("roll back"):
        back = roll_back(target, screen)
    assert back.release.returned_to == first.release.id
    assert packages(target) != {package}
    with pytest.raises(DeployError, match="is the oldest release that is kept"):
        roll_back(target, screen)
    assert roll_back(target, screen, wanted=second.release.id).release.effective == second.release.id
    undo()

    _destroyed_and_found_again(target, screen, clock)


def _failed_update(target, screen, monkeypatch, clock):
    """A resource that cannot be made is planted: CloudFormation rolls back."""
    finish = template_app.finish

    def planted(packaged, aim):
        made = finish(packaged, aim)
        made["Resources"]["Planted"] = BAD
        return made

    with monkeypatch.context() as patch:
        patch.setattr(plan, "finish", planted)
        with clock("an update that fails, rolled back"), pytest.raises(DeployError) as failed:
            deploy(target, screen)
    assert "linli-life-app was rolled back" in str(failed.value)
    assert "Planted: " in str(failed.value)
    assert "\n" not in str(failed.value)


def _update_that_does_not_answer(target, screen, clock):
    """It is deployed, and its API says 500: the release before comes back."""
    undo = change_code(target, "if 'AWS_LAMBDA_FUNCTION_NAME' in os.environ:\n    raise RuntimeError('not on Lambda')")
    with pytest.MonkeyPatch.context() as patch, clock("an update that does not answer, taken back"):
        patch.setattr("infra.smoke.PATIENCE_SECONDS", 1.0)
        with pytest.raises(DeployError, match=r"the smoke test failed: health: .*rolled back to ") as failed:
            deploy(target, screen)
    assert "\n" not in str(failed.value)
    undo()


def _destroyed_and_found_again(target, screen, clock):
    client = target.client("cloudformation")
    with clock("destroy the app"):
        destroy(target, screen)
    assert changes.stack(client, target.app_stack) is None
    assert "linli-life-app is missing" in look(target).wrong
    with clock("deploy again: the data is found"):
        again = deploy(target, screen)
    assert rows(target) == 1

    destroy(target, screen)
    key = again.data["SealKeyArn"]
    changes.delete(client, target.data_stack, emulated=True, on_event=lambda _resource, _status: None)
    assert changes.stack(client, target.data_stack) is None
    assert rows(target) == 1, "a protected stage's tables outlive their stack"
    with clock("deploy again where the data's stack is gone too"):
        adopted = deploy(target, screen)
    assert rows(target) == 1
    assert adopted.data == again.data, "the same key and the same buckets"
    assert adopted.data["SealKeyArn"] == key
    assert compare(target, screen, plan.plan(target, screen)) == 0
    assert look(target).wrong == ()


def rows(target):
    return target.client("dynamodb").scan(TableName="linli-life-orders")["Count"]


def test_two_regions_side_by_side(target, record_property):
    """Each with a stack, tables, secrets and an address of its own; one that fails leaves the other as it is."""
    clock = Clock(record_property)
    there = replace(target, stage="twin", table_prefix="linli-twin", region=THERE)
    here = replace(there, region=HERE)

    def ship_to(aim):
        return deploy(aim, Console(file=io.StringIO(), width=160))

    with clock("two regions side by side"), concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(ship_to, (here, there)))
    assert [answer(one.api)["region"] for one in found] == [HERE, THERE]
    assert found[0].data["SealKeyArn"] != found[1].data["SealKeyArn"]
    assert secrets.read(here)["pepper"] != secrets.read(there)["pepper"]
    destroy(there, Console(file=io.StringIO()))
    assert look(there).outputs is None
    assert look(here).wrong == ()


def test_what_was_not_changed_is_not_taken_back(target, screen, monkeypatch):
    deploy(target, screen)
    before = records_of(target)[0].all()[0].effective
    monkeypatch.setattr("infra.smoke.problems", lambda *_asked: ["health: does not answer"])
    with pytest.raises(DeployError, match="though nothing was changed: health: does not answer"):
        deploy(target, screen)
    assert records_of(target)[0].all()[0].effective == before


@pytest.fixture
def small(target, screen):
    """A stage that is not protected, with something in its buckets."""
    aim = replace(target, stage="small", table_prefix="linli-small", protect=False)
    found = deploy(aim, screen)
    s3 = aim.client("s3")
    s3.put_object(Bucket=found.data["DocumentsBucket"], Key="a", Body=b"1")
    return aim, found


def test_data_goes_when_it_is_told_to_and_messages_are_not_lost(small, screen):
    aim, found = small
    aim.client("sqs").send_message(QueueUrl=found.queues["payments-dlq"], MessageBody="{}")
    with pytest.raises(DeployError, match=r"messages would be lost: 1 in payments; "):
        destroy(aim, screen, data=True)
    status = look(aim)
    assert status.wrong == ("1 dead letters of payments",)
    show(screen, aim, status)
    assert "1 dead" in screen.file.getvalue()
    s3 = aim.client("s3")
    # The emulator's CloudFormation drops what locks a bucket.
    s3.put_object_lock_configuration(
        Bucket=found.data["AuditBucket"], ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    seal = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    s3.put_object(Bucket=found.data["AuditBucket"], Key="2026/11/27", Body=b"seal", **seal)
    # What `make restore` furnishes: in no stack, and with the stage's tag.
    table = {"TableName": "linli-kept-aside-orders", "BillingMode": "PAY_PER_REQUEST"}
    table |= {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
    table |= {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
    aim.client("dynamodb").create_table(**table, Tags=[{"Key": BACKUP_TAG, "Value": "small"}])
    with pytest.raises(DeployError, match="without a stack, a key and secrets: linli-kept-aside-orders; take away"):
        destroy(aim, screen, data=True, lose_messages=True)
    assert look(aim).outputs is not None, "nothing was begun"
    aim.client("dynamodb").delete_table(TableName="linli-kept-aside-orders")
    destroy(aim, screen, data=True, lose_messages=True)
    assert changes.stack(aim.client("cloudformation"), aim.data_stack) is None
    assert not [name for name in account_facts(aim).tables if name.startswith("linli-small-")]
    left = {row["Name"] for row in s3.list_buckets()["Buckets"]}
    # CloudFormation keeps a bucket with something in it, the emulator's does not: see test_changes.py.
    assert "0 objects; 1 objects stay (AccessDenied" in screen.file.getvalue(), "a seal that is still locked"
    assert not {found.data["PackagesBucket"], found.data["DocumentsBucket"]} & left
    assert secrets.read(aim) == {}, "a later stage of this name has another key"
    assert deploy(aim, screen).data["SealKeyArn"] != found.data["SealKeyArn"]
    destroy(aim, screen, data=True)


def test_a_protected_stage_loses_its_data_only_where_it_is_named_twice(target, screen):
    aim = replace(target, stage="guarded", table_prefix="linli-guarded")
    deploy(aim, screen)
    for word in ("", "prod"):
        with pytest.raises(DeployError, match="protected; where its data is to go for ever, say UNPROTECT=guarded"):
            destroy(aim, screen, data=True, unprotect=word)
    assert look(aim).wrong == ()
    destroy(aim, screen, data=True, unprotect="guarded")
    assert not [name for name in account_facts(aim).tables if name.startswith("linli-guarded-")]
    deploy(aim, screen)
    client = aim.client("cloudformation")
    destroy(aim, screen)
    changes.delete(client, aim.data_stack, emulated=True, on_event=lambda _resource, _status: None)
    with pytest.raises(DeployError, match="may have left data: deploy first"):
        destroy(aim, screen, data=True, unprotect="guarded")


def test_commands(target, monkeypatch, capsys):
    """The commands' own words, over the stage of the tests before."""
    for module in (destroy_command, status_command, rollback_command):
        monkeypatch.setattr(module, "target_of", lambda _options: target)
    where = ["--stage", "life", "--region", HERE]
    deploy(target, Console(file=io.StringIO()))
    assert status_command.main(where) == 0
    assert f"{HERE}: nothing wants a look" in capsys.readouterr().out
    assert rollback_command.main([*where, "--list"]) == 0
    assert "releases, newest first" in capsys.readouterr().out
    assert rollback_command.main([*where, "--release", "never"]) == 1
    assert capsys.readouterr().err.startswith("rollback: no release never; there are ")
    assert destroy_command.main(where) == 1
    assert capsys.readouterr().err == "destroy: stopped: nothing was deleted; type 'life', or say CONFIRM=life\n"
    assert destroy_command.main([*where, "--confirm", "life"]) == 0
    assert "linli-life-app is gone; its data stays" in capsys.readouterr().out
    assert status_command.main(where) == 1
    nowhere = replace(target, stage="nowhere")
    monkeypatch.setattr(status_command, "target_of", lambda _options: nowhere)
    assert status_command.main(where) == 1
    assert capsys.readouterr().err == f"status: linli-nowhere is not deployed in {HERE}\n"


def test_diff_says_what_would_change_and_changes_nothing(target, monkeypatch, capsys):
    monkeypatch.setattr(diff_command, "target_of", lambda _options: target)
    where = ["--stage", "life", "--region", HERE]
    deploy(target, Console(file=io.StringIO()))
    assert diff_command.main(where) == 0
    assert "nothing to deploy" in capsys.readouterr().out
    monkeypatch.setattr(diff_command, "target_of", lambda _options: replace(target, log_level="DEBUG"))
    undo = change_code(target, "# yet another version")
    assert diff_command.main(where) == 1
    undo()
    shown = capsys.readouterr().out
    assert 'Properties.Environment.Variables.LOG_LEVEL: "INFO" -> "DEBUG"' in shown
    assert "~ parameter CodeKey: packages/" in shown
    found = target.client("lambda").get_function_configuration(FunctionName="linli-life-api")
    assert found["Environment"]["Variables"]["LOG_LEVEL"] == "INFO"
