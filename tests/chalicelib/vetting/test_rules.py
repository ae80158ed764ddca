from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.vetting import problems
from chalicelib.vetting.rules import application as rules
from chalicelib.vetting.rules.application import MOVES, Details, Document, Reason, State, Step
from chalicelib.vetting.rules.licences import LicenceKind
from chalicelib.vetting.rules.names import BlockedName, is_blocked
from chalicelib.vetting.rules.standing import GRACE, Licence, lapses_at, looked_at, standing_of

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
DETAILS = Details(
    country="CN",
    business_name="上海邻里美发有限公司",
    kind=LicenceKind.CREDIT_CODE,
    number="91110000600037341L",
    legal_name="王小明",
    contact_name="李雷",
    phone="+8613800138000",
    address="上海市静安区南京西路1号",
    lat=31.23,
    lon=121.46,
    expires_on=date(2030, 8, 31),
)
LICENCE = Document("doc_" + "0" * 26, "image/jpeg", 100, "ab" * 32)


def drafted(*documents):
    return replace(rules.begun("acc_customer", DETAILS, NOW), documents=documents or (LICENCE,))


def in_review(claim="licence-1"):
    return rules.passed(rules.submitted(drafted(), NOW), claim, NOW)


def approved():
    return rules.approved(in_review(), "acc_admin", "一致", NOW)


def test_only_what_the_table_says_moves():
    for state in State:
        for step in Step:
            application = replace(drafted(), state=state)
            if (state, step) in MOVES:
                new = rules.moved(application, step, NOW + timedelta(1))
                version = 1 if state == State.SUBMITTED else 2  # which is never written as such
                assert (new.state, new.version, new.since) == (MOVES[state, step], version, NOW + timedelta(1))
            else:
                with pytest.raises(problems.NotPossible):
                    rules.moved(application, step, NOW)


class Life(RuleBasedStateMachine):
    """Whatever is done in whatever order, an application is approved by a person alone, and holds a licence only while
    somebody looks at it, waits for more, or has approved it.
    """

    def __init__(self):
        super().__init__()
        self.application = drafted()
        self.by_hand = False

    def step(self, change):
        try:
            self.application = change()
        except (problems.NotPossible, problems.AppliedEnough, problems.TooManyUploads, problems.TooManyDocuments):
            return False
        return True

    @rule()
    def edit(self):
        self.step(lambda: rules.edited(self.application, DETAILS, NOW))

    @rule()
    def form(self):
        self.step(lambda: rules.given_form(self.application, NOW))

    @rule(number=st.integers(0, 9))
    def document(self, number):
        self.step(lambda: rules.with_document(self.application, replace(LICENCE, id=f"doc_{number}"), NOW))

    @rule(is_sound=st.booleans())
    def submit(self, is_sound):
        def checked():
            handed_in = rules.submitted(self.application, NOW)
            return (
                rules.passed(handed_in, "c", NOW) if is_sound else rules.failed(handed_in, (Reason.NAME_BLOCKED,), NOW)
            )

        self.step(checked)

    @rule(decision=st.sampled_from([rules.approved, rules.rejected, rules.asked]))
    def decide(self, decision):
        was = self.application.state
        if self.step(lambda: decision(self.application, "acc_admin", "x", NOW)):
            assert was == State.IN_REVIEW

    @precondition(lambda self: self.application.state == State.APPROVED)
    @invariant()
    def approved_by_somebody(self):
        assert self.application.decided_by == "acc_admin"

    @invariant()
    def within_bounds(self):
        found = self.application
        assert found.state != State.SUBMITTED
        assert len(found.documents) <= rules.MOST_DOCUMENTS
        assert found.submissions <= rules.MOST_SUBMISSIONS
        assert (found.forget_at is None) == (found.state in {State.IN_REVIEW, State.APPROVED})
        if found.state in {State.IN_REVIEW, State.MORE_WANTED, State.APPROVED}:
            assert found.claim == "c"
        if found.state == State.REJECTED:
            assert found.claim is None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_all_that_is_wrong_is_said_at_once():
    assert rules.faults(DETAILS, (), NOW.date()) == ()
    wrong = replace(
        DETAILS, number="91110000600037341K", business_name="静安公安局美发", lat=1.0, expires_on=date(2030, 4, 30)
    )
    assert rules.faults(wrong, [BlockedName.of("公安局")], NOW.date()) == (
        Reason.LICENCE_NUMBER,
        Reason.LICENCE_EXPIRED,
        Reason.NAME_BLOCKED,
        Reason.OUTSIDE_COUNTRY,
    )
    elsewhere = replace(DETAILS, country="SG", lat=1.3, lon=103.8)
    assert rules.faults(elsewhere, (), NOW.date()) == (Reason.LICENCE_KIND,)
    assert rules.faults(replace(elsewhere, kind=LicenceKind.OTHER, number="201912345K"), (), NOW.date()) == ()
    assert rules.faults(replace(DETAILS, expires_on=None), (), NOW.date()) == ()
    assert rules.faults(replace(DETAILS, expires_on=NOW.date()), (), NOW.date()) == ()


