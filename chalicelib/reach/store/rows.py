"""The rows of this domain in the notifications table."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.dynamo import Row, TableMeta

DEVICES, TOKEN, FAILURES, HEARD = "DEVICES", "TOKEN", "FAILURES", "HEARD"
CONSENT = "CONSENT#"


class _Meta(TableMeta):
    table = "notifications"


class DevicesRow(Row):
    class Meta(_Meta):
        pass

    devices = JSONAttribute()
    version = NumberAttribute()


class TokenRow(Row):
    class Meta(_Meta):
        pass

    account_id = UnicodeAttribute()


class ConsentRow(Row):
    class Meta(_Meta):
        pass

    left = NumberAttribute()
    letter = UnicodeAttribute(null=True)


class FailuresRow(Row):
    class Meta(_Meta):
        pass

    failures = NumberAttribute()
    first_at = UnicodeAttribute(null=True)
    last_at = UnicodeAttribute(null=True)
    delivered_at = UnicodeAttribute(null=True)
    version = NumberAttribute()


class HeardRow(Row):
    class Meta(_Meta):
        pass
