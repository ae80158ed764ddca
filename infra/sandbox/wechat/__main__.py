"""Serves the sandbox from the terminal."""

import argparse
import json
import sys
import threading
from pathlib import Path

from infra.sandbox.signals import serve
from infra.sandbox.wechat.server import WechatSandbox


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    options = _options(arguments)

    def ready(sandbox: WechatSandbox) -> str:
        if options.keys is not None:
            _write(options.keys, json.dumps(sandbox.keys.application(), indent=1))
        return f"WeChat sandbox on {sandbox.url}"

    return serve(
        "WeChat sandbox",
        options.port,
        lambda: WechatSandbox(
            port=options.port,
            state=options.state,
            log=None if options.quiet else lambda line: print(line, flush=True),
        ),
        ready,
        stop,
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.wechat", description="A WeChat Pay for development.")
    parser.add_argument("--port", type=int, default=12113, help="on 127.0.0.1; 0 takes a free one (default 12113)")
    parser.add_argument("--keys", type=Path, help="a JSON file to write what the application is configured with")
    parser.add_argument("--state", type=Path, help="a JSON file in which everything, keys too, outlives a restart")
    parser.add_argument("--quiet", action="store_true", help="no line for each request")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
