"""People who apply, over ports whose files are in memory."""

from dataclasses import replace

from chalicelib import wiring
from chalicelib.accounts.ports import Account, Identity, Kind
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.vetting import use_cases
from chalicelib.vetting.rules.licences import credit_check
from chalicelib.vetting.use_cases import Outcome
from tests.api import ADMIN
from tests.chalicelib.vetting.test_rules import DETAILS, NOW
from tests.fakes.files import FakeFiles
from tests.fakes.time import FakeClock

JPEG, IMAGE = "image/jpeg", b"\xff\xd8\xff\xe0" + bytes(96)
WHY = Why("证照清晰，信息一致", "127.0.0.1")


def number(at):
    """Return the at-th right credit code."""
    body = f"91310000{at:09d}"
    return body + credit_check(body)


def once():
    """Return a request of its own."""
    return Once("acc|POST /x", new_id("key"), "f", lambda _result: Answer(200, "{}"))


class Vetting:
    """The use cases, with a clock that stands and files in memory."""

    def __init__(self):
        self.clock = FakeClock(NOW)
        wiring.use_clock(self.clock)
        self.files = FakeFiles()
        self.ports = replace(wiring.vetting(), files=self.files)
        self.sweep = replace(wiring.vetting_sweep(), files=self.files)
        self.store = self.ports.store

    def person(self):
        """Return a customer who has an account."""
        account_id = new_id("acc")
        phone = Identity(Kind.PHONE, f"+861380{int(account_id[-4:], 36) % 10**7:07d}", NOW)
        account = Account(account_id, (phone,), None, "zh-CN", frozenset({Role.CUSTOMER}), 1, NOW)
        wiring.committer().commit(wiring.accounts().store.create(account))
        return Actor(account_id, frozenset({Role.CUSTOMER}), "ses_1")

    def describe(self, actor, **said):
        return use_cases.describe(self.ports, actor, replace(DETAILS, **said)).application

    def upload(self, actor, content=IMAGE, media=JPEG):
        form = use_cases.begin_upload(self.ports, actor, media)
        self.files.send(form.form.fields["key"], content, media)
        return form.document_id

    def document(self, actor):
        return use_cases.add_document(self.ports, actor, self.upload(actor), once()).application.documents[-1]

    def submit(self, actor):
        return use_cases.submit(self.ports, actor, "127.0.0.1", once()).application

    def applied(self, actor=None, **said):
        """Return somebody whose application is in review, or was refused by the checks."""
        actor = actor or self.person()
        self.describe(actor, **said)
        self.document(actor)
        self.submit(actor)
        return actor

    def decide(self, actor, outcome=Outcome.APPROVE, by=ADMIN):
        return use_cases.decide(self.ports, by, actor.account_id, outcome, WHY, once())

    def file(self, actor):
        return self.store.file(actor.account_id)

    def roles(self, actor):
        return wiring.accounts().store.account(actor.account_id).roles

    def look_after(self):
        return use_cases.look_after(self.sweep, self.clock.now())
