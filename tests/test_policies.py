"""What the functions may do, where the template's preflight cannot know what they need."""

import json
from pathlib import Path

import pytest

from infra.queues import QUEUES

POLICIES = Path(__file__).resolve().parents[1] / ".chalice"
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}


def tables(function, actions):
    """Return the tables on which a function may do any of the actions."""
    policy = json.loads((POLICIES / f"{function}.json").read_text(encoding="utf-8"))
    rows = [row for row in policy["Statement"] if actions & set(row["Action"])]
    resources = [
        one for row in rows for one in (row["Resource"] if isinstance(row["Resource"], list) else [row["Resource"]])
    ]
    names = [one["Fn::Sub"].partition(":table/${TablePrefix}-")[2] for one in resources]
    return {name.partition("/")[0] for name in names if name}


def test_the_api_reads_what_only_consumers_write():
    assert "search" in tables("api", {"dynamodb:GetItem"})
    assert "search" in tables("api", {"dynamodb:Query"})
    assert "search" not in tables("api", WRITES)


def rights(function, service):
    """Return what a function may do at a service, and to what."""
    rows = json.loads((POLICIES / f"{function}.json").read_text(encoding="utf-8"))["Statement"]
    return {
        action: json.dumps(row.get("Resource", row.get("NotResource")))
        for row in rows
        for action in row["Action"]
        if action.startswith(f"{service}:")
    }


def test_phones_are_told_to_the_operators_own_push_applications_alone():
    api, deliver = rights("api", "sns"), rights("notifications-deliver", "sns")
    assert ":app/${PushFcm}" in api["sns:CreatePlatformEndpoint"]
    for granted in (api["sns:SetEndpointAttributes"], api["sns:DeleteEndpoint"], deliver["sns:DeleteEndpoint"]):
        assert all(f":endpoint/${{{one}}}/*" in granted for one in ("PushApns", "PushApnsSandbox", "PushFcm"))
    assert ":${QueuePrefix}-feedback" in api["sns:ConfirmSubscription"]
    assert rights("privacy-run", "sns").keys() == {"sns:DeleteEndpoint"}
    assert {"sns:CreatePlatformEndpoint", "sns:ConfirmSubscription"}.isdisjoint(deliver)


def test_what_sweeps_notices_may_send_them_as_what_delivers_them():
    for service in ("sns", "ses", "kms", "ssm"):
        assert rights("notifications-sweep", service) == rights("notifications-deliver", service)
    read = {"dynamodb:GetItem"}
    assert tables("notifications-deliver", read) <= tables("notifications-sweep", read)
    assert tables("notifications-deliver", WRITES) <= tables("notifications-sweep", WRITES)


def test_mail_goes_out_from_the_stages_identity_by_its_own_set():
    sent = rights("notifications-deliver", "ses")
    assert "identity/${MailIdentity}" in sent["ses:SendEmail"]
    assert "configuration-set/${QueuePrefix}-mail" in sent["ses:SendEmail"]


def test_a_shops_page_can_be_kept_and_looked_at():
    reads = {"dynamodb:GetItem"}, {"dynamodb:Query"}
    assert all({"shops", "reviews", "search"} <= tables("search-index", actions) for actions in reads)
    assert "search" in tables("search-index", {"dynamodb:PutItem"})
    assert {"shops", "reviews", "search"} <= tables("api", {"dynamodb:GetItem"})
    assert "booking" in tables("api", {"dynamodb:BatchGetItem"})


def test_free_maps_can_be_kept_and_searched():
    for function in ("search-index", "search-free"):
        assert {"shops", "search"} <= tables(function, {"dynamodb:Query"})
        assert {"booking", "search"} <= tables(function, {"dynamodb:BatchGetItem"})
        assert tables(function, WRITES) == {"search"}
    assert {"booking", "search"} <= tables("api", {"dynamodb:BatchGetItem"})


def test_calendars_are_read_from_elsewhere_and_written_to_the_days():
    assert tables("calendars-fetch", WRITES) == {"calendars", "booking", "outbox"}
    assert "shops" in tables("calendars-fetch", {"dynamodb:GetItem"})
    assert {"calendars", "booking"} <= tables("api", {"dynamodb:PutItem"})


def test_visits_are_planned_and_told_by_who_writes_nothing_else():
    assert tables("reminders-plan", WRITES) == {"reminders"}
    assert {"orders", "shops"} <= tables("reminders-plan", {"dynamodb:GetItem"})
    assert tables("reminders-sweep", WRITES) == {"reminders", "outbox"}
    assert "booking" in tables("reminders-sweep", {"dynamodb:BatchGetItem"})
    assert "orders" in tables("reminders-sweep", {"dynamodb:GetItem"})


def test_what_merchants_write_is_sent_by_who_knows_no_address():
    assert tables("outreach-run", WRITES) == {"outreach", "outbox"}
    assert {"outreach", "profiles"} <= tables("outreach-run", {"dynamodb:ConditionCheckItem"})
    assert {"outreach", "profiles", "privacy", "orders"} <= tables("outreach-run", {"dynamodb:Query"})
    assert {"notifications", "coupons"} <= tables("outreach-run", {"dynamodb:BatchGetItem"})
    assert "accounts" not in tables("outreach-run", {"dynamodb:GetItem"})


