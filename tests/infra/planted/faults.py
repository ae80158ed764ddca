"""One small fault each, planted into a template that is right. AWS refuses every one of them, or it breaks in production."""

from dataclasses import replace
from typing import Any

from infra.tables import TABLES, table_properties
from tests.infra.planted.registry import Scene, fault

ALIEN_QUEUE = "arn:aws:sqs:ap-southeast-1:123456789012:nobody-made-this"


@fault("unknown property", "cfn-lint E3002")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["Visibility"] = 30


@fault("index without attribute definition", "cfn-lint E3039")
def _(scene: Scene) -> None:
    table = scene.data["Resources"]["ShopsTable"]["Properties"]
    table["AttributeDefinitions"] = [row for row in table["AttributeDefinitions"] if row["AttributeName"] != "gsi1sk"]


@fault("Ref to nothing", "cfn-lint E1020")
def _(scene: Scene) -> None:
    scene.properties("SearchQueueAgeAlarm")["AlarmActions"] = [{"Ref": "NoTopic"}]


@fault("GetAtt to nothing", "cfn-lint E6101")
def _(scene: Scene) -> None:
    scene.data["Outputs"]["SealKeyArn"]["Value"] = {"Fn::GetAtt": ["NoKey", "Arn"]}


@fault("IAM action malformed", "cfn-lint W3037")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"].append("sqs ReceiveMessage")


@fault("IAM action unknown", "cfn-lint W3037")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"].append("sqs:ReceiveMesage")


@fault("IAM effect misspelt", "cfn-lint E3510")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "Traces")["Effect"] = "Alow"


@fault("IAM resource malformed", "triggers_are_allowed")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Resource"] = "my-queue"


@fault("unknown runtime", "cfn-lint E3030")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Runtime"] = "python3.99"


@fault("memory too small", "cfn-lint E3034")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["MemorySize"] = 64


@fault("timeout over 900", "cfn-lint E3717")
def _(scene: Scene) -> None:
    scene.properties("SettlementRun")["Timeout"] = 901


@fault("environment over 4 KB", "environments_fit")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Environment"]["Variables"]["LONG"] = "x" * 4096


@fault("reserved environment key", "cfn-lint E3663")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Environment"]["Variables"]["AWS_REGION"] = "ap-southeast-1"


@fault("rate(1 minutes)", "cfn-lint E3027")
def _(scene: Scene) -> None:
    scene.rule()["ScheduleExpression"] = "rate(1 minutes)"


@fault("six-field cron wrong", "cfn-lint E3027")
def _(scene: Scene) -> None:
    scene.rule()["ScheduleExpression"] = "cron(0 10 * * * *)"


@fault("circular dependency", "cfn-lint E3004")
def _(scene: Scene) -> None:
    scene.resource("SearchIndexLogGroup")["DependsOn"] = "SearchIndex"


@fault("unknown type", "cfn-lint E3006")
def _(scene: Scene) -> None:
    scene.resource("SearchQueue")["Type"] = "AWS::SQS::Que"


@fault("wrong stream view", "cfn-lint E3030")
def _(scene: Scene) -> None:
    table = scene.data["Resources"]["OutboxTable"]["Properties"]
    table["StreamSpecification"]["StreamViewType"] = "NEWEST_IMAGE"


@fault("missing capability", "delivery")
def _(scene: Scene) -> None:
    scene.capabilities = []


@fault("inline body over 51,200 bytes", "delivery")
def _(scene: Scene) -> None:
    scene.inline = True


@fault("missing dead-letter queue (GetAtt)", "queues_exist")
def _(scene: Scene) -> None:
    del scene.app["Resources"]["SearchDeadLetterQueue"]


@fault("missing dead-letter queue (ARN)", "queues_exist")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["RedrivePolicy"]["deadLetterTargetArn"] = ALIEN_QUEUE


@fault("no dead-letter queue at all", "worked_queues_have_dead_letters")
def _(scene: Scene) -> None:
    del scene.properties("SearchQueue")["RedrivePolicy"]


@fault("queue visibility below the function's timeout", "queues_outlast_their_functions")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["VisibilityTimeout"] = scene.properties("SearchIndex")["Timeout"] - 1


@fault("batch over 10 without a window", "batches_have_windows")
def _(scene: Scene) -> None:
    scene.mapping("SearchIndex")["BatchSize"] = 11


@fault("role without SQS rights", "triggers_are_allowed")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"] = ["sqs:GetQueueAttributes"]


@fault("role with rights on another queue", "triggers_are_allowed")
def _(scene: Scene) -> None:
    other = scene.statement("PaymentsWorkRole", "ConsumeQueue")["Resource"]
    scene.statement("SearchIndexRole", "ConsumeQueue")["Resource"] = other


@fault("missing queue", "queues_exist")
def _(scene: Scene) -> None:
    scene.mapping("SearchIndex")["EventSourceArn"] = ALIEN_QUEUE


