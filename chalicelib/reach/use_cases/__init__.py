"""What can be done about where people are reached."""

from chalicelib.reach.use_cases.devices import Wish, devices, forget, register
from chalicelib.reach.use_cases.feedback import Receipt, arrives, heard, take_lines, take_receipts, take_topic
from chalicelib.reach.use_cases.wechat import Agreed, agree, agreed

__all__ = [
    "Agreed",
    "Receipt",
    "Wish",
    "agree",
    "agreed",
    "arrives",
    "devices",
    "forget",
    "heard",
    "register",
    "take_lines",
    "take_receipts",
    "take_topic",
]
