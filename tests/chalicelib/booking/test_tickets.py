"""Tickets: checked by anybody with the public key alone, good once, and for nothing else."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from jwt.algorithms import OKPAlgorithm

from tests.api import CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.booking.shop import BOOKING, Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import at


@pytest.fixture
def town(clock):
    return Town(clock)


@pytest.fixture
def booked(town):
    (one,) = town.buy(town.wish(town.offer()))
    return one


def ticket(booking, actor=CUSTOMER):
    return call("GET", f"{BOOKING}/ticket", actor=actor, booking_id=booking["id"])


def redeem(town, booking, text, actor=MERCHANT):
    return town.do("redeem", booking, actor, {"ticket": text})


def test_anybody_can_check_it_without_asking(town, booked):
    (key,) = call("GET", "/v1/ticket-keys").json["keys"]
    text = ticket(booked).json["ticket"]
    assert jwt.get_unverified_header(text) == {"alg": "EdDSA", "kid": key["kid"], "typ": "JWT"}
    claims = jwt.decode(
        text, OKPAlgorithm.from_jwk(json.dumps(key)), algorithms=["EdDSA"], audience="test", issuer="linli",
        options={"verify_exp": False, "verify_nbf": False},
    )  # fmt: skip
    assert (claims["sub"], claims["shop"], claims["typ"]) == (booked["id"], town.id, "ticket")
    assert (claims["start"], claims["exp"]) == (at("10:00").timestamp(), at("23:00").timestamp())
    assert CUSTOMER.account_id not in base64.urlsafe_b64decode(text.split(".")[1] + "==").decode()


def test_it_is_good_once(town, booked):
    text = ticket(booked).json["ticket"]
    assert redeem(town, booked, text).json["code"] == "too-early"
    town.clock.moment = at("09:55")
    assert redeem(town, booked, text, OTHER).status == 404
    assert redeem(town, booked, text).json["state"] == "checked_in"
    again = redeem(town, booked, text)
    assert (again.status, again.json["code"]) == (409, "booking-state")
    assert ticket(booked).json["code"] == "booking-state"


def test_it_is_the_customers_alone_and_only_once_it_is_paid(town, booked):
    assert ticket(booked, OTHER).status == 404
    assert ticket(booked, MERCHANT).status == 404
    held = town.order(town.wish(town.offer(), "15:00")).json
    assert ticket({"id": held["lines"][0]["ref"]}).json["code"] == "booking-state"


def test_no_other_ticket_opens(town, booked):
    (other,) = town.buy(town.wish(town.offer(), "12:00"))
    mine, theirs = ticket(booked).json["ticket"], ticket(other).json["ticket"]
    town.clock.moment = at("09:55")
    head, body, signature = mine.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = [
        theirs,
        f"{head}.{theirs.split('.')[1]}.{signature}",
        jwt.encode(claims, "k" * 32, algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        mine[:-2],
        "x",
    ]
    for text in forged:
        assert redeem(town, booked, text).json["code"] == "wrong-ticket"
    town.clock.moment = at("23:00")
    assert redeem(town, booked, mine).json["code"] == "wrong-ticket", "it has run out"


def test_a_moved_booking_has_another_ticket(town, booked):
    old = ticket(booked).json["ticket"]
    moved = town.do("move", booked, body={"start": at("14:00").isoformat()}).json
    town.clock.moment = at("13:00")
    assert redeem(town, moved, old).json["code"] == "wrong-ticket"
    assert redeem(town, moved, ticket(moved).json["ticket"]).status == 200


def test_it_is_drawn(town, booked):
    drawn = call("GET", f"{BOOKING}/ticket.svg", actor=CUSTOMER, booking_id=booked["id"])
    assert (drawn.status, drawn.headers["Content-Type"]) == (200, "image/svg+xml")
    assert drawn.text.startswith("<svg")
    town.clock.moment += timedelta(days=3)
    assert ticket(booked).status == 200
