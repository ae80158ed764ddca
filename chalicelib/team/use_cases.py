"""Who works for a merchant: the merchant asks, the person accepts, either ends it.

A membership stands in two places, which one transaction writes: in the team, for the merchant to see, and in the
account, for its access tokens. It works with the next refresh; its end ends the person's sessions and works at once:
who works for somebody has their session looked at (`kit.permissions.OF_MEMBERS`).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from chalicelib.accounts import use_cases as accounts
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.team import messages, rules
from chalicelib.team.ports import Invitation, Member, Team, TeamPorts

_DISBAND = "team.disband"  # one act of ours, which the merchant is not told of once for each member


def team(ports: TeamPorts, actor: Actor) -> Team:
    """Return the merchant's own team; invitations that have run out are left out."""
    return ports.store.team(actor.merchant_id).at(ports.clock.now())


def members(ports: TeamPorts, merchant_id: str) -> Sequence[str]:
    """Return the accounts of who works for a merchant, to another domain: one consistent read."""
    return list(ports.store.team(merchant_id).members)


def invite(
    ports: TeamPorts, actor: Actor, phone: str, role: Role, label: str, source_ip: str | None, once: Once
) -> Invitation:
    """Ask whoever has a phone to work for the merchant, and tell them; an earlier invitation of theirs dies.

    Raises:
        Invalid: not a mobile number. CountryNotServed: of a country that no text messages go to.
        AlreadyThere, TeamFull: see `rules.invited`.
        TooMany: the merchant asked many today, or many asked this person.
    """
    # By itself, and first: who asks for the sake of asking makes no accounts, and finds out nothing.
    asked_by = ports.store.spend(f"by#{actor.merchant_id}", rules.MOST_ASKED, ports.clock.now())
    retrying(lambda: ports.committer.commit([asked_by]))
    account_id = accounts.account_of_phone(ports.accounts, phone)

    def attempt() -> Invitation:
        now = ports.clock.now()
        standing = ports.store.team(actor.merchant_id).at(now)
        until = now + rules.INVITATION_LIFE
        made = Invitation(new_id("inv"), actor.merchant_id, account_id, role, label, until)
        rules.invited(standing, made)
        actions = [
            ports.store.follow(standing),
            ports.store.put_invitation(made),
            ports.store.spend(f"of#{account_id}", rules.MOST_ASKED_OF, now),
            ports.outbox.put(messages.invited(made, now)),
            ports.idempotency.remember(once, made),
            *_noted(ports, actor, "team.invite", made.merchant_id, source_ip, role=role),
        ]
        ports.committer.commit(actions)
        return made

    return retrying(attempt)


def take_back(ports: TeamPorts, actor: Actor, invitation_id: str) -> None:
    """Ask somebody no more.

    Raises:
        NotFound: the merchant has no such invitation.
    """

    def wanted(standing: Team) -> list[Action]:
        return [ports.store.drop_invitation(rules.invitation(standing, invitation_id))]

    _change(ports, actor.merchant_id, wanted)


def set_role(ports: TeamPorts, actor: Actor, account_id: str, role: Role, source_ip: str | None) -> Member:
    """Make another of a member, and end their sessions.

    Raises:
        NotFound: the merchant has no such member.
    """
    merchant_id = actor.merchant_id

    def wanted(standing: Team) -> list[Action]:
        known = rules.member(standing, account_id)
        if known.role == role:
            return []
        return [
            ports.store.put_member(merchant_id, replace(known, role=role)),
            *accounts.employing(ports.accounts, account_id, merchant_id, role),
            *_noted(ports, actor, "team.set_role", merchant_id, source_ip, role=role, member=account_id),
        ]

    return replace(rules.member(_change(ports, merchant_id, wanted), account_id), role=role)


def remove(ports: TeamPorts, actor: Actor, account_id: str, source_ip: str | None) -> None:
    """Let somebody work for the merchant no longer, end their sessions, and tell the merchant what that does not end.

    Raises:
        NotFound: the merchant has no such member.
    """
    _end(ports, actor, "team.remove", actor.merchant_id, account_id, source_ip)


