"""Problems that no route of ours has seen."""

import json

from chalicelib.kit.http import problem_middleware
from tests.chalicelib.kit.planted import make, problem


def test_what_chalice_refuses_itself_is_a_problem_too(planted):
    send = planted(make)
    told = problem(send(headers={"Content-Type": "text/plain", "Accept-Language": "zh"}), 415, "unsupported-media-type")
    assert told["title"] == "不支持的媒体类型"


def test_middleware_leaves_other_answers_alone():
    class Refused:
        status_code = 400
        headers = {"X": "1"}  # noqa: RUF012 - a stand-in
        body = {"Code": "BadRequestError", "Message": "no"}  # noqa: RUF012 - as above

    class Event:
        context = {"requestId": "req-9"}  # noqa: RUF012 - as above
        headers = {}  # noqa: RUF012 - as above

    answer = problem_middleware(Event(), lambda _event: Refused())
    assert json.loads(answer.body)["code"] == "malformed-request"
    assert (answer.status_code, answer.headers["X"]) == (400, "1")
    assert answer.headers["X-Request-Id"] == "req-9"
    Refused.status_code, Refused.body = 500, {"Code": "InternalServerError", "Message": "secret"}
    answer = problem_middleware(Event(), lambda _event: Refused())
    assert json.loads(answer.body)["code"] == "internal"
    Refused.body = {"other": 1}
    assert problem_middleware(Event(), lambda _event: Refused()).body == {"other": 1}
