"""Preflight: the API's own name and its certificate, alone and beside the account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.references import Template, of_type
from infra.targets import Target

RENEWED_BEFORE = timedelta(days=7)
"""A certificate that ends sooner than that was not renewed by ACM, which begins 60 days before."""


@dataclass(frozen=True)
class Certificate:
    """What ACM says of a domain's: its state, the names it is for, and how long it is still good."""

    domain: str
    state: str
    names: tuple[str, ...] = ()
    left: timedelta | None = None


def certificate(target: Target) -> Certificate | None:
    """Read the domain's certificate; None where there is no domain. Nothing is changed."""
    if target.domain is None or target.emulated:
        return None
    try:
        told: dict[str, Any] = target.client("acm").describe_certificate(CertificateArn=target.domain.certificate)
    except ClientError as error:
        return Certificate(target.domain.name, f"not readable ({error.response['Error']['Code']})")
    found = told["Certificate"]
    left = found["NotAfter"] - datetime.now(UTC) if "NotAfter" in found else None
    return Certificate(target.domain.name, found["Status"], tuple(found.get("SubjectAlternativeNames", ())), left)


def certificates_are_of_the_region(app: Template, target: Target) -> Iterator[str]:
    """A regional name takes a certificate of its own region and partition alone."""
    for key, domain in of_type(app, "AWS::ApiGateway::DomainName"):
        parts = str(domain.get("RegionalCertificateArn", "")).split(":")
        lies_in = (parts[1], parts[3]) if len(parts) == 6 else ("", "")  # noqa: PLR2004 - of an ARN
        if lies_in != (target.partition, target.region):
            yield f"{key}: its certificate lies in {lies_in[1] or 'no region'}, not in {target.region}"


def certificate_is_good(found: Certificate | None) -> Iterator[str]:
    """API Gateway refuses a certificate that was not issued; clients refuse one of another name, or that ran out."""
    if found is None:
        return
    name = found.domain
    if found.state != "ISSUED":
        yield f"the certificate of {name} is {found.state}; validate it first"
        return
    parent = f"*.{name.partition('.')[2]}"
    if not {name, parent} & {one.lower() for one in found.names}:
        yield f"the certificate of {name} is for {', '.join(found.names) or 'no name'}"
    if found.left is not None and found.left < RENEWED_BEFORE:
        yield f"the certificate of {name} is good for {found.left.days} more days and was not renewed"
