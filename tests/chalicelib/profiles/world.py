"""Somebody with an address book, over the API; and many things at once."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.kit.errors import Busy
from tests.api import CUSTOMER, call

ADDRESS = {
    "label": "家",
    "recipient": "王小明",
    "phone": "+86 138-0013-8000",
    "country": "CN",
    "lines": ["上海市静安区南京西路 1 号", "3 楼 302 室"],
    "postcode": "200040",
    "position": {"lat": 31.2304, "lon": 121.4737},
}
BOOK, ENTRY = "/v1/me/addresses", "/v1/me/addresses/{address_id}"


def add(actor=CUSTOMER, **fields):
    """Return what is answered to a new address."""
    answer = call("POST", BOOK, actor=actor, body=ADDRESS | fields)
    assert answer.status == 201, answer.text
    return answer.json


def book(actor=CUSTOMER):
    """Return somebody's addresses."""
    return call("GET", BOOK, actor=actor).json["items"]


def at_once(*works):
    """Do all at the same moment, each again while it is busy; return what each returned or raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(_patient, works))


def _patient(work):
    while True:
        try:
            return work()
        except Busy:
            continue
        except Exception as refused:  # noqa: BLE001 - its reader looks at it
            return refused
