"""Messages that cannot be worked and a stream that stands still, with real queues: the others go on, and nothing is lost."""

import json
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit import redelivery
from chalicelib.kit.outbox import Message
from chalicelib.outbox import events as outbox_events
from chalicelib.outbox import use_cases as outbox
from chalicelib.outbox.gateways.sqs import SqsQueues
from chalicelib.outbox.store import MessageRow
from infra import redrive
from infra.alarms import alarm_resources
from infra.queues import QUEUES
from infra.targets import Target
from tests.api import MERCHANT, call, told
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.chalicelib.payments.flow import cancel, paid, sheet, state
from tests.emulators import REGION
from tests.infra.stage import Stage
from tests.world import hold, open_shop


@pytest.fixture
def stage(ministack, monkeypatch):
    monkeypatch.setattr(redelivery, "DELAYS", (0,))
    made = Stage(ministack)
    yield made
    made.gone()


def _poison():
    good = Message("order.refund_due", ("payments",), {}, wiring.clock().now(), id="msg_later")
    return {
        "not json at all": "unreadable",
        "[1, 2, 3]": "unreadable",
        json.dumps({"type": "order.refund_due"}): "unreadable",
        json.dumps(good.to_json() | {"id": "msg_1", "type": "nobody.knows"}): "nobody.knows",
        # As a newer version of the code would send it, and then was taken back.
        json.dumps(good.to_json() | {"id": "msg_2", "sealed_by": 2}): "order.refund_due",
        json.dumps(good.to_json() | {"id": "msg_3", "payload": {"order_id": "ord_1"}}): "order.refund_due",
    }


def test_poisoned_messages_die_alone(stage, provider, clock, caplog):  # noqa: F811 - as above
    orders = [hold(open_shop(), hours=72) for _ in range(2)]
    for order in orders:
        paid(provider, order)
        assert cancel(order).status == 200
    for number, body in enumerate(_poison()):
        stage.send(body)
        if number == 2:
            assert stage.relay() == 2
    stage.work()
    assert [state(order) for order in orders] == ["refunded", "refunded"]
    assert len(provider.refunds) == 2
    seen = stage.look()
    assert (seen.waiting, seen.in_hand, seen.dead) == (0, 0, len(_poison()))
    assert sorted(letter.type for letter in seen.letters) == sorted(_poison().values())
    unread = [record for record in caplog.records if record.getMessage() == "unreadable message"]
    assert {record.queue for record in unread} == {"linli-redrive-payments"}
    done = stage.redrive(wait=1)
    assert (done.moved, stage.look().dead) == (len(_poison()), len(_poison())), (
        "they die again, and the command says so"
    )
    assert {one.id for one in done.again if one.id} == {"msg_1", "msg_2", "msg_3"}
    assert sheet()["refunds:pending"] == 0


@pytest.mark.parametrize("spec", QUEUES, ids=lambda spec: spec.name)
def test_one_dead_message_is_an_alarm(spec):
    functions = dict.fromkeys(("api", "outbox-relay"), "Function")
    made = alarm_resources(functions, (), Target.aws(stage="prod", region=REGION))
    alarm = made[f"{spec.dead_letter_id}Alarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [spec.dead_letter_id, "QueueName"]}
    assert alarm["AlarmActions"]


def _rename(shop, name):
    version = call("GET", "/v1/shops/{shop_id}", shop_id=shop["id"]).json["version"]
    wish = {"version": version, "name": name}
    changed = call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body=wish, shop_id=shop["id"])
    assert changed.status == 200, changed.text


def _sweep(stage, clock):  # noqa: F811 - a fixture's value
    ports = replace(wiring.relay(), queues=SqsQueues(stage.target.prefix))
    return outbox.sweep(ports, clock.now())


def _bodies(stage, name):
    """Take everything that waits in a queue, in the order that it comes in."""
    url = redrive.find(stage.target, name).url
    found = []
    while messages := stage.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(one["Body"]) for one in messages]
        for one in messages:
            stage.sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def test_what_a_stream_that_stands_still_left_is_swept_once(stage, clock, monkeypatch):  # noqa: F811 - as above
    shop = open_shop()
    for number in range(8):
        clock.move(seconds=1)
        _rename(shop, f"第{number}家")
    shards = {row.pk: row.gsi1pk for row in MessageRow.scan()}
    waiting = {message.id for message in told() if "search" in message.queues}
    assert len(waiting) >= 8
    assert _sweep(stage, clock).sent < len(waiting), "younger than half a minute is the relay's"
    monkeypatch.setattr(outbox, "MOST_OF_A_SHARD", 1)  # of eight, and more than eight wait
    clock.move(hours=3)
    runs = []
    while (swept := _sweep(stage, clock)).sent:
        runs.append(swept.sent)
    assert len(runs) > 1, "what one run cannot send the next one does"
    assert told() == []
    sent = _bodies(stage, "search")
    assert sorted(one["id"] for one in sent) == sorted(waiting), "each once"
    for shard in set(shards.values()):
        times = [one["occurred_at"] for one in sent if shards[one["id"]] == shard]
        assert times == sorted(times), "the oldest first, shard by shard"


def test_in_whatever_order_versions_come_the_newest_stays(stage, clock):  # noqa: F811 - as above
    shop = open_shop()
    for number in range(4):
        _rename(shop, f"第{number}家")
    messages = [message for message in told() if message.type == "shop.changed"]
    for message in reversed(messages):
        SqsQueues(stage.target.prefix).send("search", [message])
    stage.work("search")
    assert stage.work("search") == 0
    (found,) = _found(shop)
    assert found["name"] == "第3家"


def _found(shop):
    position = {"lat": 31.23, "lon": 121.46}
    answer = call("GET", "/v1/search/shops", query=position | {"nearest": 10})
    assert answer.status == 200, answer.text
    return [one for one in answer.json["items"] if one["shop_id"] == shop["id"]]


def test_a_stream_that_catches_up_after_the_sweep_changes_nothing(stage, provider, clock, monkeypatch):  # noqa: F811 - as above
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    assert cancel(order).status == 200
    images = [{"eventName": "INSERT", "dynamodb": {"NewImage": row.serialize()}} for row in MessageRow.scan()]
    clock.move(hours=1)
    assert _sweep(stage, clock).sent == len(images)
    stage.go_on()
    before = (state(order), len(provider.refunds), sheet())
    assert before[:2] == ("refunded", 1)
    ports = replace(wiring.relay(), queues=SqsQueues(stage.target.prefix))
    monkeypatch.setattr(wiring, "relay", lambda: ports)
    outbox_events.relay({"Records": images}, None)
    assert stage.work() > 0
    stage.go_on()
    assert (state(order), len(provider.refunds), sheet()) == before


def test_a_consumer_of_search_that_is_down_for_a_day_shows_every_shop_after(stage, clock):  # noqa: F811 - as above
    shops = [open_shop() for _ in range(3)]
    stage.down = True
    assert stage.relay_all().failed == 0
    stage.work("search")
    queue = redrive.find(stage.target, "search")
    assert redrive.look(stage.target, queue).dead >= len(shops)
    assert not any(_found(shop) for shop in shops)
    clock.move(days=1)
    stage.down = False
    done = redrive.redrive(stage.target, queue, wait=9, pause=lambda: stage.work("search"))
    assert (done.again, done.left, redrive.look(stage.target, queue).dead) == ((), 0, 0)
    assert all(_found(shop) for shop in shops)
