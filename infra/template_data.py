"""The data stack: what must outlive every deployment of the app.

Tables, the key that seals personal data, and the bucket of packages. Outside of unprotected stages nothing
here goes away with the stack, and tables refuse to be deleted at all.
"""

from typing import Any

from infra.tables import TABLES, table_properties
from infra.targets import Target


def _lasting(resource: dict[str, Any], *, protect: bool) -> dict[str, Any]:
    """Say what becomes of a resource when it leaves the stack; a first creation that fails leaves nothing behind."""
    policies = ("RetainExceptOnCreate", "Retain") if protect else ("Delete", "Delete")
    return resource | {"DeletionPolicy": policies[0], "UpdateReplacePolicy": policies[1]}


def _seal_key() -> dict[str, Any]:
    return {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": {"Fn::Sub": "Wraps the data keys of sealed personal data (${AWS::StackName})"},
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


def _packages_bucket() -> dict[str, Any]:
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "unfinished-uploads",
                        "Status": "Enabled",
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    }
                ]
            },
        },
    }


def data_template(target: Target) -> dict[str, Any]:
    """Return the data stack's template. Table names are the stage's own, whatever prefix the app reads from."""
    protect = target.protect
    resources: dict[str, Any] = {
        spec.logical_id: _lasting(
            {
                "Type": "AWS::DynamoDB::Table",
                "Properties": table_properties(spec, target.prefix, protect=protect),
            },
            protect=protect,
        )
        for spec in TABLES
    }
    resources["SealKey"] = _lasting(_seal_key(), protect=protect)
    resources["SealKeyAlias"] = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": f"alias/{target.prefix}-seal", "TargetKeyId": {"Ref": "SealKey"}},
    }
    resources["PackagesBucket"] = _lasting(_packages_bucket(), protect=protect)
    outputs: dict[str, Any] = {
        "TablePrefix": {"Value": target.prefix},
        "OutboxStreamArn": {"Value": {"Fn::GetAtt": ["OutboxTable", "StreamArn"]}},
        "SealKeyArn": {"Value": {"Fn::GetAtt": ["SealKey", "Arn"]}},
        "PackagesBucket": {"Value": {"Ref": "PackagesBucket"}},
    }
    for spec in TABLES:
        outputs[f"{spec.logical_id}Name"] = {"Value": {"Ref": spec.logical_id}}
        outputs[f"{spec.logical_id}Arn"] = {"Value": {"Fn::GetAtt": [spec.logical_id, "Arn"]}}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Linli {target.stage}: tables, key and packages. Nothing here is replaced by a deployment.",
        "Resources": resources,
        "Outputs": outputs,
    }
