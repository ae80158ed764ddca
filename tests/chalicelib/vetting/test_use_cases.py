import hashlib
from datetime import date

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.files import FilesDown
from chalicelib.risk import use_cases as risk
from chalicelib.settings import settings
from chalicelib.vetting import problems, use_cases
from chalicelib.vetting.ports import Licence, Reason, State
from chalicelib.vetting.use_cases import Outcome, Swept
from tests.api import ADMIN, told, working_for
from tests.chalicelib.vetting.world import IMAGE, JPEG, WHY, Vetting, number, once


@pytest.fixture
def vetting(tables):
    return Vetting()


def noted(actor):
    page = audit.read(wiring.audit(), f"application:{actor.account_id}", None, None, 20)
    return [(one.entry.action, one.entry.actor_id) for one in reversed(page.items)]


def frozen(actor):
    return risk.frozen_payouts(wiring.risk(), actor.account_id)


def test_who_applies_and_is_approved_is_a_merchant(vetting):
    actor = vetting.applied()
    found = vetting.file(actor).application
    assert (found.state, found.reasons, vetting.roles(actor)) == (State.IN_REVIEW, (), {Role.CUSTOMER})
    [document] = found.documents
    assert (document.media, document.size, document.sha256) == (JPEG, 100, hashlib.sha256(IMAGE).hexdigest())
    assert list(vetting.files.kept) == [f"licences/{actor.account_id}/{document.file_name}"]
    vetting.clock.move(hours=1)
    file = vetting.decide(actor)
    assert (file.application.state, file.standing.licence) == (State.APPROVED, Licence.APPROVED)
    assert vetting.file(actor) == file
    assert vetting.store.approved(actor.account_id) == file.application
    assert vetting.roles(actor) == {Role.CUSTOMER, Role.MERCHANT}
    assert [one.payload["merchant_id"] for one in told("vetting.approved")] == [actor.account_id]
    assert noted(actor) == [("vetting.submit", actor.account_id), ("vetting.approve", "acc_admin")]


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"<html><script>alert(1)</script></html>", JPEG),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), JPEG),
        (b"GIF89a" + bytes(9), "image/png"),
        (b"\xff\xd8", JPEG),
    ],
)
def test_what_is_not_what_it_was_sent_as_is_refused_and_gone(vetting, content, media):
    actor = vetting.person()
    vetting.describe(actor)
    document_id = vetting.upload(actor, content, media)
    with pytest.raises(problems.DocumentRefused):
        use_cases.add_document(vetting.ports, actor, document_id, once())
    assert vetting.files.kept == {}
    assert vetting.file(actor).application.documents == ()


def test_what_was_looked_at_is_not_written_over_while_its_form_is_good(vetting):
    actor = vetting.person()
    vetting.describe(actor)
    document_id = vetting.upload(actor)
    use_cases.add_document(vetting.ports, actor, document_id, once())
    vetting.submit(actor)
    vetting.decide(actor)
    vetting.describe(actor, number=number(2))
    use_cases.remove_document(vetting.ports, actor, document_id)
    kept = dict(vetting.files.kept)
    vetting.files.send(f"uploads/{actor.account_id}/{document_id}", IMAGE + b"another", JPEG)
    with pytest.raises(problems.NotUploaded):
        use_cases.add_document(vetting.ports, actor, document_id, once())
    assert kept.items() <= vetting.files.kept.items()


def test_a_file_that_is_sent_again_while_it_is_looked_at_is_not_taken(vetting):
    actor = vetting.person()
    vetting.describe(actor)
    document_id = vetting.upload(actor)
    vetting.files.on_copy = lambda: vetting.files.send(f"uploads/{actor.account_id}/{document_id}", b"<html>", JPEG)
    with pytest.raises(problems.NotUploaded):
        use_cases.add_document(vetting.ports, actor, document_id, once())
    assert [key for key in vetting.files.kept if key.startswith("licences/")] == []


def test_of_two_that_look_at_once_what_is_written_down_is_what_is_kept(vetting):
    """The second one reads and copies what was sent meanwhile between the first one's copy and its write."""
    actor = vetting.person()
    vetting.describe(actor)
    document_id, files = vetting.upload(actor), vetting.files
    copy = files.copy

    def second_copies(source, target, tag):
        copy(source, target, tag)
        raise FilesDown  # it comes to write no more before the first one

    def first_copies(source, target, tag):
        copy(source, target, tag)
        files.copy = second_copies
        files.send(source, IMAGE + b"another", JPEG)
        with pytest.raises(FilesDown):
            use_cases.add_document(vetting.ports, actor, document_id, once())

    files.copy = first_copies
    use_cases.add_document(vetting.ports, actor, document_id, once())
    [document] = vetting.file(actor).application.documents
    assert document.sha256 == hashlib.sha256(IMAGE).hexdigest()
    assert files.kept[f"licences/{actor.account_id}/{document.file_name}"] == (IMAGE, JPEG)
    [shown] = use_cases.links(vetting.ports, ADMIN, actor.account_id, WHY)
    assert f"/{document.file_name}?" in shown.url


