"""The command: see the package."""

import argparse
import sys
import threading
from pathlib import Path

from infra.sandbox.alipay.keys import Keys
from infra.sandbox.alipay.server import AlipaySandbox
from infra.sandbox.signals import serve


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.alipay", description="An Alipay for development.")
    parser.add_argument("--port", type=int, default=12114, help="on 127.0.0.1; 0 takes a free one (default 12114)")
    parser.add_argument("--keys", type=Path, help="a JSON file with the keys; written when it is not there")
    options = parser.parse_args(arguments)
    keys = Keys.kept(options.keys) if options.keys else Keys.generate()
    return serve(
        "Alipay sandbox",
        options.port,
        lambda: AlipaySandbox(keys, port=options.port),
        lambda sandbox: f"Alipay sandbox on {sandbox.url}/gateway.do",
        stop,
    )


if __name__ == "__main__":
    sys.exit(main())
