"""Reading calendars from a server on this machine, which stands for one on the internet."""

import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.calendars.gateways import https
from chalicelib.calendars.gateways.https import HttpsFetcher
from chalicelib.calendars.ports import Fetched
from chalicelib.calendars.rules.faults import AddressRefused, AnsweredOtherwise, CalendarTooLarge, Unreachable

TEXT = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
HOST, OTHER = "calendar.example", "other.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("trust") / "both.pem"
    unlocked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + unlocked)
    return path


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        getattr(self, f"say_{urlsplit(self.path).path.strip('/').split('/')[0]}")()

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_good(self):
        if self.headers.get("If-None-Match") == '"1"':
            return self.say(304)
        return self.say(200, TEXT.encode(), ETag='"1"')

    def say_gone(self):
        self.say(404, b"gone")

    def say_zipped(self):
        self.say(200, b"x", Content_Encoding="gzip")

    def say_large(self):
        self.say(200, b"x" * (1024 * 1024 + 1))

    def say_endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    def say_hop(self):
        left = int(self.path.rsplit("/", 1)[1])
        self.say(302, Location=f"/hop/{left - 1}" if left else "/good")

    def say_inwards(self):
        self.say(301, Location=f"https://{OTHER}/good")

    def say_plain(self):
        self.say(307, Location=f"http://{HOST}/good")

    def say_nowhere(self):
        self.say(302)

    def say_silence(self):
        time.sleep(5)

    def say_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(50):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def say_nonsense(self):
        self.wfile.write(b"\0\0\0 not http\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # whoever reads too much hangs up
        pass


@pytest.fixture
def server(certificate):
    made = Server(("127.0.0.1", 0), Handler)
    made.seen = []
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)
    made.socket = trust.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def fetcher(server, certificate):
    def make(**other):
        told = {
            "resolve": lambda host: ["127.0.0.1"] if host == HOST else ["127.0.0.2"],
            "is_allowed": lambda address: address == "127.0.0.1",
            "port": server.server_address[1],
            "context": ssl.create_default_context(cafile=str(certificate)),
            "seconds": 3.0,
        }
        return HttpsFetcher(**{**told, **other})

    return make


def test_what_it_holds_and_that_it_has_not_changed(fetcher, server):
    url = f"https://{HOST}/good?key=1#x"
    assert fetcher().fetch(url, None) == Fetched(TEXT, '"1"')
    assert fetcher().fetch(url, '"1"') == Fetched(None, '"1"')
    (path, first), (_, second) = server.seen
    assert (path, first["Host"], "If-None-Match" in first) == ("/good?key=1", HOST, False)
    assert second["If-None-Match"] == '"1"'
    assert "Authorization" not in first


def test_the_address_that_was_checked_is_the_one_that_is_asked(fetcher):
    """DNS that answers otherwise the second time changes nothing: it is asked once."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    assert fetcher(resolve=lambda host: next(answers)).fetch(f"https://{HOST}/good", None).text == TEXT
    assert next(answers) == ["127.0.0.2"]


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["169.254.169.254"]])
def test_a_host_with_an_inner_address_is_refused(fetcher, server, addresses):
    with pytest.raises(AddressRefused):
        fetcher(resolve=lambda host: addresses).fetch(f"https://{HOST}/good", None)
    assert server.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433"])
def test_nothing_on_this_machine_is_read_unless_a_test_says_so(server, host):
    with pytest.raises((AddressRefused, Unreachable)):
        HttpsFetcher(port=server.server_address[1]).fetch(f"https://{host}/good", None)
    assert server.seen == []


def test_three_redirections_are_followed(fetcher, server):
    assert fetcher().fetch(f"https://{HOST}/hop/2", None).text == TEXT
    with pytest.raises(AnsweredOtherwise):
        fetcher().fetch(f"https://{HOST}/hop/3", None)


@pytest.mark.parametrize("path", ["inwards", "plain", "nowhere"])
def test_each_redirection_is_checked(fetcher, server, path):
    with pytest.raises(AddressRefused):
        fetcher().fetch(f"https://{HOST}/{path}", None)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("gone", AnsweredOtherwise),
        ("zipped", AnsweredOtherwise),
        ("large", CalendarTooLarge),
        ("endless", CalendarTooLarge),
        ("nonsense", Unreachable),
    ],
)
def test_what_is_answered_otherwise_is_told(fetcher, path, fault):
    with pytest.raises(fault):
        fetcher().fetch(f"https://{HOST}/{path}", None)


@pytest.mark.parametrize("path", ["silence", "drip"])
def test_nobody_keeps_it_waiting(fetcher, path):
    began = time.monotonic()
    with pytest.raises(Unreachable):
        fetcher(seconds=0.5).fetch(f"https://{HOST}/{path}", None)
    assert time.monotonic() - began < 2


def test_a_server_that_is_somebody_else_is_not_believed(fetcher, server):
    with pytest.raises(Unreachable):
        fetcher(is_allowed=lambda address: True, resolve=lambda host: ["127.0.0.1"]).fetch(
            f"https://{OTHER}/good", None
        )
    with pytest.raises(Unreachable):
        fetcher(context=ssl.create_default_context()).fetch(f"https://{HOST}/good", None)
    assert server.seen == []


def test_who_is_not_there_does_not_answer(fetcher):
    with pytest.raises(Unreachable):
        fetcher(port=1).fetch(f"https://{HOST}/good", None)

    def nobody(host):
        raise socket.gaierror

    for resolve in (nobody, lambda host: []):
        with pytest.raises(Unreachable):
            fetcher(resolve=resolve).fetch(f"https://{HOST}/good", None)


def test_hosts_are_resolved_to_all_their_addresses(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", ("8.8.8.8", 443)), (socket.AF_INET6, 1, 6, "", ("2606:4700::1111", 443, 0, 0))]
    monkeypatch.setattr(https.socket, "getaddrinfo", lambda *_, **__: found)
    assert https.resolve(HOST) == ["8.8.8.8", "2606:4700::1111"]