def test_only_ones_own_uploads_can_be_registered(vetting):
    actor, other = vetting.person(), vetting.person()
    for one in (actor, other):
        vetting.describe(one)
    document_id = vetting.upload(other)
    with pytest.raises(problems.NotUploaded):
        use_cases.add_document(vetting.ports, actor, document_id, once())
    vetting.files.is_down = True
    with pytest.raises(FilesDown):
        use_cases.add_document(vetting.ports, actor, document_id, once())


def test_the_checks_reject_with_every_reason_and_leave_the_licence_free(vetting):
    use_cases.block(vetting.ports, ADMIN, "公安局", WHY, once())
    with pytest.raises(Invalid):
        use_cases.block(vetting.ports, ADMIN, "·—", WHY, once())
    actor = vetting.applied(business_name="公 安局理发", lat=1.0, expires_on=date(2030, 4, 1))
    found = vetting.file(actor).application
    assert found.state == State.REJECTED
    assert found.reasons == (Reason.LICENCE_EXPIRED, Reason.NAME_BLOCKED, Reason.OUTSIDE_COUNTRY)
    assert set(noted(actor)) == {("vetting.submit", actor.account_id), ("vetting.reject", "system:vetting")}
    [name] = use_cases.blocked(vetting.ports)
    use_cases.unblock(vetting.ports, ADMIN, name.id, "127.0.0.1")
    with pytest.raises(NotFound):
        use_cases.unblock(vetting.ports, ADMIN, name.id, "127.0.0.1")
    vetting.describe(actor, business_name="公安局理发")
    assert vetting.submit(actor).state == State.IN_REVIEW


def test_a_licence_is_one_accounts_until_it_is_given_up(vetting):
    first = vetting.applied(number=number(1))
    second = vetting.applied(number=f" {number(1).lower()} ")
    assert vetting.file(second).application.reasons == (Reason.LICENCE_TAKEN,)
    vetting.decide(first, Outcome.ASK)
    vetting.describe(first, number=number(2))
    assert vetting.submit(first).state == State.IN_REVIEW
    vetting.describe(second, number=number(1))
    assert vetting.submit(second).state == State.IN_REVIEW
    vetting.decide(first, Outcome.REJECT)
    third = vetting.applied(number=number(2))
    assert vetting.file(third).application.state == State.IN_REVIEW
    assert [len(told(f"vetting.{kind}")) for kind in ("rejected", "more_wanted", "approved")] == [1, 1, 0]


def test_who_is_approved_keeps_the_licence_while_another_one_is_looked_at(vetting):
    actor = vetting.applied(number=number(1))
    vetting.decide(actor)
    [old] = vetting.file(actor).application.documents
    vetting.describe(actor, number=number(2))
    new = vetting.document(actor)
    use_cases.remove_document(vetting.ports, actor, old.id)  # approved with it: it stays for now
    vetting.submit(actor)
    vetting.decide(actor, Outcome.REJECT)
    assert (vetting.file(actor).standing.licence, vetting.roles(actor)) == (Licence.APPROVED, {"customer", "merchant"})
    assert vetting.file(vetting.applied(number=number(1))).application.reasons == (Reason.LICENCE_TAKEN,)
    vetting.describe(actor, number=number(3))
    vetting.submit(actor)
    vetting.decide(actor)
    assert vetting.file(vetting.applied(number=number(1))).application.state == State.IN_REVIEW
    assert vetting.look_after() == Swept(told=0, lapsed=0, forgotten=1, failed=0)
    kept = {key.rpartition("/")[2] for key in vetting.files.kept if actor.account_id in key}
    assert kept == {new.file_name}


