"""Refunds: asynchronous, one per out_refund_no, never more than was paid."""

from infra.sandbox.wechat import schemas
from infra.sandbox.wechat.world import Json, Refusal, World

_MOST_OF_ONE = 50  # refunds of one order
_EVENTS = {"SUCCESS": "REFUND.SUCCESS", "CLOSED": "REFUND.CLOSED", "ABNORMAL": "REFUND.ABNORMAL"}
_OPEN = ("PROCESSING", "ABNORMAL")


def create(world: World, body: bytes) -> Json:
    """A refund, or the same again. Raises Refusal."""
    asked = schemas.read(schemas.Refund, body)
    wanted = asked.model_dump(mode="json")
    number = asked.out_refund_no
    if number in world.state.refunds:
        known = world.state.refunds[number]
        if known["request"] != wanted:
            raise Refusal(400, "INVALID_REQUEST", "The number was used with other particulars.")
        return shown(world, number)
    order_number = _order(world, asked)
    order = world.order(order_number)
    if "paid" not in order:
        raise Refusal(400, "INVALID_REQUEST", "The order is not paid.")
    if asked.amount.total != order["total"]:
        raise Refusal(400, "INVALID_REQUEST", "amount.total is not what the order cost.")
    others = [one for one in world.state.refunds.values() if one["order"] == order_number and one["status"] != "CLOSED"]
    if sum(one["request"]["amount"]["refund"] for one in others) + asked.amount.refund > order["total"]:
        raise Refusal(400, "INVALID_REQUEST", "That is more than is left of the order.")
    if len(others) >= _MOST_OF_ONE:
        raise Refusal(403, "RULE_LIMIT", "An order has fifty refunds at most.")
    order["trade_state"] = "REFUND"
    world.state.refunds[number] = {
        "request": wanted,
        "order": order_number,
        "status": "PROCESSING",
        "refund_id": world.number("50000"),
        "created": world.clock(),
        "create_time": world.stamp(),
    }
    settle_later(world, number)
    return shown(world, number)


def _order(world: World, asked: schemas.Refund) -> str:
    if (asked.out_trade_no is None) == (asked.transaction_id is None):
        raise Refusal(400, "PARAM_ERROR", "Give one of out_trade_no and transaction_id.")
    if asked.out_trade_no is not None:
        return asked.out_trade_no
    for number, order in world.state.orders.items():
        if order.get("transaction_id") == asked.transaction_id:
            return number
    raise Refusal(404, "RESOURCE_NOT_EXISTS", "There is no such order.")


def settle_later(world: World, number: str) -> None:
    """Let a refund end by itself, as the settings say."""
    outcome = world.state.settings.refund_outcome
    if outcome != "PROCESSING":
        seconds = world.state.settings.refund_delay_ms / 1000
        world.scheduler.after(seconds, lambda: _settle(world, number, outcome))


def _settle(world: World, number: str, outcome: str) -> None:
    with world.lock:
        known = world.state.refunds.get(number)
        if known is not None and known["status"] == "PROCESSING":
            settle(world, number, outcome)


def settle(world: World, number: str, outcome: str) -> Json:
    """End a refund: SUCCESS, CLOSED (the money is ours again) or ABNORMAL (a person must see to it). Raises Refusal."""
    known = world.refund(number)
    if known["status"] not in _OPEN:
        raise Refusal(400, "INVALID_REQUEST", f"The refund is {known['status']}.")
    known["status"] = outcome
    if outcome == "SUCCESS":
        known["success_time"] = world.stamp()
    seen = shown(world, number)
    order = world.order(known["order"])
    notice = {
        "mchid": order["request"]["mchid"],
        "out_trade_no": seen["out_trade_no"],
        "transaction_id": seen["transaction_id"],
        "out_refund_no": number,
        "refund_id": seen["refund_id"],
        "refund_status": outcome,
        "user_received_account": seen["user_received_account"],
        "amount": {name: seen["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")},
    }
    world.tell(_EVENTS[outcome], "refund", notice, known["request"]["notify_url"])
    return seen


def shown(world: World, number: str) -> Json:
    """A refund as a query answers it. Raises Refusal (404)."""
    known = world.refund(number)
    order, amount = world.order(known["order"]), known["request"]["amount"]
    answer: Json = {
        "refund_id": known["refund_id"],
        "out_refund_no": number,
        "transaction_id": order["transaction_id"],
        "out_trade_no": known["order"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": known["create_time"],
        "status": known["status"],
        "amount": {
            "total": amount["total"],
            "refund": amount["refund"],
            "payer_total": amount["total"],
            "payer_refund": amount["refund"],
            "settlement_total": amount["total"],
            "settlement_refund": amount["refund"],
            "discount_refund": 0,
            "currency": "CNY",
        },
    }
    return answer | ({"success_time": known["success_time"]} if "success_time" in known else {})
