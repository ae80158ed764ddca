"""What can be done with accounts.

None of these needs an Idempotency-Key: a code may be asked for again within its budget, signing in uses the code up,
and every other change says what is to be, so that a repeat changes nothing.
"""

from chalicelib.accounts.use_cases.base import account, contact
from chalicelib.accounts.use_cases.codes import proved, request_code, sign_in
from chalicelib.accounts.use_cases.elsewhere import begin_oidc, begin_wechat, sign_in_oidc, sign_in_wechat
from chalicelib.accounts.use_cases.enter import SignedIn, enter
from chalicelib.accounts.use_cases.factors import (
    Enrolled,
    Offer,
    confirm_totp,
    my_factors,
    new_recovery_codes,
    offer_totp,
    remove_passkey,
    remove_totp,
)
from chalicelib.accounts.use_cases.identities import link, unlink_all
from chalicelib.accounts.use_cases.passkeys import (
    begin_registration,
    begin_showing,
    register,
    rename_passkey,
    sign_in_by_passkey,
)
from chalicelib.accounts.use_cases.passwords import set_password, sign_in_by_password
from chalicelib.accounts.use_cases.profile import change_profile, read
from chalicelib.accounts.use_cases.reset import reset_factors
from chalicelib.accounts.use_cases.roles import (
    account_of_phone,
    employing,
    grant_role,
    granting,
    set_roles,
)
from chalicelib.accounts.use_cases.second_factor import Shown, show_factor
from chalicelib.accounts.use_cases.sessions import (
    StandingSessions,
    ending_sessions,
    my_sessions,
    refresh,
    revoke,
    revoke_others,
    sign_out,
    standing_sessions,
)
from chalicelib.accounts.use_cases.ways import (
    Way,
    begin_link_oidc,
    begin_link_wechat,
    link_by_code,
    link_oidc,
    link_wechat,
    request_link_code,
    unlink_way,
    ways,
    ways_of,
)

__all__ = [
    "Enrolled",
    "Offer",
    "Shown",
    "SignedIn",
    "StandingSessions",
    "Way",
    "account",
    "account_of_phone",
    "begin_link_oidc",
    "begin_link_wechat",
    "begin_oidc",
    "begin_registration",
    "begin_showing",
    "begin_wechat",
    "change_profile",
    "confirm_totp",
    "contact",
    "employing",
    "ending_sessions",
    "enter",
    "grant_role",
    "granting",
    "link",
    "link_by_code",
    "link_oidc",
    "link_wechat",
    "my_factors",
    "my_sessions",
    "new_recovery_codes",
    "offer_totp",
    "proved",
    "read",
    "refresh",
    "register",
    "remove_passkey",
    "remove_totp",
    "rename_passkey",
    "request_code",
    "request_link_code",
    "reset_factors",
    "revoke",
    "revoke_others",
    "set_password",
    "set_roles",
    "show_factor",
    "sign_in",
    "sign_in_by_passkey",
    "sign_in_by_password",
    "sign_in_oidc",
    "sign_in_wechat",
    "sign_out",
    "standing_sessions",
    "unlink_all",
    "unlink_way",
    "ways",
    "ways_of",
]
