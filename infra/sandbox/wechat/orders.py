"""Orders: made once per out_trade_no, paid, failed and closed by the control endpoints or on the payer's page."""

import secrets

from infra.sandbox.wechat import schemas
from infra.sandbox.wechat.world import Json, Refusal, World

_SOONEST = 60  # seconds until an order may run out at the earliest


def create(world: World, kind: str, body: bytes) -> Json:
    """An order (h5, native, jsapi, app), or the same again with a fresh way to pay it. Raises Refusal."""
    asked = schemas.read(schemas.Order, body)
    _check(world, kind, asked)
    wanted = asked.model_dump(mode="json")
    if asked.out_trade_no in world.state.orders:
        known = world.order(asked.out_trade_no)
        if known["kind"] != kind or known["request"] != wanted:
            raise Refusal(403, "OUT_TRADE_NO_USED", "The number was used with other particulars.")
        if known["trade_state"] == "CLOSED":
            raise Refusal(400, "ORDER_CLOSED", "The order is closed.")
        if known["trade_state"] != "NOTPAY":
            raise Refusal(400, "ORDERPAID", "The order is paid.")
    else:
        expires = asked.time_expire.timestamp() if asked.time_expire else None
        if expires is not None and expires < world.clock() + _SOONEST:
            raise Refusal(400, "PARAM_ERROR", "time_expire is less than a minute away.")
        known = {"kind": kind, "request": wanted, "trade_state": "NOTPAY", "expires": expires, "prepaid": 0}
        world.state.orders[asked.out_trade_no] = known
    known["prepaid"] += 1
    return _answer(world, kind, asked.out_trade_no)


def _check(world: World, kind: str, asked: schemas.Order) -> None:
    keys = world.state.keys
    appid = {keys.app_appid, keys.appid} if kind == "app" else {keys.appid}
    if asked.mchid != keys.mchid or asked.appid not in appid:
        raise Refusal(400, "APPID_MCHID_NOT_MATCH", "appid and mchid do not belong together.")
    if (kind == "jsapi") != (asked.payer is not None):
        raise Refusal(400, "PARAM_ERROR", "payer.openid belongs to jsapi, and to it alone.")
    if kind == "h5" and (asked.scene_info is None or asked.scene_info.h5_info is None):
        raise Refusal(400, "PARAM_ERROR", "scene_info.h5_info is missing.")


def _answer(world: World, kind: str, number: str) -> Json:
    prepay = f"wx{secrets.token_hex(17)}"
    page = f"{world.base_url}/pay/{number}"
    if kind == "h5":
        return {"h5_url": f"{page}?prepay_id={prepay}&package={secrets.randbelow(10**10)}"}
    return {"code_url": page} if kind == "native" else {"prepay_id": prepay}


def pay(world: World, number: str, openid: str | None = None, total: int | None = None) -> Json:
    """The customer pays; `total` is another amount than was asked for, which WeChat itself would never take. Raises
    Refusal.
    """
    order = world.order(number)
    if order["trade_state"] not in ("NOTPAY", "PAYERROR"):
        raise Refusal(400, "INVALID_REQUEST", f"The order is {order['trade_state']}.")
    payer = order["request"]["payer"]
    order |= {
        "trade_state": "SUCCESS",
        "transaction_id": world.number("42000"),
        "openid": payer["openid"] if payer else openid or f"o{secrets.token_hex(13)}",
        "paid": world.clock(),
        "success_time": world.stamp(),
        "total": total or order["request"]["amount"]["total"],
    }
    world.tell("TRANSACTION.SUCCESS", "transaction", shown(world, number), order["request"]["notify_url"])
    return shown(world, number)


def end(world: World, number: str, state: str) -> Json:
    """A payment fails (PAYERROR), goes on (USERPAYING), or the order is closed (CLOSED); no notice. Raises Refusal."""
    order = world.order(number)
    if order["trade_state"] in ("SUCCESS", "REFUND", "CLOSED"):
        raise Refusal(400, "INVALID_REQUEST", f"The order is {order['trade_state']}.")
    order["trade_state"] = state
    return shown(world, number)


def shown(world: World, number: str) -> Json:
    """An order as a query answers it. Raises Refusal (404)."""
    order = world.order(number)
    asked = order["request"]
    answer: Json = {
        "appid": asked["appid"],
        "mchid": asked["mchid"],
        "out_trade_no": number,
        "trade_state": order["trade_state"],
        "trade_state_desc": order["trade_state"],
        "promotion_detail": [],
    }
    if "paid" not in order:
        return answer | {"amount": {"total": asked["amount"]["total"]}}
    return answer | {
        "transaction_id": order["transaction_id"],
        "trade_type": {"h5": "MWEB"}.get(order["kind"], order["kind"].upper()),
        "bank_type": "OTHERS",
        "attach": asked["attach"] or "",
        "success_time": order["success_time"],
        "payer": {"openid": order["openid"]},
        "amount": {
            "total": order["total"],
            "payer_total": order["total"],
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
