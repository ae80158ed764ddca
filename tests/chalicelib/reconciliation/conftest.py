from tests.chalicelib.payments.conftest import clock, provider

__all__ = ["clock", "provider"]
