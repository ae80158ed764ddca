"""What CloudFormation may answer, from a client that answers it."""

import pytest
from botocore.exceptions import ClientError, WaiterError

from infra import changes
from infra.changes import DeployError, Source

SOURCE = Source({"Resources": {}})


def refusal(message, code="ValidationError"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "CloudFormation")


class Waiter:
    def __init__(self, fails):
        self.fails = fails

    def wait(self, **_arguments):
        if self.fails:
            raise WaiterError("wait", "failed", {})


class CloudFormation:
    """One stack; `reason` is why its change set failed, `pages` are its changes."""

    def __init__(self, status=None, reason="", pages=((),), events=(), error=None):
        self.status, self.reason, self.pages, self.stack_events, self.error = status, reason, pages, events, error
        self.deleted = []
        self.executed = False

    def describe_stacks(self, StackName):  # noqa: N803 - AWS's names
        if self.error:
            raise self.error
        if self.status is None:
            raise refusal(f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": self.status}]}

    def describe_stack_events(self, StackName):  # noqa: N803
        if self.status is None:
            raise refusal(f"Stack [{StackName}] does not exist")
        return {"StackEvents": self.stack_events if self.executed else []}

    def create_change_set(self, **_arguments):
        if self.reason == "refused":
            raise refusal("Template error:  no such thing")
        return {"Id": "arn"}

    def describe_change_set(self, NextToken="0", **_arguments):  # noqa: N803
        page = int(NextToken)
        rows = [{"ResourceChange": row} for row in self.pages[page]]
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"Status": "FAILED", "StatusReason": self.reason, "Changes": rows, **more}

    def get_waiter(self, name):
        return Waiter(bool(self.reason) and name == "change_set_create_complete")

    def delete_change_set(self, **_arguments):
        self.deleted.append("change set")

    def delete_stack(self, **_arguments):
        self.deleted.append("stack")

    def execute_change_set(self, **_arguments):
        self.executed = True


def change(name, **more):
    return {"Action": "Modify", "LogicalResourceId": name, "ResourceType": "AWS::SQS::Queue", **more}


def test_stack_that_is_not_there_is_created():
    made = changes.prepare(CloudFormation(), "s", SOURCE, {"A": "1"}, [])
    assert (made.creates, made.changes) == (True, ())


def test_remains_of_a_failed_creation_are_removed():
    client = CloudFormation("ROLLBACK_COMPLETE")
    assert changes.prepare(client, "s", SOURCE, {}, []).creates
    assert client.deleted == ["stack"]


def test_somebody_elses_deployment_is_left_alone():
    with pytest.raises(DeployError, match="is being changed by somebody else"):
        changes.prepare(CloudFormation("UPDATE_IN_PROGRESS"), "s", SOURCE, {}, [])


def test_what_is_half_deleted_is_not_deleted_by_looking():
    client = CloudFormation("DELETE_FAILED")
    with pytest.raises(DeployError, match=r"stack s is half deleted .*make destroy"):
        changes.prepare(client, "s", SOURCE, {}, [])
    assert client.deleted == []


@pytest.mark.parametrize(
    ("state", "gone"),
    [
        ("REVIEW_IN_PROGRESS", ["change set", "stack"]),
        ("CREATE_COMPLETE", ["change set"]),
        ("CREATE_IN_PROGRESS", ["change set"]),
        (None, ["change set"]),
    ],
)
def test_a_stack_that_somebody_made_meanwhile_is_not_discarded(state, gone):
    client = CloudFormation(pages=((change("A"),),))
    made = changes.prepare(client, "s", SOURCE, {}, [])
    client.status = state
    changes.discard(client, made)
    assert client.deleted == gone


def test_a_change_set_that_is_made_anew_leaves_the_stack():
    client = CloudFormation("REVIEW_IN_PROGRESS", pages=((change("A"),),))
    changes.withdraw(client, changes.prepare(client, "s", SOURCE, {}, []))
    assert client.deleted == ["change set"]


