"""WeChat Pay's API v3, direct, as an adapter on `cryptography` alone; unproven against WeChat's production.

Sources: pay.weixin.qq.com/doc/v3/merchant (orders, refunds, bills, signatures, notices).
"""

from chalicelib.payments.gateways.wechat.account import WechatAccount
from chalicelib.payments.gateways.wechat.provider import WechatProvider

__all__ = ["WechatAccount", "WechatProvider"]
