import pytest
from pydantic import ValidationError

from chalicelib.payments.schemas import NewPayment


@pytest.mark.parametrize(
    "url",
    [
        "https://linli.example/return",
        "https://linli.example:8443/return?order=ord_1&from=app#paid",
        "https://linli.example/%E9%82%BB%E9%87%8C",
        "http://127.0.0.1:3000/return",
        "linli://paid",
        "com.example.linli://paid/ord_1",
    ],
)
def test_people_come_back_to_a_site_or_an_app(url):
    assert NewPayment(method="alipay", return_url=url).return_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://linli.example/\r\nSet-Cookie: a=b",
        "https://linli.example/a b",
        "https://linli.example/邻里",
        "https://",
        "https:///return",
        "https://bank.example@evil.example/",
        "https://bank.example\\@evil.example/",
        "http://linli.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:pw@evil.example/",
        "javascript://%0aalert(1)",
        "vbscript://x",
        "data://text/html,x",
        "blob://x",
        "file:///etc/passwd",
        "about://x",
        "linli:paid",
        "//linli.example",
    ],
)
def test_nobody_is_sent_where_a_script_or_another_host_hides(url):
    with pytest.raises(ValidationError):
        NewPayment(method="alipay", return_url=url)
