"""A server on this machine that stands for one of a stranger's on the internet, under a name and a certificate."""

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.kit.outbound import Outbound

TEXT = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
HOST, OTHER = "calendar.example", "other.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    names = [x509.DNSName(HOST), x509.DNSName(f"www.{HOST}"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
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
        length = int(self.headers.get("Content-Length", 0))
        self.server.bodies.append(self.rfile.read(length))
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

    do_POST = do_GET  # noqa: N815 - the base class's names

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

    def say_sideways(self):
        self.say(302, Location=f"https://www.{HOST}/good")

    def say_plain(self):
        self.say(307, Location=f"http://{HOST}/good")

    def say_nowhere(self):
        self.say(302)

    def say_silence(self):
        """For longer than a test may take: who waits for an answer has failed."""
        self.server.closing.wait()

    def say_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()

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
    made.seen, made.bodies, made.closing = [], [], threading.Event()
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)
    made.socket = trust.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.closing.set()
    made.shutdown()
    made.server_close()


@pytest.fixture
def outbound(server, certificate):
    """Return `make(...)`: an `Outbound` for which the server's names lead to it, and every other one inwards."""

    def make(**other):
        told = {
            "agent": "Linli tests",
            "resolve": lambda host: ["127.0.0.1"] if host.endswith(HOST) else ["127.0.0.2"],
            "is_allowed": lambda address: address == "127.0.0.1",
            "port": server.server_address[1],
            "context": ssl.create_default_context(cafile=str(certificate)),
            "seconds": 3.0,
        }
        return Outbound(**{**told, **other})

    return make
