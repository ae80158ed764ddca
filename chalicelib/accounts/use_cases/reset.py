"""Taking all second factors from an account: for who has lost them and the recovery codes too, or is gone."""

from collections.abc import Sequence

from chalicelib.accounts.factor_ports import FactorPorts
from chalicelib.accounts.ports import Account, Kind
from chalicelib.accounts.rules import Factors, normal_phone
from chalicelib.accounts.use_cases.base import existing, following
from chalicelib.accounts.use_cases.notices import REMOVED, told
from chalicelib.accounts.use_cases.roles import OPERATOR
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.observability import log
from chalicelib.kit.permissions import OPERATOR_ROLES, Role
from chalicelib.kit.transaction import Action, retrying


def reset_factors(ports: FactorPorts, reason: str, *, phone_text: str | None = None, account_id: str = "") -> Account:
    """Remove all second factors of an account by its phone or id, with the operator's roles that they guarded, and end
    its sessions: another admin gives the roles again when new factors are enrolled. Whoever asks has made sure in
    another way that it is the person.

    Raises:
        Invalid: not a mobile number, or no reason.
        NotFound: there is no such account.
    """
    if not reason.strip():
        raise invalid("reason", "say how you know that it is the person")
    if phone_text is not None:
        account_id = ports.store.account_id_of(Kind.PHONE, normal_phone(phone_text)) or ""
    if not account_id:
        raise NotFound("account")

    def attempt() -> Account:
        now, account = ports.clock.now(), existing(ports, account_id)
        found = ports.factors.factors(account_id)
        left = account.roles - OPERATOR_ROLES or frozenset({Role.CUSTOMER})
        changed, write = following(
            ports, account, has_factor=False, roles=left, secured_at=now, epoch=account.epoch + 1
        )
        details = {"before": " ".join(sorted(account.roles)), "after": " ".join(sorted(left))}
        entry = Entry(OPERATOR, "accounts.reset_factors", f"account:{account_id}", reason, None, details)
        notice = ports.outbox.put(told(REMOVED, account, "all", now))
        noted = audit.noted(ports.audit, entry, now)
        ports.committer.commit([*removing(ports, account_id, found), write, *noted, notice])
        return changed

    account = retrying(attempt)
    log.info("factors reset", account_id=account.id)
    return account


def removing(ports: FactorPorts, account_id: str, found: Factors) -> Sequence[Action]:
    """Return the removal of all second factors that an account has."""
    gone = [action for one in found.passkeys for action in ports.factors.remove_passkey(account_id, one)]
    app = [ports.factors.remove_totp(account_id, found.totp)] if found.totp else []
    return [*gone, *app, ports.factors.drop_recovery_codes(account_id)]
