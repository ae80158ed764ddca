from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.accounts.ports import Account, Identity, Kind
from chalicelib.kit.auth import Role
from chalicelib.kit.idempotency import Answer, Once, Replayed
from chalicelib.notifications.ports import Channel
from chalicelib.reach import use_cases
from chalicelib.reach.addresses import ReachAddresses
from chalicelib.reach.rules.devices import MOST_CONSENTS, TemplateUnknown
from tests.api import CUSTOMER
from tests.chalicelib.reach.world import START, reach


def once(key="key-0001"):
    return Once("scope", key, "fingerprint", lambda _result: Answer(201, "{}"))


def left(ports):
    return {one.template.id: one.left for one in use_cases.agreed(ports, CUSTOMER)}


def test_what_is_agreed_to_is_counted_once_a_request(tables):
    ports = reach()
    assert left(ports) == {"tpl_1": 0, "tpl_2": 0}
    use_cases.agree(ports, CUSTOMER, ["tpl_1", "tpl_2", "tpl_1"], once())
    with pytest.raises(Replayed):
        use_cases.agree(ports, CUSTOMER, ["tpl_1", "tpl_2", "tpl_1"], once())
    use_cases.agree(ports, CUSTOMER, ["tpl_1"], once("key-0002"))
    assert left(ports) == {"tpl_1": 2, "tpl_2": 1}


def test_what_is_not_ours_is_refused(tables):
    with pytest.raises(TemplateUnknown):
        use_cases.agree(reach(), CUSTOMER, ["tpl_1", "tpl_9"], once())
    assert left(reach()) == {"tpl_1": 0, "tpl_2": 0}


def test_beyond_the_most_nothing_is_counted(tables):
    ports = reach()
    for _ in range(MOST_CONSENTS):
        wiring.committer().commit([ports.consents.agree(CUSTOMER.account_id, "tpl_1", MOST_CONSENTS)])
    after = use_cases.agree(ports, CUSTOMER, ["tpl_1", "tpl_2"], once())
    assert [one.left for one in after] == [MOST_CONSENTS, 1]
    assert left(ports) == {"tpl_1": MOST_CONSENTS, "tpl_2": 1}


def test_people_are_known_at_the_apps_that_they_signed_in_to(tables):
    subjects = ["union-1", "wxmini/open-m", "wxweb/open-w", "wxofficial/open-o"]
    identities = tuple(
        Identity(Kind.WECHAT, subject, START + timedelta(minutes=turn)) for turn, subject in enumerate(subjects)
    )
    account = Account("acc_w", identities, None, "zh-CN", frozenset({Role.CUSTOMER}), 1, START)
    wiring.committer().commit(wiring.accounts().store.create(account))
    assert ReachAddresses(reach()).of("acc_w", Channel.WECHAT) == ["wxofficial/open-o", "wxmini/open-m"]
