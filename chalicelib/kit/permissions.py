"""What an account may do: roles, permissions, and the one table that says which role brings which permission.

A permission is checked three times: an endpoint needs one (`kit.http.endpoint`); a use case asks whether the actor
holds it over the object at hand (`kit.auth.Actor.must_be`, `must_run`); a schema shows a field only to who may
see it (`Actor.may_at`). What a role brings reaches as far as the role does:

| roles | come from | reach |
|---|---|---|
| everybody who is signed in | the account | what is their own: `PERSONAL` |
| merchant | the account, after vetting | everything of the merchant of the same id |
| manager, staff | a membership, by invitation of the merchant | everything of that merchant |
| support, finance, risk, admin | the account, by an admin | whosever it is |
"""

from enum import StrEnum


class Role(StrEnum):
    """What an account may be; one account can be several."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"  # the owner
    MANAGER = "manager"
    STAFF = "staff"
    SUPPORT = "support"
    FINANCE = "finance"
    RISK = "risk"
    ADMIN = "admin"


MEMBER_ROLES = frozenset({Role.MANAGER, Role.STAFF})
"""What a merchant may make of others; never on an account itself."""
OPERATOR_ROLES = frozenset({Role.SUPPORT, Role.FINANCE, Role.RISK, Role.ADMIN})
"""The operator's people."""
ACCOUNT_ROLES = frozenset({Role.CUSTOMER, Role.MERCHANT}) | OPERATOR_ROLES
"""What an account itself may be."""


class Permission(StrEnum):
    """`domain:verb`."""

    # of everybody, over what is their own
    ACCOUNT_OWN = "account:own"  # read and change one's profile, sign out
    ACCOUNT_SECURE = "account:secure"  # ways to sign in, factors, sessions
    SECOND_FACTOR = "account:second-factor"  # the only thing that half a sign-in may do
    BOOKING_MOVE = "booking:move"
    BOOKING_OWN = "booking:own"
    CALENDAR_OWN = "calendar:own"
    CLAIM_OWN = "claim:own"
    COUPON_OWN = "coupon:own"
    NOTICE_OWN = "notice:own"
    PRIVACY_OWN = "privacy:own"
    PROFILE_OWN = "profile:own"
    ORDER_BUY = "order:buy"
    ORDER_CANCEL = "order:cancel"
    ORDER_EXTEND = "order:extend"
    ORDER_PAY = "order:pay"
    MONEY_OWN = "money:own"
    QUEUE_JOIN = "queue:join"
    REVIEW_VOICE = "review:voice"  # to vote for others', and to report them
    REVIEW_WRITE = "review:write"
    SEARCH_OWN = "search:own"
    TEAM_JOIN = "team:join"
    VETTING_APPLY = "vetting:apply"  # to become a merchant
    # of everybody over what is their own, and of some over what is others'
    BOOKING_READ = "booking:read"
    CLAIM_READ = "claim:read"
    ORDER_READ = "order:read"
    PAYMENT_READ = "payment:read"
    QUEUE_READ = "queue:read"
    REVIEW_READ = "review:read"  # of one's own line, from either side
    # of a merchant and those who work there
    CALENDAR_MANAGE = "calendar:manage"
    CLAIM_ANSWER = "claim:answer"
    COUPON_MANAGE = "coupon:manage"
    COUPON_SHOW = "coupon:show"  # what customers scan at the counter
    CUSTOMER_BLOCK = "customer:block"
    CUSTOMER_TAG = "customer:tag"
    DIARY_PLAN = "diary:plan"  # blocks, sessions
    DIARY_WORK = "diary:work"  # what happens at the counter
    DISPUTE_ANSWER = "dispute:answer"
    MONEY_READ = "money:read"  # what the merchant earns and is paid
    ORDER_REFUND = "order:refund"
    OUTREACH_MANAGE = "outreach:manage"  # write to many
    ORDER_SERVE = "order:serve"
    QUEUE_MANAGE = "queue:manage"
    QUEUE_WORK = "queue:work"
    REVIEW_GUEST = "review:guest"  # what is said of guests
    REVIEW_REPLY = "review:reply"
    SHOP_MANAGE = "shop:manage"
    TEAM_MANAGE = "team:manage"
    WEBHOOK_MANAGE = "webhook:manage"  # also of the operator's partners, over what is their own
    # of the operator's people
    ACCOUNT_READ = "account:read"
    AUDIT_READ = "audit:read"
    BOOKS_READ = "books:read"
    CAMPAIGN_MANAGE = "campaign:manage"
    CLAIM_DECIDE = "claim:decide"
    GIFT_GIVE = "gift:give"
    NOTICE_MEND = "notice:mend"  # addresses that nothing is sent to any more
    PAYOUT_DECIDE = "payout:decide"
    RECONCILE = "reconciliation:work"
    REFUND_REPEAT = "refund:repeat"
    REVIEW_MODERATE = "review:moderate"
    RISK_DECIDE = "risk:decide"
    ROLE_SET = "role:set"
    SUPPORT_ACT = "support:act"
    TERMS_SET = "terms:set"
    VETTING_DECIDE = "vetting:decide"  # about applications, and look at their documents
    VETTING_NAMES = "vetting:names"  # which no business may have
    WEBHOOK_PARTNERS = "webhook:partners"  # who hears of merchants beside themselves


