"""Which fields are guarded, and that who looks at too much is found; `e2e.test_matrix` looks as everybody."""

import re
from pathlib import Path

import pytest

import app  # noqa: F401 - fills the list of endpoints
from chalicelib.booking.schemas import Agenda, Booking
from chalicelib.kit.auth import Actor, Permission, Role
from chalicelib.kit.endpoints import ENDPOINTS
from tests.e2e.fields import GUARDS, OWN, Look, name_of, schemas, shown

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
TELLING = re.compile(
    "phone|email|code|.*secret|.*token|approvers|number|details|documents|source_ip|recipient|agent|url|link|ticket|"
    "action_.*|contact_.*|legal_name|licence_number"
)
"""How fields are called that may not be everybody's."""
HARMLESS = {
    "accounts.Begun.authorization_url": "for whoever begins to sign in",
    "audit.Entry.details": "what changed, without personal data",
    "claims.Claim.code": "of a list",
    "calendars.Fault.code": "of a list",
    "coupons.Campaign.number": "of coupons",
    "coupons.Codes.number": "of codes",
    "coupons.ExportedCodes.link": "is the answer, and only to whom the campaign is run by",
    "coupons.Poster.token": "for everybody who comes by",
    "coupons.Screen.token": "for everybody at the counter",
    "moderation.Case.code": "of a list",
    "moderation.OwnCase.code": "of a list",
    "notifications.Notice.link": "its reader's own, as the notice is",
    "payments.Taken.code": "for the provider",
    "privacy.Matter.code": "of a list",
    "queueing.Ticket.number": "in the queue, as it is called out",
    "reach.AlibabaTaken.code": "for the provider",
    "reviews.MediaFile.url": "of what everybody may see of a review",
    "reviews.MediaUploadForm.url": "takes one file, and is the answer to its author",
    "search.WhyRecommended.code": "of a list",
    "shops.Listing.phone": "a shop's, for everybody",
    "shops.Media.url": "a shop's, for everybody",
    "shops.Shop.phone": "a shop's, for everybody",
    "support.Acting.access_token": "is the answer",
    "vetting.Waiting.documents": "how many",
    "webhooks.Endpoint.has_secret": "whether there is one",
    "webhooks.NewSecret.has_secret": "whether there is one",
}
RETURNED = {name_of(model): model for spec in ENDPOINTS if spec.returns for model in schemas(spec.returns)}


def test_every_field_that_may_not_be_everybodys_is_guarded_or_harmless():
    inside = {f"{name_of(one)}" for one in schemas(RETURNED["vetting.Application"].model_fields["details"].annotation)}
    fields = {
        f"{name}.{field}"
        for name, model in RETURNED.items()
        for field in model.model_fields
        if TELLING.fullmatch(field) and name not in OWN | inside | {"accounts.TokenPair"}
    }
    assert fields - set(HARMLESS) == set(GUARDS)


def test_what_is_ones_own_is_returned_by_operations_over_that_alone():
    for spec in ENDPOINTS:
        names = {name_of(model) for model in schemas(spec.returns)} & OWN if spec.returns else set()
        is_own = spec.path.startswith("/v1/me/") or spec.needs == Permission.BOOKING_OWN
        assert is_own or not names, (spec.path, names)


def test_the_page_has_the_same_list():
    said = dict(re.findall(r"^\| `(\w+\.\w+\.\w+)` \| ([^|]+) \|$", TEXT, re.MULTILINE))
    assert said == {name: guard.who for name, guard in GUARDS.items()}


def looked(operation, told, actor, *permissions):
    spec = next(one for one in ENDPOINTS if f"{one.tag}_{one.name}" == operation)
    return list(shown(spec, told, Look(actor, "acc_owner", lambda wanted: wanted in permissions)))


CUSTOMER = Actor("acc_customer", frozenset({Role.CUSTOMER}), "ses")
MERCHANT = Actor("acc_owner", frozenset({Role.MERCHANT}), "ses")


@pytest.mark.parametrize(("actor", "may"), [(CUSTOMER, True), (MERCHANT, False), (None, False)])
def test_who_sees_too_much_is_found_wherever_it_stands(actor, may):
    assert Agenda in RETURNED.values()
    assert Booking in RETURNED.values()
    booking = {"customer_id": "acc_customer", "code": "7KXM2P"}
    assert looked("booking_booking", booking, actor) == [("booking.Booking.code", True, may)]
    agenda = {"items": [booking, booking | {"code": None}]}
    name = "booking.Booking.code"
    assert looked("booking_agenda", agenda, actor) == [(name, True, may), (name, False, may)]


def test_a_bank_account_shows_its_end_to_everybody():
    name = "settlement.BankAccount.number"
    assert looked("settlement_my_terms", {"bank": {"number": "****0532"}}, MERCHANT) == [(name, False, False)]
    assert looked("settlement_my_terms", {"bank": {"number": "**34"}}, MERCHANT) == [(name, False, False)]
    assert looked("settlement_my_terms", {"bank": {"number": "DE89370400440532"}}, MERCHANT) == [(name, True, False)]


def test_a_permission_shows_what_it_is_for():
    payout = {"payout": {"approvers": ["acc_1"]}}
    name = "payouts.Payout.approvers"
    assert looked("payouts_my_payout", payout, MERCHANT) == [(name, True, False)]
    assert looked("payouts_payout", payout, MERCHANT, Permission.PAYOUT_DECIDE) == [(name, True, True)]
