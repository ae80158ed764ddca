"""What other domains, admins, auditors and the nightly run do with the audit log."""

from chalicelib.audit.use_cases.entries import noted, read
from chalicelib.audit.use_cases.seal import OutOfTime, seal_day, seal_due
from chalicelib.audit.use_cases.verify import Verdict, outside, prove, verify

__all__ = ["OutOfTime", "Verdict", "noted", "outside", "prove", "read", "seal_day", "seal_due", "verify"]
