"""The API's own name: a regional domain name with its certificate, mapped to the API, and its record where we may.

Regional, so that what a client says is read in its own region; a name for all regions that picks one by latency would
send people to where their account is not.
"""

from typing import Any

from infra.edge import STAGE_NAME
from infra.targets import Target

NAME = "ApiDomain"
"""The name's id in the template."""
POINT_AT = "DomainPointAt"
"""Output: where the name has to lead, for whoever keeps its zone elsewhere (CNAME)."""


def resources(target: Target) -> dict[str, Any]:
    """Return the resources of the target's domain; none where it has none, or an emulator answers."""
    domain = target.domain
    if domain is None or target.emulated:
        return {}
    made: dict[str, Any] = {
        NAME: {
            "Type": "AWS::ApiGateway::DomainName",
            "Properties": {
                "DomainName": domain.name,
                "RegionalCertificateArn": domain.certificate,
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
                "SecurityPolicy": "TLS_1_2",
            },
        },
        f"{NAME}Mapping": {
            "Type": "AWS::ApiGateway::BasePathMapping",
            # The stage has no reference of its own to wait for.
            "DependsOn": [f"RestAPI{STAGE_NAME}Stage"],
            "Properties": {"DomainName": {"Ref": NAME}, "RestApiId": {"Ref": "RestAPI"}, "Stage": STAGE_NAME},
        },
    }
    if domain.hosted_zone:
        made[f"{NAME}Record"] = {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {
                "HostedZoneId": domain.hosted_zone,
                "Name": domain.name,
                "Type": "A",
                "AliasTarget": {
                    "DNSName": {"Fn::GetAtt": [NAME, "RegionalDomainName"]},
                    "HostedZoneId": {"Fn::GetAtt": [NAME, "RegionalHostedZoneId"]},
                    "EvaluateTargetHealth": False,
                },
            },
        }
    return made


def outputs(target: Target) -> dict[str, Any]:
    """Return what the app stack says of its domain."""
    if not resources(target):
        return {}
    return {POINT_AT: {"Value": {"Fn::GetAtt": [NAME, "RegionalDomainName"]}}}


def leads_here(target: Target) -> bool:
    """Say whether the domain is how a fresh deployment is reached: its record is ours, or nothing else is left."""
    return target.domain is not None and not target.emulated and bool(target.domain.hosted_zone or target.domain.only)
