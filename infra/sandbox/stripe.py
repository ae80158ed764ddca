"""A Stripe that needs no internet, for development and tests: `python -m infra.sandbox.stripe`.

It speaks enough of Stripe's API (2026-10-28.endive) for the real SDK, holds every request against the SDK's own
types, and delivers signed webhooks. It was written from Stripe's documentation and SDK and is UNPROVEN against Stripe's
test mode: what passes here must still be tried there. Nothing has to change for that: with STRIPE_API_KEY=sk_test_...
of a real account, and no STRIPE_API_BASE, the application's same code talks to Stripe. It never ships.

The control endpoints, the test cards and what is left out are listed in README.md beside this file.
"""

import argparse
import sys
import threading
from pathlib import Path

from infra.sandbox.server import StripeSandbox
from infra.sandbox.signals import serve

__all__ = ["StripeSandbox", "main"]


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    options = _options(arguments)
    return serve(
        "Stripe sandbox",
        options.port,
        lambda: StripeSandbox(
            port=options.port,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            state=options.state,
            log=None if options.quiet else lambda line: print(line, flush=True),
        ),
        lambda sandbox: f"Stripe sandbox on {sandbox.url}",
        stop,
    )


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.stripe", description="A Stripe for development.")
    parser.add_argument("--port", type=int, default=12111, help="on 127.0.0.1; 0 takes a free one (default 12111)")
    parser.add_argument("--webhook-url", help="where events go; can also be set at run time")
    parser.add_argument("--webhook-secret", help="whsec_...: what webhooks are signed with")
    parser.add_argument("--state", type=Path, help="a JSON file in which everything outlives a restart")
    parser.add_argument("--quiet", action="store_true", help="no line for each request")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
