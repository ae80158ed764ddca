from datetime import timedelta

from chalicelib.kit.ids import derived_id
from chalicelib.notifications.rules import KEPT, LEASE, notice_id


def test_a_notice_is_known_by_message_and_recipient():
    one = notice_id("msg_1", "acc_1")
    assert one == notice_id("msg_1", "acc_1") == derived_id("ntc", "msg_1", "acc_1", "sms"), "as texts had it ever"
    assert len({one, notice_id("msg_2", "acc_1"), notice_id("msg_1", "acc_2")}) == 3


def test_leases_and_lives_are_those_the_deployment_counts_on():
    assert timedelta(seconds=60) <= LEASE < timedelta(seconds=360), "between the time-out and the visibility"
    assert timedelta(days=28) < KEPT, "a dead letter can come again for so long"
