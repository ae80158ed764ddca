"""What notices of a kind cost in a day: counted in `SHARDS` rows, each of which may spend its part of the cap."""

import random
from datetime import date, datetime, timedelta

from pynamodb.exceptions import UpdateError

from chalicelib.kit.dynamo import code_of
from chalicelib.notifications.store.rows import SpentRow

SHARDS = 8
_KEPT = timedelta(days=3)


class SpentTable:
    """See `notifications.ports.SpentStore`."""

    def spend(self, kind: str, now: datetime, price: int, cap: int) -> bool:
        key, most = _key(kind, now), cap // SHARDS
        first = random.randrange(SHARDS)  # noqa: S311 - spreads writes, hides nothing
        if _add(key, first, now, price, most):
            return True
        spent = {int(row.sk): int(row.spent) for row in SpentRow.query(key, consistent_read=True)}
        left = [one for one in range(SHARDS) if one != first and spent.get(one, 0) + price <= most]
        random.shuffle(left)
        return any(_add(key, one, now, price, most) for one in left)

    def count(self, kind: str, now: datetime, price: int) -> None:
        _add(_key(kind, now), random.randrange(SHARDS), now, price, None)  # noqa: S311 - as above

    def spent(self, kind: str, now: datetime) -> int:
        return sum(int(row.spent) for row in SpentRow.query(_key(kind, now), consistent_read=True))


def _key(kind: str, now: datetime) -> str:
    day: date = now.date()
    return f"SPENT#{kind}#{day.isoformat()}"


def _add(key: str, shard: int, now: datetime, price: int, most: int | None) -> bool:
    condition = None
    if most is not None:
        if price > most:
            return False
        condition = SpentRow.spent.does_not_exist() | (SpentRow.spent <= most - price)
    lives = SpentRow.expires_at.set(int((now + _KEPT).timestamp()))
    try:
        SpentRow(key, str(shard)).update(
            [SpentRow.spent.add(price), lives], condition=condition, add_version_condition=False
        )
    except UpdateError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True