def test_all_pages_of_changes_are_read():
    client = CloudFormation("UPDATE_COMPLETE", pages=((change("A"),), (change("B", Replacement="True"),)))
    found = changes.prepare(client, "s", SOURCE, {}, []).changes
    assert [(row.logical_id, row.replacement) for row in found] == [("A", ""), ("B", "True")]


def test_no_changes_is_no_failure():
    reason = "The submitted information didn't contain changes."
    made = changes.prepare(CloudFormation("UPDATE_COMPLETE", reason), "s", SOURCE, {}, [])
    assert made.changes == ()


@pytest.mark.parametrize(("reason", "said"), [("refused", "Template error:"), ("Transform failed", "Transform failed")])
def test_refusal_is_said(reason, said):
    with pytest.raises(DeployError, match=said):
        changes.prepare(CloudFormation("UPDATE_COMPLETE", reason), "s", SOURCE, {}, [])


def test_other_errors_are_not_taken_for_a_missing_stack():
    with pytest.raises(ClientError):
        changes.stack(CloudFormation(error=refusal("denied", "AccessDenied")), "s")


def test_failure_says_the_first_reason():
    events = [
        {
            "EventId": "2",
            "LogicalResourceId": "B",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "cancelled",
        },
        {
            "EventId": "1",
            "LogicalResourceId": "A",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "name\n taken",
        },
    ]
    client = CloudFormation("UPDATE_ROLLBACK_COMPLETE", events=events)
    seen = []
    change_set = changes.ChangeSet("s", "arn", False, ())
    with pytest.raises(DeployError, match=r"s was rolled back \(UPDATE_ROLLBACK_COMPLETE\): A: name taken"):
        changes.execute(client, change_set, emulated=True, on_event=lambda *event: seen.append(event))
    assert seen == [("A", "CREATE_FAILED"), ("B", "CREATE_FAILED")]


def test_stack_that_vanished_was_rolled_back():
    with pytest.raises(DeployError, match="DELETE_COMPLETE"):
        changes.execute(CloudFormation(), changes.ChangeSet("s", "arn", True, ()), emulated=True, on_event=print)


class Deleting:
    """A stack of which two resources refuse to go; `events` are told one poll after another, oldest first."""

    def __init__(self, refuse=("AuditBucket", "BackupVault")):
        self.refuse, self.asked, self.polls, self.there = refuse, [], [], True

    def describe_stacks(self, StackName):  # noqa: N803 - AWS's names
        if not self.there:
            raise refusal(f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE" if not self.polls else self.polls[-1]["ResourceStatus"]}]}

    def describe_stack_events(self, StackName):  # noqa: N803
        return {"StackEvents": list(reversed(self.polls))}

    def delete_stack(self, StackName, RetainResources=()):  # noqa: N803
        self.asked.append(tuple(RetainResources))
        refused = [key for key in self.refuse if key not in RetainResources]
        self.there = bool(refused)
        for number, key in enumerate([*refused, StackName] if refused else []):
            why = {"ResourceStatusReason": "it is not\n empty"}
            row = {
                "EventId": f"{len(self.asked)}-{number}",
                "LogicalResourceId": key,
                "ResourceStatus": "DELETE_FAILED",
            }
            self.polls.append(row | why)


def delete(client, **more):
    return changes.delete(client, "linli-x-data", emulated=True, on_event=lambda _resource, _status: None, **more)


def test_what_may_refuse_to_go_stays_without_a_stack():
    client = Deleting()
    assert delete(client, stay=["AuditBucket", "BackupVault"])
    assert client.asked == [(), ("AuditBucket", "BackupVault")]
    assert not delete(client), "there is none any more"


def test_what_else_refuses_is_told():
    with pytest.raises(DeployError, match="linli-x-data was not deleted: AuditBucket: it is not empty"):
        delete(Deleting())
    client = Deleting()
    with pytest.raises(DeployError, match="BackupVault: it is not empty"):
        delete(client, stay=["AuditBucket"])
