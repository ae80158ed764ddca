"""What somebody was told, to be read again."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.notifications import schemas, use_cases
from chalicelib.notifications.routes.blueprint import TAG, bp


@endpoint(
    bp, "GET", "/v1/me/notices", summary="List what you were told", tag=TAG, needs=Permission.NOTICE_OWN,
    query=PageQuery, returns=schemas.Notices,
)  # fmt: skip
def notices(call: Call) -> schemas.Notices:
    scope, cursors = f"notices|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    inbox = use_cases.of_account(wiring.notifications(), call.actor, after, call.query.limit)
    return schemas.Notices.of(inbox, cursors.pack(scope, inbox.page.next))


@endpoint(
    bp, "GET", "/v1/me/notices/unread", summary="Count what you have not read", tag=TAG,
    needs=Permission.NOTICE_OWN, returns=schemas.Unread,
)  # fmt: skip
def unread(call: Call) -> schemas.Unread:
    return schemas.Unread(unread=use_cases.unread(wiring.notifications(), call.actor))


@endpoint(
    bp, "POST", "/v1/me/notices/read", summary="Mark all notices as read", tag=TAG, needs=Permission.NOTICE_OWN,
    returns=schemas.Unread,
)  # fmt: skip
def read_all(call: Call) -> schemas.Unread:
    return schemas.Unread(unread=use_cases.read_all(wiring.notifications(), call.actor))


@endpoint(
    bp, "POST", "/v1/me/notices/{notice_id}/read", summary="Mark a notice as read", tag=TAG,
    needs=Permission.NOTICE_OWN, returns=schemas.Unread, errors=(NotFound,),
)  # fmt: skip
def read(call: Call, notice_id: str) -> schemas.Unread:
    return schemas.Unread(unread=use_cases.read(wiring.notifications(), call.actor, notice_id))