def test_offers_to_those_who_wait_are_held_once():
    written = {"booking", "orders", "coupons", "settlement", "idempotency", "outbox"}
    assert written == tables("booking-work", {"dynamodb:PutItem"})
    assert {"shops", "idempotency"} <= tables("booking-work", {"dynamodb:GetItem"})


def test_who_blocks_whom_is_a_condition_wherever_something_begins():
    for function in ("api", "booking-work"):
        assert "profiles" in tables(function, {"dynamodb:ConditionCheckItem"})
    assert "profiles" not in tables("booking-work", WRITES | {"dynamodb:GetItem", "dynamodb:Query"})


def test_what_somebody_wants_to_be_told_is_read_where_notices_are_delivered():
    assert "profiles" in tables("notifications-deliver", {"dynamodb:GetItem"})
    assert "profiles" not in tables("notifications-deliver", WRITES)
    assert {"outreach", "privacy"} <= tables("notifications-deliver", {"dynamodb:Query"}), "what waited is asked about"


@pytest.mark.parametrize("function", ["outbox-relay", "outbox-sweep"])
def test_messages_are_sent_to_every_queue(function):
    policy = json.loads((POLICIES / f"{function}.json").read_text(encoding="utf-8"))
    (send,) = (row for row in policy["Statement"] if "sqs:SendMessage" in row["Action"])
    assert {one["Fn::Sub"].rpartition("-")[2] for one in send["Resource"]} >= {spec.name for spec in QUEUES}


def test_messages_are_put_by_many_and_taken_by_the_relay_alone():
    for function in ("api", "payments-work", "orders-expire", "booking-answers", "coupons-expire", "settlement-run"):
        assert "outbox" in tables(function, {"dynamodb:PutItem"})
        assert "outbox" not in tables(function, WRITES - {"dynamodb:PutItem"} | {"dynamodb:Query", "dynamodb:GetItem"})


def test_bank_accounts_are_unsealed_where_merchants_are_paid_and_nowhere_else():
    opens = {
        path.stem
        for path in POLICIES.glob("*.json")
        for row in json.loads(path.read_text(encoding="utf-8")).get("Statement", ())
        if "kms:Decrypt" in row["Action"]
    }
    assert {"api", "payouts-work", "payouts-run"} <= opens
    assert opens.isdisjoint({"settlement-run", "payments-work", "booking-work", "orders-expire", "reconciliation-run"})


def test_roles_are_given_and_noted():
    assert tables("accounts-grant-role", {"dynamodb:PutItem"}) == {"accounts", "audit"}
    assert tables("accounts-reset-factors", {"dynamodb:PutItem"}) == {"accounts", "audit", "outbox"}


NOTING = {f"dynamodb:{name}" for name in ("BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "Query")}


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.json")), ids=lambda path: path.stem)
def test_nobody_changes_or_removes_an_entry_or_a_seal(path):
    rows = json.loads(path.read_text(encoding="utf-8")).get("Statement", ())
    log = [set(row["Action"]) for row in rows if "${TablePrefix}-audit" in json.dumps(row.get("Resource"))]
    assert all(actions <= NOTING for actions in log)
    seals = [row for row in rows if "${AuditBucket}" in json.dumps(row.get("Resource"))]
    assert path.stem == "audit-seal" or not seals
    assert {action for row in seals for action in row["Action"]} <= {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}


def test_the_function_that_seals_writes_no_entry():
    rows = json.loads((POLICIES / "audit-seal.json").read_text(encoding="utf-8"))["Statement"]
    [told] = [row for row in rows if WRITES & set(row["Action"])]
    assert told["Action"] == ["dynamodb:PutItem"]
    assert told["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["SEAL"]}}
    assert "kms:Decrypt" not in json.dumps(rows)


OWN = ("${AWS::Region}", "${SealKeyArn}", "${OutboxStreamArn}", "${DocumentsBucket}", "${AuditBucket}")
"""What names this region, or something of this region's data stack."""
OF_NO_PLACE = {
    "xray:PutTelemetryRecords", "xray:PutTraceSegments", "dynamodb:ListStreams", "sns:Publish",
    "comprehend:DetectToxicContent", "rekognition:DetectModerationLabels",
}  # fmt: skip
"""Actions that AWS gives for no single resource; they are done in the region of whoever does them. Text messages: to
phones alone, which are no resource.
"""


@pytest.mark.parametrize(
    "path", [*sorted(POLICIES.glob("*-*.json")), POLICIES / "api.json"], ids=lambda path: path.stem
)
def test_no_function_reaches_another_region(path):
    """What `docs/residency.md` says: two regions of a stage in one account have tables of the same names."""
    for row in json.loads(path.read_text(encoding="utf-8"))["Statement"]:
        if set(row["Action"]) <= OF_NO_PLACE:
            continue
        resources = row["Resource"] if isinstance(row["Resource"], list) else [row["Resource"]]
        assert all(any(place in one["Fn::Sub"] for place in OWN) for one in resources), row


@pytest.mark.parametrize("function", ["api", "booking-answers", "booking-work"])
def test_who_gives_lines_up_may_look_at_coupons_and_correct_what_fell_due(function):
    """Other lines of the order may have been delivered with a coupon, which may ask for the shop's hours."""
    assert {"coupons", "shops"} <= tables(function, {"dynamodb:GetItem"})
    assert "coupons" in tables(function, {"dynamodb:BatchGetItem"})
    assert "settlement" in tables(function, {"dynamodb:PutItem"})
