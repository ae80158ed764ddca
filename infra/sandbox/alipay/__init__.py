"""An Alipay that needs no internet, for development and tests: `python -m infra.sandbox.alipay`.

It speaks enough of the open API (gateway.do, RSA2) for trades in a browser, an app, by QR code and inside the wallet,
for refunds, signed notices and the bill of a day. It was written from Alipay's documents and is UNPROVEN against
Alipay's production, and against Alipay's own sandbox: what passes here must still be tried there. It never ships.

The control endpoints and what is left out are listed in ../README-alipay.md.
"""

from infra.sandbox.alipay.keys import Keys
from infra.sandbox.alipay.server import AlipaySandbox

__all__ = ["AlipaySandbox", "Keys"]
