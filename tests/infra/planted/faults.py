"""One small fault each, planted into a template that is right. AWS refuses every one of them, or it breaks in production."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from infra.preflight_account import AccountFacts
from infra.tables import TABLES, table_properties

ALIEN_QUEUE = "arn:aws:sqs:ap-southeast-1:123456789012:nobody-made-this"


@dataclass
class Scene:
    """A deployment as the checks see it; a fault changes one thing in it."""

    data: dict[str, Any]
    app: dict[str, Any]
    facts: AccountFacts = field(default_factory=AccountFacts)
    capabilities: list[str] = field(default_factory=lambda: ["CAPABILITY_IAM"])
    inline: bool = False
    uploaded: bool = True
    zip_extra: dict[str, bytes] = field(default_factory=dict)
    zip_sizes: int = 0

    def resource(self, key: str) -> dict[str, Any]:
        return self.app["Resources"][key]

    def properties(self, key: str) -> dict[str, Any]:
        return self.resource(key)["Properties"]

    def statement(self, role: str, sid: str) -> dict[str, Any]:
        rows = self.properties(role)["Policies"][0]["PolicyDocument"]["Statement"]
        return next(row for row in rows if row["Sid"] == sid)

    def mapping(self, function: str) -> dict[str, Any]:
        return next(
            row["Properties"]
            for row in self.app["Resources"].values()
            if row["Type"] == "AWS::Lambda::EventSourceMapping"
            and row["Properties"]["FunctionName"] == {"Ref": function}
        )

    def rule(self) -> dict[str, Any]:
        return next(row["Properties"] for row in self.app["Resources"].values() if row["Type"] == "AWS::Events::Rule")


FAULTS: dict[str, Callable[[Scene], None]] = {}


def fault(name: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    def register(plant: Callable[[Scene], None]) -> Callable[[Scene], None]:
        FAULTS[name] = plant
        return plant

    return register


@fault("unknown property")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["Visibility"] = 30


@fault("index without attribute definition")
def _(scene: Scene) -> None:
    table = scene.data["Resources"]["ShopsTable"]["Properties"]
    table["AttributeDefinitions"] = [row for row in table["AttributeDefinitions"] if row["AttributeName"] != "gsi1sk"]


@fault("Ref to nothing")
def _(scene: Scene) -> None:
    scene.properties("SearchQueueAgeAlarm")["AlarmActions"] = [{"Ref": "NoTopic"}]


@fault("GetAtt to nothing")
def _(scene: Scene) -> None:
    scene.data["Outputs"]["SealKeyArn"]["Value"] = {"Fn::GetAtt": ["NoKey", "Arn"]}


@fault("IAM action malformed")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"].append("sqs ReceiveMessage")


@fault("IAM action unknown")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"].append("sqs:ReceiveMesage")


@fault("IAM effect misspelt")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "Traces")["Effect"] = "Alow"


@fault("IAM resource malformed")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Resource"] = "my-queue"


@fault("unknown runtime")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Runtime"] = "python3.99"


@fault("memory too small")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["MemorySize"] = 64


@fault("timeout over 900")
def _(scene: Scene) -> None:
    scene.properties("SettlementRun")["Timeout"] = 901


@fault("environment over 4 KB")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Environment"]["Variables"]["LONG"] = "x" * 4096


@fault("reserved environment key")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Environment"]["Variables"]["AWS_REGION"] = "ap-southeast-1"


@fault("rate(1 minutes)")
def _(scene: Scene) -> None:
    scene.rule()["ScheduleExpression"] = "rate(1 minutes)"


@fault("six-field cron wrong")
def _(scene: Scene) -> None:
    scene.rule()["ScheduleExpression"] = "cron(0 10 * * * *)"


@fault("circular dependency")
def _(scene: Scene) -> None:
    scene.resource("SearchIndexLogGroup")["DependsOn"] = "SearchIndex"


@fault("unknown type")
def _(scene: Scene) -> None:
    scene.resource("SearchQueue")["Type"] = "AWS::SQS::Que"


@fault("wrong stream view")
def _(scene: Scene) -> None:
    table = scene.data["Resources"]["OutboxTable"]["Properties"]
    table["StreamSpecification"]["StreamViewType"] = "NEWEST_IMAGE"


@fault("missing capability")
def _(scene: Scene) -> None:
    scene.capabilities = []


@fault("inline body over 51,200 bytes")
def _(scene: Scene) -> None:
    scene.inline = True


@fault("missing dead-letter queue (GetAtt)")
def _(scene: Scene) -> None:
    del scene.app["Resources"]["SearchDeadLetterQueue"]


@fault("missing dead-letter queue (ARN)")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["RedrivePolicy"]["deadLetterTargetArn"] = ALIEN_QUEUE


@fault("no dead-letter queue at all")
def _(scene: Scene) -> None:
    del scene.properties("SearchQueue")["RedrivePolicy"]


@fault("queue visibility below the function's timeout")
def _(scene: Scene) -> None:
    scene.properties("SearchQueue")["VisibilityTimeout"] = scene.properties("SearchIndex")["Timeout"] - 1


@fault("batch over 10 without a window")
def _(scene: Scene) -> None:
    scene.mapping("SearchIndex")["BatchSize"] = 11


@fault("role without SQS rights")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ConsumeQueue")["Action"] = ["sqs:GetQueueAttributes"]


@fault("role with rights on another queue")
def _(scene: Scene) -> None:
    other = scene.statement("PaymentsWorkRole", "ConsumeQueue")["Resource"]
    scene.statement("SearchIndexRole", "ConsumeQueue")["Resource"] = other


@fault("missing queue")
def _(scene: Scene) -> None:
    scene.mapping("SearchIndex")["EventSourceArn"] = ALIEN_QUEUE


@fault("missing code key")
def _(scene: Scene) -> None:
    scene.uploaded = False


@fault("unzipped over 250 MB")
def _(scene: Scene) -> None:
    scene.zip_sizes = 251 * 1024 * 1024


@fault("reserved concurrency over the account's")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["ReservedConcurrentExecutions"] = 901


@fault("queue without a bound on its workers")
def _(scene: Scene) -> None:
    del scene.mapping("SearchIndex")["ScalingConfig"]


@fault("queues that take the account from the API")
def _(scene: Scene) -> None:
    scene.facts = replace(scene.facts, concurrency=200)


@fault("table name already taken")
def _(scene: Scene) -> None:
    scene.facts = replace(scene.facts, tables=frozenset({"linli-prod-orders"}))


@fault("two index changes in one update")
def _(scene: Scene) -> None:
    deployed = {"Resources": {"BookingTable": _deployed("booking", indexes=())}}
    scene.facts = replace(scene.facts, deployed=deployed, tables=frozenset({"linli-prod-booking"}))


@fault("retained table's name used again")
def _(scene: Scene) -> None:
    # The same table under another id: CloudFormation would keep the old one and make a new one of the same name.
    deployed = {"Resources": {"OldOrdersTable": _deployed("orders", indexes=("gsi1", "gsi2"))}}
    scene.facts = replace(scene.facts, deployed=deployed, tables=frozenset({"linli-prod-orders"}))


@fault("other keys under a fixed name")
def _(scene: Scene) -> None:
    old = _deployed("orders", indexes=("gsi1", "gsi2"))
    old["Properties"]["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    scene.facts = replace(scene.facts, deployed={"Resources": {"OrdersTable": old}})


@fault("wheel of the wrong architecture")
def _(scene: Scene) -> None:
    scene.zip_extra["alien/_native.so"] = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + b"\x3e\x00" + bytes(44)


@fault("function for another architecture")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Architectures"] = ["x86_64"]


@fault("over 300 resources in one REST API")
def _(scene: Scene) -> None:
    paths = scene.properties("RestAPI")["Body"]["paths"]
    health = paths["/v1/health"]
    paths.update({f"/v1/copies/{number}": health for number in range(300)})


@fault("handler that is not in the package")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["Handler"] = "chalicelib.search.event.index"


@fault("function name over 64 characters")
def _(scene: Scene) -> None:
    scene.properties("SearchIndex")["FunctionName"] = {"Fn::Sub": "${QueuePrefix}-" + "x" * 60}


@fault("policy for a table that is not there")
def _(scene: Scene) -> None:
    row = scene.statement("SearchIndexRole", "ReadAndWrite")
    row["Resource"]["Fn::Sub"] = row["Resource"]["Fn::Sub"].replace("-search", "-serach")


@fault("policy for everything")
def _(scene: Scene) -> None:
    scene.statement("SearchIndexRole", "ReadAndWrite")["Resource"] = "*"


@fault("policies over 10,240 characters")
def _(scene: Scene) -> None:
    row = scene.statement("SearchIndexRole", "Traces")
    copies = [row | {"Sid": f"Copy{number}"} for number in range(120)]
    scene.properties("SearchIndexRole")["Policies"][0]["PolicyDocument"]["Statement"] += copies


@fault("stream function without stream rights")
def _(scene: Scene) -> None:
    scene.statement("OutboxRelayRole", "Stream")["Action"] = ["dynamodb:GetRecords"]


@fault("failure destination without rights")
def _(scene: Scene) -> None:
    row = scene.statement("OutboxRelayRole", "SendMessages")
    row["Resource"] = [arn for arn in row["Resource"] if "failures" not in arn["Fn::Sub"]]


@fault("method past the alias")
def _(scene: Scene) -> None:
    health = scene.properties("RestAPI")["Body"]["paths"]["/v1/health"]["get"]
    uri = health["x-amazon-apigateway-integration"]["uri"]
    uri["Fn::Sub"] = uri["Fn::Sub"].replace("${ApiLive}", "${APIHandler.Arn}")


@fault("API Gateway may call the function, not its alias")
def _(scene: Scene) -> None:
    scene.properties("APIHandlerInvokePermission")["FunctionName"] = {"Ref": "APIHandler"}


def _deployed(name: str, indexes: tuple[str, ...]) -> dict[str, Any]:
    spec = replace(next(spec for spec in TABLES if spec.name == name), indexes=indexes)
    return {"Type": "AWS::DynamoDB::Table", "Properties": table_properties(spec, "linli-prod", protect=True)}
