"""Simulations of campaigns: a row each, which dies after a week."""

import json
from datetime import timedelta

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.coupons.rules.simulation import Simulation, SimulationState
from chalicelib.coupons.store.terms import TermsRow, fields_of, terms_of
from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import TableMeta, put
from chalicelib.kit.transaction import Action

_SIMULATION = "SIMULATION"
_KEPT = timedelta(days=7)


class SimulationRow(TermsRow):
    class Meta(TableMeta):
        table = "coupons"

    shop_id = UnicodeAttribute(null=True)
    since = UnicodeAttribute()
    until = UnicodeAttribute()
    started_at = UnicodeAttribute()
    number = NumberAttribute(null=True)
    per_person = NumberAttribute()
    money = NumberAttribute(null=True)
    state = UnicodeAttribute()
    orders = NumberAttribute()
    revenue = NumberAttribute()
    hits = NumberAttribute()
    platform = NumberAttribute()
    merchant = NumberAttribute()
    customers = BinaryAttribute(legacy_encoding=False)
    reached = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    version = NumberAttribute()


class SimulationTable:
    """See `coupons.simulation_ports.SimulationStore`."""

    def simulation(self, simulation_id: str) -> Simulation | None:
        try:
            row = SimulationRow.get(simulation_id, _SIMULATION, consistent_read=True)
        except SimulationRow.DoesNotExist:
            return None
        return Simulation(
            id=row.pk,
            shop_id=row.shop_id,
            terms=terms_of(row),
            since=parse(row.since),
            until=parse(row.until),
            started_at=parse(row.started_at),
            number=None if row.number is None else int(row.number),
            per_person=int(row.per_person),
            money=None if row.money is None else int(row.money),
            state=SimulationState(row.state),
            orders=int(row.orders),
            revenue=int(row.revenue),
            hits=int(row.hits),
            platform=int(row.platform),
            merchant=int(row.merchant),
            customers=bytes(row.customers or b""),
            reached=parse_or_none(row.reached),
            after=json.loads(row.after) if row.after else None,
            version=int(row.version),
        )

    def put(self, run: Simulation) -> Action:
        row = SimulationRow(
            run.id,
            _SIMULATION,
            **fields_of(run.terms),
            shop_id=run.shop_id,
            since=iso(run.since),
            until=iso(run.until),
            started_at=iso(run.started_at),
            number=run.number,
            per_person=run.per_person,
            money=run.money,
            state=run.state,
            orders=run.orders,
            revenue=run.revenue,
            hits=run.hits,
            platform=run.platform,
            merchant=run.merchant,
            customers=run.customers,
            reached=run.reached and iso(run.reached),
            after=json.dumps(run.after) if run.after else None,
            version=run.version,
            expires_at=int((run.started_at + _KEPT).timestamp()),
        )
        is_new = SimulationRow.pk.does_not_exist() | (SimulationRow.version == run.version - 1)
        return put(row, is_new)