def test_nobody_decides_about_themselves_or_about_what_is_not_in_review(vetting):
    actor = vetting.applied()
    with pytest.raises(Forbidden):
        vetting.decide(actor, by=actor)
    with pytest.raises(Forbidden):
        vetting.decide(actor, by=working_for(actor, ADMIN))
    with pytest.raises(NotFound):
        vetting.decide(vetting.person())
    vetting.clock.move(days=200)
    with pytest.raises(problems.LicenceOver):
        vetting.decide(actor)
    vetting.decide(actor, Outcome.REJECT)
    with pytest.raises(problems.NotPossible):
        vetting.decide(actor)


def test_links_live_minutes_and_that_somebody_looked_is_noted(vetting):
    actor = vetting.applied()
    [shown] = use_cases.links(vetting.ports, ADMIN, actor.account_id, WHY)
    assert shown.url.endswith("seconds=300")
    assert (shown.expires_at - vetting.clock.now()).total_seconds() == 300
    assert noted(actor)[-1] == ("vetting.look", "acc_admin")


def test_a_merchant_whose_licence_ends_is_told_twice_then_paid_nothing_until_a_new_one_is_approved(vetting):
    actor = vetting.applied()
    vetting.decide(actor)
    vetting.clock.move(days=91)
    assert vetting.look_after() == Swept(told=0, lapsed=0, forgotten=0, failed=0)
    vetting.clock.move(days=1)
    assert vetting.look_after() == Swept(told=1, lapsed=0, forgotten=0, failed=0)
    assert vetting.look_after() == Swept(told=0, lapsed=0, forgotten=0, failed=0)
    vetting.clock.move(days=23)
    assert vetting.look_after().told == 1
    assert [one.payload["until"] for one in told("vetting.expiring")] == ["2030-08-31"] * 2
    assert not frozen(actor)
    vetting.clock.move(days=22)
    assert vetting.look_after() == Swept(told=0, lapsed=1, forgotten=0, failed=0)
    assert frozen(actor)
    assert (vetting.file(actor).standing.licence, len(told("vetting.lapsed"))) == (Licence.LAPSED, 1)
    vetting.applied(actor, expires_on=date(2040, 8, 31))
    assert frozen(actor)
    vetting.decide(actor)
    assert not frozen(actor)
    assert vetting.file(actor).standing.licence == Licence.APPROVED


def test_a_freeze_of_somebody_elses_is_not_lifted_with_the_licences(vetting):
    actor = vetting.applied()
    vetting.decide(actor)
    risk.freeze(wiring.freezing(), ADMIN, f"payouts:{actor.account_id}", WHY, once())
    vetting.clock.move(days=150)
    assert vetting.look_after().lapsed == 1
    risk.unfreeze(wiring.risk(), ADMIN, f"payouts:{actor.account_id}", WHY, once())
    assert frozen(actor)


def test_what_nobody_touches_is_forgotten_with_its_documents_and_its_licence_is_free(vetting):
    actor = vetting.applied(number=number(1))
    vetting.decide(actor, Outcome.ASK)
    vetting.clock.move(days=179)
    assert vetting.look_after() == Swept(0, 0, 0, 0)
    vetting.clock.move(days=1)
    vetting.files.is_down = True
    assert vetting.look_after() == Swept(0, 0, 1, 0)
    assert vetting.look_after() == Swept(0, 0, 0, 1)
    vetting.files.is_down = False
    assert vetting.look_after() == Swept(0, 0, 0, 0)
    vetting.clock.move(days=1)
    assert vetting.look_after() == Swept(0, 0, 1, 0)
    assert vetting.files.kept == {}
    with pytest.raises(NotFound):
        use_cases.mine(vetting.ports, actor)
    assert vetting.file(vetting.applied(number=number(1), expires_on=None)).application.state == State.IN_REVIEW


def test_a_document_that_is_taken_out_is_erased(vetting):
    actor = vetting.person()
    vetting.describe(actor)
    gone, kept = vetting.document(actor), vetting.document(actor)
    use_cases.remove_document(vetting.ports, actor, gone.id)
    with pytest.raises(NotFound):
        use_cases.remove_document(vetting.ports, actor, gone.id)
    assert vetting.look_after().forgotten == 1
    assert list(vetting.files.kept) == [f"licences/{actor.account_id}/{kept.file_name}"]


def test_nothing_of_a_person_or_a_licence_stands_in_clear(vetting, tables):
    actor = vetting.applied()
    vetting.decide(actor)
    rows = tables.dynamodb.scan(TableName=f"{settings().table_prefix}-vetting")["Items"]
    assert len(rows) == 4
    text = str(rows)
    for secret in ("邻里", "91110000600037341L", "王小明", "李雷", "13800138000", "南京西路", "31.23", "证照清晰"):
        assert secret not in text
