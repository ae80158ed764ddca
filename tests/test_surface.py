"""The API's surface as the document says it: what addresses may hold, and that no list is without end."""

import re

from chalicelib.kit.http import ENDPOINTS
from tests import openapi

SECRET = re.compile(r"token|code|password|secret|otp|pin|key|phone|email|credential|signature", re.IGNORECASE)
REASONED = {
    # A calendar program can send nothing but an address; the feed's owner makes a new one when it got about.
    ("/v1/calendars/{token}/feed.ics", "token"),
    # The providers of texts sign nothing and send no header that is ours; the operator's guide says how to replace it.
    ("/v1/webhooks/texts/alibaba/{receipt_key}", "receipt_key"),
    ("/v1/webhooks/texts/tencent/{receipt_key}", "receipt_key"),
    # The number of a batch of codes, of which it tells none.
    ("/v1/campaigns/{campaign_id}/code-batches/{code_batch_id}", "code_batch_id"),
    # The blind index of a passkey: nobody signs in by it.
    ("/v1/me/passkeys/{passkey_id}", "passkey_id"),
}
MOST_ITEMS = 100


def operations():
    for path, item in openapi.document()["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", path, operation


def resolved(schema):
    schemas = openapi.document()["components"]["schemas"]
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def test_addresses_hold_no_secrets():
    """Addresses are logged by every party on the way, kept in histories and sent on as referrers."""
    found = {
        (path, one["name"])
        for _, path, operation in operations()
        for one in operation["parameters"]
        if one.get("in") in {"path", "query"} and SECRET.search(one["name"])
    }
    assert found == REASONED


def test_every_list_that_goes_on_is_bounded():
    paged = 0
    for name, _, operation in operations():
        query = {one["name"]: one["schema"] for one in operation["parameters"] if one.get("in") == "query"}
        answers = [
            resolved(content["schema"])
            for status, answer in operation["responses"].items()
            if status < "300"
            for content in answer.get("content", {}).values()
        ]
        goes_on = any("next_cursor" in answer.get("properties", {}) for answer in answers)
        assert goes_on is ("cursor" in query), name
        if goes_on:
            paged += 1
            limit = resolved(query["limit"])
            assert 1 <= limit["default"] <= limit["maximum"] <= MOST_ITEMS, name
            assert limit["minimum"] == 1, name
    assert paged > 10


def loose(where, schema):
    """Yield where a schema takes texts or lists without an end."""
    schema = resolved(schema)
    inner = [(where, one) for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ())]
    inner += [(f"{where}.{name}", one) for name, one in schema.get("properties", {}).items()]
    inner += [(f"{where}[]", one) for one in (*schema.get("prefixItems", ()), schema.get("items")) if one]
    for name, one in inner:
        yield from loose(name, one)
    ends = {"string": {"maxLength", "pattern", "enum", "const", "format"}, "array": {"maxItems"}}
    if not ends.get(schema.get("type"), schema.keys()) & schema.keys():
        yield where


def test_every_text_that_is_sent_has_an_end():
    """A text without a most is as long as the body may be: what is kept or looked up of it would be too."""
    found = []
    for name, _, operation in operations():
        for one in operation["parameters"]:
            if one.get("in") == "query":
                found += loose(f"{name} ?{one['name']}", one["schema"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            found += loose(name, content["schema"])
    assert found == []


def test_what_is_not_for_everybody_says_so():
    import app  # noqa: F401 - fills the list

    for spec in ENDPOINTS:
        operation = openapi.document()["paths"][spec.path][spec.method.lower()]
        assert bool(operation["security"]) is (spec.needs is not None), spec.path
        assert ("401" in operation["responses"]) >= (spec.needs is not None), spec.path
