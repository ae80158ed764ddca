import base64
import http.client
import ssl
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from infra import smoke
from infra.smoke import Answer, address, problems
from infra.stage_models import Domain
from infra.targets import Target

TARGET = Target.aws(stage="prod", region="eu-central-1")
DIGEST = "ab" * 32
PACKAGE = f"packages/{DIGEST}.zip"
SHA = base64.b64encode(bytes.fromhex(DIGEST)).decode()
GONE = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "GetFunctionConfiguration")

JSON, PROBLEM = "application/json", "application/problem+json"
RIGHT = {
    "/v1/health": Answer(200, JSON, {"status": "ok", "stage": "prod", "region": "eu-central-1"}),
    "/v1/regions": Answer(200, JSON, {"here": "eu-central-1", "items": []}),
    "/v1/search/suggestions": Answer(200, JSON, {"items": []}),
    "/v1/ticket-keys": Answer(200, JSON, {"keys": []}),
    "/v1/shops/": Answer(404, PROBLEM, {"type": "x", "title": "x", "status": 404, "code": "shop-not-found"}),
}


class Lambda:
    def __init__(self, **found):
        self.found, self.asked = {"CodeSha256": SHA} | found, []

    def get_function_configuration(self, **asked):
        self.asked.append(asked)
        if "error" in self.found:
            raise self.found["error"]
        return self.found


@pytest.fixture
def ask(monkeypatch):
    """Ask a stage that answers rightly, but for what is given; returns what is wrong."""
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 0.0)

    def run(answers=(), functions=None):
        given = RIGHT | dict(answers)
        client = functions or Lambda()
        monkeypatch.setattr(Target, "client", lambda _self, _service: client)
        monkeypatch.setattr(
            smoke, "fetch", lambda url: next(one for path, one in given.items() if f"https://api{path}" in url)
        )
        return problems(TARGET, "https://api", {"api": "linli-prod-api", "search-index": "linli-prod-index"}, PACKAGE)

    return run


def test_what_is_right(ask):
    client = Lambda()
    assert ask(functions=client) == []
    assert client.asked[0] == {"FunctionName": "linli-prod-api", "Qualifier": "live"}, "what API Gateway calls"
    assert client.asked[1] == {"FunctionName": "linli-prod-index"}


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/v1/health", "does not answer (refused)", "health: does not answer (refused)"),
        ("/v1/health", Answer(502, JSON, {}), "health: answers 502 instead of 200"),
        ("/v1/health", Answer(200, JSON, []), "health: says {} instead of"),
        ("/v1/health", replace(RIGHT["/v1/health"], body={"status": "ok", "stage": "dev"}), "health: says {'status'"),
        ("/v1/regions", Answer(200, JSON, {"here": "us-east-1"}), "discovery: says that this is us-east-1"),
        ("/v1/search/suggestions", Answer(500, PROBLEM, {"code": "bug"}), "a read of tables: answers 500 bug instead"),
        ("/v1/ticket-keys", Answer(200, JSON, {}), "a read of secrets: has no 'keys'"),
        ("/v1/shops/", Answer(404, "text/html", {}), "a shop that is not there: is text/html"),
        ("/v1/shops/", Answer(404, PROBLEM, {"type": "x"}), "a shop that is not there: lacks code, status, title"),
        ("/v1/shops/", Answer(200, JSON, {}), "a shop that is not there: answers 200 instead of 404"),
    ],
)
def test_what_is_wrong_with_an_answer(ask, path, answer, said):
    [line] = ask({path: answer})
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"CodeSha256": "other"}, "linli-prod-api runs another package"),
        ({"State": "Failed"}, "linli-prod-api is Failed, its update Successful"),
        ({"LastUpdateStatus": "InProgress"}, "linli-prod-api is Active, its update InProgress"),
        ({"error": GONE}, "linli-prod-api: ResourceNotFoundException"),
    ],
)
def test_what_is_wrong_with_a_function(ask, found, said):
    assert ask(functions=Lambda(**found))[0] == said


def test_an_answer_is_waited_for(ask, monkeypatch):
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 5.0)
    monkeypatch.setattr(smoke, "_PAUSE_SECONDS", 0.0)
    answers = iter(["does not answer", Answer(503, JSON, {}), RIGHT["/v1/health"]])
    monkeypatch.setattr(smoke, "PROBES", smoke.PROBES[:1])
    monkeypatch.setattr(smoke, "fetch", lambda _url: next(answers))
    monkeypatch.setattr(Target, "client", lambda _self, _service: Lambda())
    assert problems(TARGET, "https://api", {}, PACKAGE) == []


def test_the_public_address_is_asked_once_it_leads_somewhere():
    own = "https://id.execute-api.eu-central-1.amazonaws.com/api"
    assert address(TARGET, own) == own
    nowhere = replace(TARGET, public_url="https://api.linli.invalid")
    assert address(nowhere, own) == own
    public = replace(TARGET, public_url="https://localhost/x")
    assert address(public, own) == "https://localhost/x"


OWN = "https://id.execute-api.eu-central-1.amazonaws.com/api"
NAME = Domain(name="api.linli.example", certificate=f"arn:aws:acm:eu-central-1:000000000000:certificate/{'0' * 36}")
AT_NAME = replace(TARGET, domain=NAME)


def test_what_only_the_deployment_answers_decides():
    zone = NAME.model_copy(update={"hosted_zone": "Z0123456789"})
    for target in (
        TARGET,
        AT_NAME,
        replace(TARGET, domain=zone),
        replace(TARGET, public_url="https://wallets.example"),
    ):
        assert smoke.own_address(target, "https://public", OWN) == OWN
    only = replace(TARGET, domain=NAME.model_copy(update={"only": True}))
    assert smoke.own_address(only, "https://api.linli.example", OWN) == "https://api.linli.example"
    assert smoke.own_address(Target.local(), "http://127.0.0.1:1/api", OWN) == "http://127.0.0.1:1/api"


def test_a_name_that_leads_elsewhere_is_a_remark(monkeypatch):
    parked = Answer(200, "text/html", {})
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(smoke.socket, "getaddrinfo", lambda *_asked: [])
    asked = []
    monkeypatch.setattr(smoke, "fetch", lambda url: asked.append(url) or parked)
    remarks = smoke.through_name(AT_NAME, OWN)
    assert remarks[0].startswith("api.linli.example: health: says {'status': None")
    assert {url.split("/v1/")[0] for url in asked} == {"https://api.linli.example"}
    assert smoke.through_name(AT_NAME, "https://api.linli.example") == [], "it was asked already"
    assert smoke.through_name(TARGET, OWN) == [], "there is none"


def test_a_name_that_leads_nowhere_is_a_remark():
    nowhere = replace(TARGET, public_url="https://api.linli.invalid")
    assert smoke.through_name(nowhere, OWN) == ["api.linli.invalid leads nowhere yet"]


@pytest.mark.parametrize("fails", [http.client.BadStatusLine("SSH-2.0"), ssl.SSLError("bad"), TimeoutError("slow")])
def test_what_speaks_no_http_does_not_answer(monkeypatch, fails):
    def refuse(*_asked, **_more):
        raise fails

    monkeypatch.setattr(smoke.urllib.request, "urlopen", refuse)
    assert smoke.fetch("https://api.linli.example/v1/health").startswith("does not answer (")


def test_nobody_there():
    assert smoke.fetch("http://127.0.0.1:9/").startswith("does not answer (")
