"""The rows of the outreach table."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kit.dynamo import Gsi1, Row, TableMeta
from chalicelib.outreach.rules.outreach import NEAREST

CUSTOMER, TALLY, STARTED, OUTREACH = "CUSTOMER#", "TAGS", "STARTED", "OUTREACH#"
WISH, HEARD, TO = "OFFERS#", "HEARD", "TO#"


class _Meta(TableMeta):
    table = "outreach"


class TaggedRow(Row):
    class Meta(_Meta):
        pass

    order_id = UnicodeAttribute()
    tags = UnicodeSetAttribute()
    tagged_at = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    by_person = Gsi1()


class TallyRow(Row):
    class Meta(_Meta):
        pass

    counts = JSONAttribute()
    customers = NumberAttribute()
    version = NumberAttribute()


class WishRow(Row):
    class Meta(_Meta):
        pass

    shop_id = UnicodeAttribute()
    wanted = BooleanAttribute()
    said = JSONAttribute()
    version = NumberAttribute()


class HeardRow(Row):
    class Meta(_Meta):
        pass

    offers = JSONAttribute()
    version = NumberAttribute()


class StartedRow(Row):
    class Meta(_Meta):
        pass

    times = JSONAttribute()
    version = NumberAttribute()


class ToRow(Row):
    class Meta(_Meta):
        pass

    at = UnicodeAttribute()


class OutreachRow(Row):
    class Meta(_Meta):
        pass

    shop_id = UnicodeAttribute()
    zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    name = UnicodeAttribute()
    tags = JSONAttribute()
    text = JSONAttribute()
    coupon_campaign = UnicodeAttribute(null=True)
    signed = JSONAttribute(null=True)
    coupon = UnicodeAttribute(null=True)
    coupon_until = UnicodeAttribute(null=True)
    starts_at = UnicodeAttribute()
    per_hour = NumberAttribute()
    created_at = UnicodeAttribute()
    state = UnicodeAttribute()
    position = UnicodeAttribute(null=True)
    outcomes = JSONAttribute()
    ended_at = UnicodeAttribute(null=True)
    next_at = UnicodeAttribute(null=True)
    report = JSONAttribute(null=True)
    offset = NumberAttribute(default=NEAREST)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    by_due = Gsi1()
