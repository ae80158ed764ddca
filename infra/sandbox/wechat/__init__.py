"""A WeChat Pay (API v3) that needs no internet, for development and tests: `python -m infra.sandbox.wechat`.

It checks the signature of every request, refuses what WeChat's documents say it refuses, signs its answers and calls
back with sealed, signed notices. It was written from WeChat's documents and is UNPROVEN against WeChat's production:
WeChat has no test mode, so what passes here must still be tried there with one fen. It never ships.

The control endpoints and what is left out are listed in ../README.md.
"""

from infra.sandbox.wechat.server import WechatSandbox

__all__ = ["WechatSandbox"]