@fault("missing code key", "code_is_uploaded")
def _(scene: Scene) -> None:
    scene.uploaded = False


@fault("unzipped over 250 MB", "package_fits")
def _(scene: Scene) -> None:
    scene.zip_sizes = 251 * 1024 * 1024


@fault("reserved concurrency over the account's", "concurrency_is_there")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["ReservedConcurrentExecutions"] = 901


@fault("queue without a bound on its workers", "queues_are_bounded")
def _(scene: Scene) -> None:
    del scene.mapping("SearchIndex")["ScalingConfig"]


@fault("queues that take the account from the API", "queues_leave_room")
def _(scene: Scene) -> None:
    scene.facts = replace(scene.facts, concurrency=200)


@fault("table name already taken", "table_names_are_free")
def _(scene: Scene) -> None:
    scene.facts = replace(scene.facts, tables=frozenset({"linli-prod-orders"}))


@fault("two index changes in one update", "nothing_is_lost")
def _(scene: Scene) -> None:
    deployed = {"Resources": {"BookingTable": _deployed("booking", indexes=())}}
    scene.facts = replace(scene.facts, deployed=deployed, tables=frozenset({"linli-prod-booking"}))


@fault("retained table's name used again", "table_names_are_free")
def _(scene: Scene) -> None:
    # The same table under another id: CloudFormation would keep the old one and make a new one of the same name.
    deployed = {"Resources": {"OldOrdersTable": _deployed("orders", indexes=("gsi1", "gsi2"))}}
    scene.facts = replace(scene.facts, deployed=deployed, tables=frozenset({"linli-prod-orders"}))


@fault("other keys under a fixed name", "nothing_is_lost")
def _(scene: Scene) -> None:
    old = _deployed("orders", indexes=("gsi1", "gsi2"))
    old["Properties"]["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    scene.facts = replace(scene.facts, deployed={"Resources": {"OrdersTable": old}})


@fault("wheel of the wrong architecture", "package_fits")
def _(scene: Scene) -> None:
    scene.zip_extra["alien/_native.so"] = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + b"\x3e\x00" + bytes(44)


@fault("function for another architecture", "package_fits")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Architectures"] = ["x86_64"]


@fault("over 300 resources in one REST API", "apis_are_small_enough")
def _(scene: Scene) -> None:
    paths = scene.properties("RestAPI")["Body"]["paths"]
    health = paths["/v1/health"]
    paths.update({f"/v1/copies/{number}": health for number in range(300)})


@fault("handler that is not in the package", "package_fits")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Handler"] = "chalicelib.search.event.index"


@fault("function name over 64 characters", "names_fit")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["FunctionName"] = {"Fn::Sub": "${QueuePrefix}-" + "x" * 60}


@fault("policy for a table that is not there", "policies_name_what_exists")
def _(scene: Scene) -> None:
    row = scene.statement("SearchIndexRole", "ReadAndWrite")
    row["Resource"]["Fn::Sub"] = row["Resource"]["Fn::Sub"].replace("-search", "-serach")


@fault("policy for everything", "policies_are_narrow")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ReadAndWrite")["Resource"] = "*"


@fault("policies over 10,240 characters", "policies_fit")
def _(scene: Scene) -> None:
    row = scene.statement("SearchIndexRole", "Traces")
    copies = [row | {"Sid": f"Copy{number}"} for number in range(120)]
    scene.properties("SearchIndexRole")["Policies"][0]["PolicyDocument"]["Statement"] += copies


@fault("stream function without stream rights", "triggers_are_allowed")
def _(scene: Scene) -> None:
    scene.statement("OutboxRelayRole", "Stream")["Action"] = ["dynamodb:GetRecords"]


@fault("failure destination without rights", "triggers_are_allowed")
def _(scene: Scene) -> None:
    row = scene.statement("OutboxRelayRole", "SendMessages")
    row["Resource"] = [arn for arn in row["Resource"] if "failures" not in arn["Fn::Sub"]]


@fault("method past the alias", "calls_pass_the_alias")
def _(scene: Scene) -> None:
    health = scene.properties("RestAPI")["Body"]["paths"]["/v1/health"]["get"]
    uri = health["x-amazon-apigateway-integration"]["uri"]
    uri["Fn::Sub"] = uri["Fn::Sub"].replace("${ApiLive}", "${APIHandler.Arn}")


@fault("API Gateway may call the function, not its alias", "calls_pass_the_alias")
def _(scene: Scene) -> None:
    scene.properties("APIHandlerInvokePermission")["FunctionName"] = {"Ref": "APIHandler"}


def _deployed(name: str, indexes: tuple[str, ...]) -> dict[str, Any]:
    spec = replace(next(spec for spec in TABLES if spec.name == name), indexes=indexes)
    return {"Type": "AWS::DynamoDB::Table", "Properties": table_properties(spec, "linli-prod", protect=True)}
