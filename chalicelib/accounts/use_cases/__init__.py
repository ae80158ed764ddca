"""What can be done with accounts.

None of these needs an Idempotency-Key: a code may be asked for again within its budget, signing in uses the code up,
and every other change says what is to be, so that a repeat changes nothing.
"""

from chalicelib.accounts.use_cases.base import account, contact
from chalicelib.accounts.use_cases.codes import proved, request_code, sign_in
from chalicelib.accounts.use_cases.enter import SignedIn, enter
from chalicelib.accounts.use_cases.identities import link, unlink
from chalicelib.accounts.use_cases.passwords import set_password, sign_in_by_password
from chalicelib.accounts.use_cases.profile import change_profile, read
from chalicelib.accounts.use_cases.roles import (
    account_of_phone,
    employing,
    grant_role,
    granting,
    set_roles,
)
from chalicelib.accounts.use_cases.sessions import (
    StandingSessions,
    ending_sessions,
    my_sessions,
    refresh,
    revoke,
    revoke_others,
    sign_out,
)

__all__ = [
    "SignedIn",
    "StandingSessions",
    "account",
    "account_of_phone",
    "change_profile",
    "contact",
    "employing",
    "ending_sessions",
    "enter",
    "grant_role",
    "granting",
    "link",
    "my_sessions",
    "proved",
    "read",
    "refresh",
    "request_code",
    "revoke",
    "revoke_others",
    "set_password",
    "set_roles",
    "sign_in",
    "sign_in_by_password",
    "sign_out",
    "unlink",
]