@pytest.mark.parametrize(
    ("name", "entry", "is_so"),
    [
        ("上海公安局理发", "公安局", True),
        ("上海公 安·局理髮", "公安局", True),
        ("上海ＷＥＣＨＡＴ　ＰＡＹ店", "WeChat Pay", False),  # one word by its neighbours: the reviewer's to see
        ("WECHAT  pay shop", "WeChat Pay", True),
        ("Wéchat-Pay", "wechat pay", True),
        ("Pineapple Barbers", "apple", False),
        ("The Apple Shop", "apple", True),
        ("銀行大廈", "银行", True),
        ("理发店", "公安局", False),
    ],
)
def test_blocked_names(name, entry, is_so):
    assert is_blocked(name, [BlockedName.of("无关"), BlockedName.of(entry)]) is is_so
    assert BlockedName.of(entry).id == BlockedName.of(f" {entry.upper()}").id


def test_bounds_and_what_is_missing():
    with pytest.raises(problems.DocumentsMissing):
        rules.submitted(replace(drafted(), documents=()), NOW)
    with pytest.raises(problems.AppliedEnough):
        rules.submitted(replace(drafted(), submissions=rules.MOST_SUBMISSIONS), NOW)
    with pytest.raises(problems.TooManyUploads):
        rules.given_form(replace(drafted(), uploads=rules.MOST_UPLOADS), NOW)
    many = drafted(*(replace(LICENCE, id=f"doc_{number}") for number in range(rules.MOST_DOCUMENTS)))
    assert len(rules.with_document(many, replace(LICENCE, id="doc_0", size=7), NOW).documents) == rules.MOST_DOCUMENTS
    with pytest.raises(problems.TooManyDocuments):
        rules.with_document(many, LICENCE, NOW)
    with pytest.raises(problems.LicenceOver):
        rules.approved(in_review(), "acc_admin", "x", datetime(2030, 9, 1, tzinfo=UTC))


def at(month, day):
    return datetime(2030, month, day, tzinfo=UTC)


def test_a_licence_that_ends_is_told_twice_and_lapses_after_its_grace():
    standing = standing_of(approved(), None, NOW)
    assert (standing.licence, standing.next_look) == (Licence.APPROVED, at(8, 1))
    assert looked_at(standing, at(8, 1) - timedelta(seconds=1)) == standing
    first = looked_at(standing, at(8, 1))
    assert (first.licence, first.next_look) == (Licence.EXPIRING, at(8, 24))
    second = looked_at(first, at(8, 24))
    assert (second.licence, second.next_look) == (Licence.EXPIRING, at(9, 1) + GRACE)
    lapsed = looked_at(second, at(9, 15))
    assert (lapsed.licence, lapsed.next_look, lapsed.version) == (Licence.LAPSED, None, 4)
    assert looked_at(lapsed, at(12, 1)) == lapsed
    again = standing_of(replace(approved(), details=replace(DETAILS, expires_on=None)), lapsed, NOW)
    assert (again.licence, again.next_look, again.version) == (Licence.APPROVED, None, 5)


@given(st.integers(0, 400), st.lists(st.integers(0, 600), max_size=6))
def test_however_late_somebody_looks_what_is_over_is_over(days, looks):
    expires_on = NOW.date() + timedelta(days)
    standing = standing_of(replace(approved(), details=replace(DETAILS, expires_on=expires_on)), None, NOW)
    for look in sorted(looks):
        now = NOW + timedelta(look)
        standing = looked_at(standing, now)
        assert looked_at(standing, now) == standing
        assert (standing.licence == Licence.LAPSED) == (now >= lapses_at(expires_on))
        assert standing.next_look is None or standing.next_look > now
        if now < lapses_at(expires_on) and now >= lapses_at(expires_on) - GRACE:
            assert standing.next_look == lapses_at(expires_on)