P = Permission
PERSONAL = frozenset(
    {
        P.ACCOUNT_OWN, P.ACCOUNT_SECURE, P.SECOND_FACTOR, P.BOOKING_MOVE, P.BOOKING_OWN, P.CALENDAR_OWN, P.CLAIM_OWN,
        P.COUPON_OWN, P.NOTICE_OWN, P.PRIVACY_OWN, P.PROFILE_OWN, P.ORDER_BUY, P.ORDER_CANCEL, P.ORDER_EXTEND,
        P.ORDER_PAY, P.MONEY_OWN, P.QUEUE_JOIN, P.REVIEW_VOICE, P.REVIEW_WRITE, P.SEARCH_OWN, P.TEAM_JOIN,
        P.VETTING_APPLY, P.BOOKING_READ, P.CLAIM_READ, P.ORDER_READ, P.PAYMENT_READ, P.QUEUE_READ, P.REVIEW_READ,
        P.WEBHOOK_MANAGE,
    }
)  # fmt: skip
_STAFF = frozenset(
    {
        P.COUPON_SHOW, P.CUSTOMER_TAG, P.DIARY_WORK, P.QUEUE_WORK, P.ORDER_SERVE, P.BOOKING_MOVE, P.BOOKING_READ,
        P.ORDER_BUY, P.ORDER_CANCEL, P.ORDER_READ, P.QUEUE_READ, P.REVIEW_GUEST, P.REVIEW_READ,
    }
)  # fmt: skip
_MANAGER = _STAFF | {
    P.CALENDAR_MANAGE, P.CLAIM_ANSWER, P.CLAIM_READ, P.COUPON_MANAGE, P.CUSTOMER_BLOCK, P.DIARY_PLAN, P.ORDER_REFUND,
    P.OUTREACH_MANAGE, P.QUEUE_MANAGE, P.REVIEW_REPLY, P.SHOP_MANAGE, P.WEBHOOK_MANAGE,
}  # fmt: skip
_OWNER = _MANAGER | {P.DISPUTE_ANSWER, P.MONEY_READ, P.TEAM_MANAGE}
_READ = frozenset({P.ACCOUNT_READ, P.BOOKING_READ, P.CLAIM_READ, P.ORDER_READ, P.PAYMENT_READ, P.REVIEW_READ})
_SUPPORT = _READ | {P.CLAIM_DECIDE, P.NOTICE_MEND, P.REVIEW_MODERATE, P.SUPPORT_ACT, P.QUEUE_READ, P.ORDER_SERVE}
_FINANCE = _READ | {
    P.BOOKS_READ, P.DISPUTE_ANSWER, P.MONEY_READ, P.ORDER_REFUND, P.PAYOUT_DECIDE, P.RECONCILE, P.REFUND_REPEAT,
    P.TERMS_SET,
}  # fmt: skip
_RISK = _READ | {P.AUDIT_READ, P.REVIEW_MODERATE, P.RISK_DECIDE, P.VETTING_DECIDE}

_A_SIDES = frozenset(
    {
        P.ACCOUNT_OWN, P.ACCOUNT_SECURE, P.SECOND_FACTOR, P.CLAIM_ANSWER, P.CLAIM_OWN, P.CUSTOMER_TAG, P.ORDER_EXTEND,
        P.ORDER_PAY, P.REVIEW_GUEST, P.REVIEW_REPLY, P.REVIEW_VOICE, P.REVIEW_WRITE,
        P.WEBHOOK_MANAGE,
    }
)  # fmt: skip
"""What not even admins do for others: it is a side's own word, money or account."""

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(),
    Role.STAFF: _STAFF,
    Role.MANAGER: _MANAGER,
    Role.MERCHANT: _OWNER,
    Role.SUPPORT: _SUPPORT,
    Role.FINANCE: _FINANCE,
    Role.RISK: _RISK,
    Role.ADMIN: frozenset(P) - _A_SIDES,
}
"""What each role brings beyond `PERSONAL`."""

OF_MEMBERS = GRANTS[Role.STAFF] | GRANTS[Role.MANAGER]
"""What a membership may bring. Merchants let people go in anger: who works for somebody has their session looked at for
all of it, for a shop closed or orders cancelled in the last quarter of an hour are money too.
"""

ACTING = frozenset(
    {
        P.BOOKING_MOVE, P.BOOKING_OWN, P.BOOKING_READ, P.CLAIM_OWN, P.CLAIM_READ, P.COUPON_OWN, P.NOTICE_OWN,
        P.ORDER_BUY, P.ORDER_CANCEL, P.ORDER_READ, P.PAYMENT_READ, P.QUEUE_JOIN, P.QUEUE_READ,
    }
)  # fmt: skip
"""What one of the operator's people may do who acts as a customer."""

LIVE = frozenset(
    {
        P.ACCOUNT_SECURE, P.CLAIM_ANSWER, P.ORDER_PAY, P.ORDER_REFUND, P.OUTREACH_MANAGE, P.DISPUTE_ANSWER,
        P.MONEY_READ, P.ACCOUNT_READ, P.AUDIT_READ, P.BOOKS_READ, P.CAMPAIGN_MANAGE, P.CLAIM_DECIDE, P.GIFT_GIVE,
        P.NOTICE_MEND, P.PAYOUT_DECIDE, P.RECONCILE, P.REFUND_REPEAT, P.REVIEW_MODERATE, P.RISK_DECIDE, P.ROLE_SET,
        P.SUPPORT_ACT, P.TEAM_MANAGE, P.TERMS_SET, P.VETTING_DECIDE, P.VETTING_NAMES, P.WEBHOOK_MANAGE,
        P.WEBHOOK_PARTNERS,
    }
)  # fmt: skip
"""Where money moves or the operator acts: the session is looked at, so that its end works at once; elsewhere an access
token is good until it runs out.
"""
