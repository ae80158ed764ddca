"""What must outlive its stack, and keys: said alike wherever data is kept."""

from typing import Any


def lasting(resource: dict[str, Any], *, protect: bool) -> dict[str, Any]:
    """Say what becomes of a resource when it leaves its stack; a first creation that fails leaves nothing behind."""
    policies = ("RetainExceptOnCreate", "Retain") if protect else ("Delete", "Delete")
    return resource | {"DeletionPolicy": policies[0], "UpdateReplacePolicy": policies[1]}


def kms_key(about: str) -> dict[str, Any]:
    """Return a key that AWS changes every year, and of whose use the account's IAM decides alone."""
    return {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": {"Fn::Sub": f"{about} (${{AWS::StackName}})"},
            "EnableKeyRotation": True,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "AccountDecidesByIam",
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ],
            },
        },
    }