def leave(ports: TeamPorts, actor: Actor, merchant_id: str, source_ip: str | None) -> None:
    """Work for a merchant no longer; the merchant is told.

    Raises:
        NotFound: the actor does not work there.
    """
    _end(ports, actor, "team.leave", merchant_id, actor.account_id, source_ip)


def disband(ports: TeamPorts, actor: Actor, merchant_id: str, source_ip: str | None) -> None:
    """Let everybody go who works for somebody that is no merchant any more, and take back whom they asked. One after
    the other: they are more than a transaction takes. Safe to repeat, which goes on where a run died.
    """
    standing = ports.store.team(merchant_id)
    for account_id in standing.members:
        with suppress(NotFound):  # they left meanwhile
            _end(ports, actor, _DISBAND, merchant_id, account_id, source_ip)
    for one in standing.invitations.values():
        with suppress(NotFound):
            take_back(ports, replace(actor, for_merchant=merchant_id), one.id)


def invitations(ports: TeamPorts, actor: Actor) -> Sequence[Invitation]:
    """Return what the actor is asked to, the one that runs out first first."""
    now = ports.clock.now()
    return sorted(
        (one for one in ports.store.invitations_of(actor.account_id) if one.until > now), key=lambda one: one.until
    )


def accept(ports: TeamPorts, actor: Actor, invitation_id: str, source_ip: str | None) -> Member:
    """Work for a merchant from now on; the next refresh brings a token that says so.

    Raises:
        NotFound: no such invitation of the actor's stands.
        TooManyJobs: they work for many already.
    """
    asked = _asked(ports, actor, invitation_id)
    merchant_id = asked.merchant_id

    def wanted(standing: Team) -> list[Action]:
        one = rules.invitation(standing, invitation_id)
        joined = Member(one.account_id, one.role, one.label, ports.clock.now())
        return [
            ports.store.drop_invitation(one),
            ports.store.put_member(merchant_id, joined),
            *accounts.employing(ports.accounts, one.account_id, merchant_id, one.role),
            *_noted(ports, actor, "team.accept", merchant_id, source_ip, role=one.role),
        ]

    before = _change(ports, merchant_id, wanted)
    one = rules.invitation(before, invitation_id)
    return Member(one.account_id, one.role, one.label, ports.clock.now())


def decline(ports: TeamPorts, actor: Actor, invitation_id: str) -> None:
    """Turn an invitation down.

    Raises:
        NotFound: no such invitation of the actor's stands.
    """
    asked = _asked(ports, actor, invitation_id)
    _change(ports, asked.merchant_id, lambda _standing: [ports.store.drop_invitation(asked)])


def _asked(ports: TeamPorts, actor: Actor, invitation_id: str) -> Invitation:
    for one in invitations(ports, actor):
        if one.id == invitation_id:
            return one
    raise NotFound("invitation")


def _end(ports: TeamPorts, actor: Actor, action: str, merchant_id: str, account_id: str, source_ip: str | None) -> None:
    def wanted(standing: Team) -> list[Action]:
        gone = rules.member(standing, account_id)
        told = messages.left(merchant_id, gone, ports.clock.now())
        return [
            ports.store.drop_member(merchant_id, account_id),
            *accounts.employing(ports.accounts, account_id, merchant_id, None),
            *_noted(ports, actor, action, merchant_id, source_ip, member=account_id),
            *([] if action == _DISBAND else [ports.outbox.put(told)]),
        ]

    _change(ports, merchant_id, wanted)


def _change(ports: TeamPorts, merchant_id: str, wanted: Callable[[Team], list[Action]]) -> Team:
    """Commit what is wanted of a team, and return it as it was; where nothing is wanted nothing is written."""

    def attempt() -> Team:
        standing = ports.store.team(merchant_id).at(ports.clock.now())
        actions = wanted(standing)
        if actions:
            ports.committer.commit([ports.store.follow(standing), *actions])
        return standing

    return retrying(attempt)


def _noted(
    ports: TeamPorts, actor: Actor, action: str, merchant_id: str, source_ip: str | None, **details: str
) -> list[Action]:
    entry = Why("", source_ip).entry(actor, action, f"account:{merchant_id}", details)
    return audit.noted(ports.audit, entry, ports.clock.now())
