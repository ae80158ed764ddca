"""The rows of the profiles table."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.dynamo import Gsi1, Row, TableMeta

BOOK, ADDRESS = "ADDRESSES", "ADDRESS#"
FAVOURITE, SEEN, SPENT = "FAVOURITE#", "SEEN#", "SPENT#"
CHOICES, TALLY = "CHOICES", "TALLY"
BLOCK, PAIR = "BLOCK#", "PAIR"


class _Meta(TableMeta):
    table = "profiles"


class BookRow(Row):
    """An address book, or an address in it: one query reads both. All of an address but its version is sealed."""

    class Meta(_Meta):
        pass

    version = NumberAttribute()
    ids = JSONAttribute(null=True)
    preferred = UnicodeAttribute(null=True)
    label = UnicodeAttribute(null=True)
    recipient = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    country = UnicodeAttribute(null=True)
    lines = UnicodeAttribute(null=True)
    postcode = UnicodeAttribute(null=True)
    position = UnicodeAttribute(null=True)


class MarkedRow(Row):
    """A favourite, or a shop that was looked at."""

    class Meta(_Meta):
        pass

    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    by_time = Gsi1()


class ChoicesRow(Row):
    class Meta(_Meta):
        pass

    off = JSONAttribute()
    quiet = UnicodeAttribute(null=True)
    digest = JSONAttribute(null=True)
    keeps_history = BooleanAttribute()
    version = NumberAttribute()


class TallyRow(Row):
    class Meta(_Meta):
        pass

    favourites = NumberAttribute(null=True)
    blocked_customer = NumberAttribute(null=True)
    blocked_merchant = NumberAttribute(null=True)


class SpentRow(Row):
    class Meta(_Meta):
        pass

    spent = NumberAttribute()


class BlockRow(Row):
    class Meta(_Meta):
        pass

    shop_id = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)  # sealed
    at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    against = Gsi1()


class PairRow(Row):
    class Meta(_Meta):
        pass

    marks = JSONAttribute()
