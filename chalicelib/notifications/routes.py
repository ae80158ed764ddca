"""What somebody was told, to be read again."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.notifications import schemas, use_cases

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/me/notices",
    summary="List what you were told",
    tag="notifications",
    needs=Permission.NOTICE_OWN,
    query=PageQuery,
    returns=schemas.Notices,
)
def notices(call: Call) -> schemas.Notices:
    scope, cursors = f"notices|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.of_account(wiring.notifications(), call.actor, after, call.query.limit)
    items = tuple(schemas.Notice.of(notice) for notice in page.items)
    return schemas.Notices(items=items, next_cursor=cursors.pack(scope, page.next))
