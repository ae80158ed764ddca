import copy
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from infra import canary, changes, command_line, deploy
from infra.changes import ChangeSet, DeployError, Source
from infra.expand import expand
from infra.plan import Plan
from infra.targets import Target
from infra.template_app import finish

TARGET = Target.aws(stage="prod", region="ap-southeast-1")
PARAMETERS = {"CodeKey": "packages/1.zip", "TablePrefix": "linli-prod", "CodeBucket": "packages", "Unused": "1"}
KINDS = {"Alarm", "Alias", "Application", "DeploymentGroup", "Version"}


def of_type(template, kind):
    return {key: row for key, row in template["Resources"].items() if row["Type"] == kind}


def test_every_method_calls_the_alias_and_only_the_alias_may_be_called(template):
    operations = [
        operation
        for path in template["Resources"]["RestAPI"]["Properties"]["Body"]["paths"].values()
        for operation in path.values()
    ]
    assert len(operations) >= 2
    for operation in operations:
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        assert uri.endswith("/functions/${ApiLive}/invocations")
        assert "APIHandler" not in uri
    gateway = [
        row["Properties"]["FunctionName"]
        for row in of_type(template, "AWS::Lambda::Permission").values()
        if row["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert gateway == [{"Ref": "ApiLive"}]
    assert canary.calls_pass_the_alias(template) == []


def test_alarms_end_the_trial_of_a_tenth(template):
    alias = template["Resources"]["ApiLive"]
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    group = template["Resources"][update["DeploymentGroupName"]["Ref"]]["Properties"]
    assert group["ApplicationName"] == update["ApplicationName"]
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarms = [row["Name"]["Ref"] for row in group["AlarmConfiguration"]["Alarms"]]
    watched = {
        metric["MetricStat"]["Metric"]["MetricName"]
        for alarm in alarms
        for metric in template["Resources"][alarm]["Properties"]["Metrics"]
        if "MetricStat" in metric
    }
    assert {"5XXError", "Errors", "Duration"} <= watched
    for alarm in alarms:
        properties = template["Resources"][alarm]["Properties"]
        assert properties["TreatMissingData"] == "notBreaching", "nobody calling is not bad"
        assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (2, 3)
        assert properties["AlarmActions"] == [{"Ref": "AlarmsTopic"}]
        # The API is made of the alias, which waits for the alarms.
        assert '"RestAPI"' not in json.dumps(properties)


def test_the_new_version_is_watched_by_itself(template):
    version = next(iter(of_type(template, "AWS::Lambda::Version")))
    for alarm in ("ApiTrialErrorsAlarm", "ApiTrialSlowAlarm"):
        for metric in template["Resources"][alarm]["Properties"]["Metrics"][1:]:
            dimensions = {row["Name"]: row["Value"] for row in metric["MetricStat"]["Metric"]["Dimensions"]}
            assert dimensions["Resource"] == {"Fn::Sub": "${APIHandler}:live"}
            assert dimensions["ExecutedVersion"] == {"Fn::GetAtt": [version, "Version"]}


def test_the_other_functions_wait_for_the_trial(template):
    for key, function in of_type(template, "AWS::Lambda::Function").items():
        assert ("ApiLive" in function["DependsOn"]) is (key != "APIHandler")


def test_without_a_trial_the_alias_moves_at_once(chalice, target):
    found = expand(finish(chalice, replace(target, canary_minutes=0)), target.region)
    assert "UpdatePolicy" not in found["Resources"]["ApiLive"]
    assert not [key for key in found["Resources"] if key.startswith(("ApiTrial", "ApiRelease"))]
    assert canary.calls_pass_the_alias(found) == []
    assert (Target.aws(stage="dev", region="eu-central-1").canary_minutes, TARGET.canary_minutes) == (0, 5)


def test_the_local_template_has_none_of_it(chalice, target):
    local = replace(Target.local(), project=target.project)
    found = expand(finish(chalice, local), local.region)
    text = json.dumps(found)
    assert "ApiLive" not in text
    assert not {row["Type"].split("::")[-1] for row in found["Resources"].values()} & (KINDS - {"Alarm"})
    assert canary.stamped(found, PARAMETERS) is found


def version_of(template, parameters=PARAMETERS):
    (name,) = of_type(canary.stamped(template, parameters), "AWS::Lambda::Version")
    return name


def test_a_version_is_published_whenever_the_function_changes_and_only_then(template):
    first = version_of(template)
    assert first.startswith("ApiVersion")
    assert version_of(template) == version_of(canary.stamped(template, PARAMETERS)) == first
    assert version_of(template, PARAMETERS | {"Unused": "2"}) == first
    assert version_of(template, PARAMETERS | {"CodeKey": "packages/2.zip"}) != first
    assert version_of(template, PARAMETERS | {"TablePrefix": "linli-restored"}) != first
    for key, value in {"MemorySize": 2048, "Timeout": 20}.items():
        changed = copy.deepcopy(template)
        changed["Resources"]["APIHandler"]["Properties"][key] = value
        assert version_of(changed) != first
    # Lambda publishes nothing for these, and CloudFormation would take that for a failure.
    for key, value in {"Tags": [], "ReservedConcurrentExecutions": 7, "FunctionName": "x"}.items():
        changed = copy.deepcopy(template)
        changed["Resources"]["APIHandler"]["Properties"][key] = value
        assert version_of(changed) == first


def test_a_stamped_template_is_whole(template):
    stamped = canary.stamped(template, PARAMETERS)
    name = version_of(template)
    assert stamped["Resources"]["ApiLive"]["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [name, "Version"]}
    assert '"ApiVersion"' not in json.dumps(stamped)
    assert stamped["Resources"].keys() - {name} == template["Resources"].keys() - {"ApiVersion"}
    # Kept when it was replaced, gone when it failed: publishing the same again would find it there.
    version = stamped["Resources"][name]
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


class RolledBack:
    """CloudFormation after CodeDeploy has taken a version back."""

    def __init__(self) -> None:
        self.events: list[dict[str, str]] = []

    def describe_stack_events(self, **_):
        return {"StackEvents": list(reversed(self.events))}

    def execute_change_set(self, **_):
        for number, (resource, status) in enumerate(
            [
                ("ApiLive", "UPDATE_FAILED"),
                ("OutboxRelay", "UPDATE_FAILED"),
                ("linli-prod-app", "UPDATE_ROLLBACK_COMPLETE"),
            ]
        ):
            reason = "Resource update cancelled" if resource == "OutboxRelay" else "d-1\nstopped by ApiTrialErrorsAlarm"
            self.events.append(
                {
                    "EventId": str(number),
                    "LogicalResourceId": resource,
                    "ResourceStatus": status,
                    "ResourceStatusReason": reason,
                }
            )

    def describe_stacks(self, **_):
        return {"Stacks": [{"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}]}


def test_a_failed_trial_is_one_line():
    change_set = ChangeSet("linli-prod-app", "arn", creates=False, changes=())
    with pytest.raises(DeployError) as told:
        changes.execute(RolledBack(), change_set, emulated=True, on_event=lambda *_: None)
    line = str(told.value)
    assert line.startswith("linli-prod-app was rolled back (UPDATE_ROLLBACK_COMPLETE): the API's new version was taken")
    assert line.endswith("(d-1 stopped by ApiTrialErrorsAlarm)")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("given", "minutes"), [([], 5), (["--canary-minutes", "0"], 0), (["--canary-minutes", "30"], 30)]
)
def test_a_trial_is_an_option(given, minutes):
    parsed = command_line.parser().parse_args(["--stage", "prod", "--region", "eu-central-1", *given])
    assert command_line.target_of(parsed).canary_minutes == minutes


def test_a_trial_that_code_deploy_does_not_know_is_refused():
    parsed = command_line.parser().parse_args(["--stage", "prod", "--region", "eu-central-1", "--canary-minutes", "7"])
    with pytest.raises(DeployError, match="7 minutes are no time of a trial: 0, 5, 10, 15, 30"):
        command_line.target_of(parsed)


def test_going_back_is_no_trial(template):
    before = copy.deepcopy(template)
    back = canary.at_once(template)
    assert template == before
    assert "UpdatePolicy" in template["Resources"][canary.ALIAS]
    assert "UpdatePolicy" not in back["Resources"][canary.ALIAS]
    del before["Resources"][canary.ALIAS]["UpdatePolicy"]
    assert back == before


@pytest.mark.parametrize(
    ("changed", "moved"),
    [
        ({}, []),
        ({"CodeKey": "packages/2.zip"}, []),
        ({"TablePrefix": "linli-prod-r1"}, ["TablePrefix"]),
        ({"TablePrefix": "linli-prod-r1", "CodeKey": "packages/2.zip"}, ["TablePrefix"]),
    ],
)
def test_roles_that_would_move_away_from_the_old_version_are_known(template, changed, moved):
    assert canary.moved_policies(template, PARAMETERS | changed, PARAMETERS) == moved


def test_a_first_deployment_and_a_new_parameter_move_nothing(template):
    assert canary.moved_policies(template, PARAMETERS, {}) == []
    assert canary.moved_policies(template, PARAMETERS, {"CodeKey": "packages/0.zip"}) == []


@pytest.mark.parametrize(("prefix", "trial"), [("linli-prod", True), ("linli-prod-r1", False)])
def test_other_tables_are_switched_to_without_a_trial(template, target, monkeypatch, prefix, trial):
    """The old version's nine tenths of the requests could not read its tables: the roles change before the alias."""
    wanted, sent = PARAMETERS | {"TablePrefix": prefix}, []
    monkeypatch.setattr(deploy, "app_parameters", lambda *_asked: wanted)
    monkeypatch.setattr(deploy, "upload", lambda *_asked: (Source(template, "https://whole"), frozenset({"p"})))
    monkeypatch.setattr(deploy, "put_template", lambda _target, made, _bucket: Source(made, "https://at-once"))
    monkeypatch.setattr(changes, "parameters", lambda *_asked: PARAMETERS)
    monkeypatch.setattr(deploy, "_prepare", lambda *asked: sent.append(asked[3]))
    monkeypatch.setattr(Target, "client", lambda *_asked: None)
    made = Plan(SimpleNamespace(key="p"), {}, template)
    console = Console(file=io.StringIO())
    deploy._app_changes(target, console, made, {"PackagesBucket": "b"}, ())
    [source] = sent
    assert ("UpdatePolicy" in source.template["Resources"][canary.ALIAS]) is trial
    assert source.url == ("https://whole" if trial else "https://at-once")
    assert ("Without a trial: TablePrefix" in console.file.getvalue()) is not trial
