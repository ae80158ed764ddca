"""Alipay, direct: its open API (gateway.do) with RSA2 signatures, on `cryptography` and `requests` alone."""

from chalicelib.payments.gateways.alipay.provider import AlipayProvider

__all__ = ["AlipayProvider"]
