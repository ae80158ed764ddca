"""The daily look at licences that end, at applications that nobody touched for long, and at what is to be erased."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit.errors import NotFound
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.vetting import messages
from chalicelib.vetting.ports import Due, DueKind, Licence, SweepPorts
from chalicelib.vetting.rules.standing import looked_at
from chalicelib.vetting.use_cases.apply import LICENCES, SYSTEM

_MOST = 500  # of a shard and run; the rest waits for the next run
_LATER = timedelta(hours=20)  # what failed comes again the next day, behind what has not been tried


@dataclass(frozen=True)
class Swept:
    """What a run did: merchants told that their licence ends, lapsed, things forgotten, and what failed."""

    told: int
    lapsed: int
    forgotten: int
    failed: int


def look_after(ports: SweepPorts, as_of: datetime) -> Swept:
    """Do everything whose time has come. Each is a transaction of its own, and happens once however often it is tried;
    one that fails does not keep the others waiting. Payouts of a merchant whose licence lapsed are frozen by the same
    write that says so.
    """
    done = {"told": 0, "lapsed": 0, "forgotten": 0, "failed": 0}
    for shard in range(ports.store.shards):
        for one in list(ports.store.due(shard, as_of, _MOST)):
            try:
                done[_done(ports, one, as_of)] += 1
            except Exception:  # noqa: BLE001 - logged and counted; a later run meets it again
                log.exception("what is due could not be done", account_id=one.account_id, kind=one.kind)
                ports.store.later(one, as_of + _LATER)
                done["failed"] += 1
    metric("LicencesLapsed", done["lapsed"])
    return Swept(**done)


def _done(ports: SweepPorts, due: Due, now: datetime) -> str:
    if due.kind == DueKind.STANDING:
        return retrying(lambda: _looked_at(ports, due.account_id, now))
    if due.kind == DueKind.APPLICATION:
        retrying(lambda: _forgotten(ports, due, now))
    else:
        ports.files.delete(f"{LICENCES}/{due.account_id}/{due.file_names[0]}")
        retrying(lambda: ports.committer.commit([ports.store.erased(due)]))
    return "forgotten"


def _looked_at(ports: SweepPorts, account_id: str, now: datetime) -> str:
    standing = ports.store.standing(account_id)
    if standing is None:
        raise NotFound("merchant")
    new = looked_at(standing, now)
    if new == standing:
        return "told"  # by a run beside this one
    actions = [ports.store.put_standing(new), ports.outbox.put(messages.ends(new, now))]
    is_lapsed = new.licence == Licence.LAPSED
    if is_lapsed:
        actions += risk.held(ports.risk, f"licence:{account_id}", SYSTEM, "the licence has lapsed", now)
    ports.committer.commit(actions)
    return "lapsed" if is_lapsed else "told"


def _forgotten(ports: SweepPorts, due: Due, now: datetime) -> None:
    standing = ports.store.standing(due.account_id)
    kept = standing.file_names if standing else ()
    actions: list[Action] = [ports.store.forget(due)]
    if due.claim is not None and (standing is None or standing.claim != due.claim):
        actions.append(ports.store.release(due.claim, due.account_id))
    gone = [one for one in due.file_names if one not in kept]
    ports.committer.commit([*actions, *(ports.store.erase_later(due.account_id, one, now) for one in gone)])
