"""What WeChat's documents ask of a request. Unknown fields are refused, where WeChat may pass them over."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from infra.sandbox.bodies import Body, first_fault
from infra.sandbox.wechat.world import Refusal

T = TypeVar("T", bound=BaseModel)
MOST = 100_000_000  # fen
Total = Annotated[int, Field(strict=True, ge=1, le=MOST)]
# https in production; loopback is let through for development. It may carry no query.
Url = Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)(:\d+)?/)[^?]*$", max_length=256)]


class Amount(Body):
    """What an order costs, fen."""

    total: Total
    currency: Literal["CNY"] = "CNY"


class Payer(Body):
    """Who pays inside WeChat."""

    openid: str = Field(min_length=1, max_length=128)


class H5Info(Body):
    """What kind of page it is."""

    type: Literal["iOS", "Android", "Wap"]


class SceneInfo(Body):
    """Where the customer is."""

    payer_client_ip: str = Field(min_length=1, max_length=45)
    h5_info: H5Info | None = None


class SettleInfo(Body):
    """Whether the money is held for profit sharing."""

    profit_sharing: bool = False


class Order(Body):
    """The body of an order of any kind."""

    appid: str = Field(min_length=1, max_length=32)
    mchid: str = Field(min_length=1, max_length=32)
    description: str = Field(min_length=1, max_length=127)
    out_trade_no: str = Field(pattern=r"^[0-9A-Za-z_\-|*@]{6,32}$")
    notify_url: Url
    amount: Amount
    time_expire: datetime | None = None
    attach: str | None = Field(default=None, max_length=128)
    payer: Payer | None = None
    scene_info: SceneInfo | None = None
    settle_info: SettleInfo | None = None


class RefundAmount(Body):
    """What goes back of what an order cost, fen."""

    refund: Total
    total: Total
    currency: Literal["CNY"]


class Refund(Body):
    """The body of a refund."""

    transaction_id: str | None = None
    out_trade_no: str | None = None
    out_refund_no: str = Field(pattern=r"^[0-9A-Za-z_\-|*@]{1,64}$")
    reason: str | None = Field(default=None, max_length=80)
    notify_url: Url | None = None
    amount: RefundAmount


def read(model: type[T], content: bytes | dict[str, Any]) -> T:
    """Raises Refusal (400)."""
    try:
        return model.model_validate_json(content) if isinstance(content, bytes) else model.model_validate(content)
    except ValidationError as error:
        raise Refusal(400, "PARAM_ERROR", first_fault(error)[1]) from error
