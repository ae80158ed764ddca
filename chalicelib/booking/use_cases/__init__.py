"""What can be done with bookings beside buying and cancelling them, which `orders` does through `lines`."""

from chalicelib.booking.use_cases.answer import accept, decline, decline_unanswered
from chalicelib.booking.use_cases.busy import BusyTime, rewrite_busy
from chalicelib.booking.use_cases.day import block, blocks, note, unblock, write_note
from chalicelib.booking.use_cases.life import check_in, complete, late, no_show, redeem, ticket
from chalicelib.booking.use_cases.move import Move, move
from chalicelib.booking.use_cases.read import Sold, agenda, bought_by, expected, get, sold_by_shop
from chalicelib.booking.use_cases.session import Planned, call_off, give_back, plan, rooms
from chalicelib.booking.use_cases.times import NextTimes, Times, next_times, times

__all__ = [
    "BusyTime",
    "Move",
    "NextTimes",
    "Planned",
    "Sold",
    "Times",
    "accept",
    "agenda",
    "block",
    "blocks",
    "bought_by",
    "call_off",
    "check_in",
    "complete",
    "decline",
    "decline_unanswered",
    "expected",
    "get",
    "give_back",
    "late",
    "move",
    "next_times",
    "no_show",
    "note",
    "plan",
    "redeem",
    "rewrite_busy",
    "rooms",
    "sold_by_shop",
    "ticket",
    "times",
    "unblock",
    "write_note",
]
