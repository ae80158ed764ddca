"""`python -m infra.sandbox.logins --port 12116`."""

import argparse
import sys
import threading

from infra.sandbox.logins.server import LoginSandbox
from infra.sandbox.signals import serve

PORT = 12116


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.logins", description="WeChat's sign-in and an OpenID provider."
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"on 127.0.0.1; 0 takes a free one (default {PORT})")
    options = parser.parse_args(arguments)
    return serve(
        "sign-in sandbox",
        options.port,
        lambda: LoginSandbox(port=options.port),
        lambda sandbox: f"Sign-in sandbox on {sandbox.url}",
        stop,
    )


if __name__ == "__main__":
    sys.exit(main())
