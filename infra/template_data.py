"""The data stack: what must outlive every deployment of the app.

Tables, the key that seals personal data, the buckets of packages, of people's documents and of the audit log's seals.
Outside of unprotected stages nothing here goes away with the stack, and tables refuse to be deleted at all.
"""

from collections.abc import Sequence
from typing import Any

from infra.backups import backed_up, backup_resources
from infra.lasting import kms_key, lasting
from infra.tables import TABLES, table_properties, tags
from infra.targets import Target

SEALING_ROLE = "AuditSealRole"
"""What the app stack calls the role of the function that seals; CloudFormation puts the stack before it."""

DOCUMENTS_DELETED = {"uploads": 2, "exports": 7}
"""Days after which S3 deletes what lies below a prefix of the documents' bucket: uploads that nobody registered, and
copies of people's data.
"""


_UNFINISHED = {
    "Id": "unfinished-uploads",
    "Status": "Enabled",
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}


def _bucket(encryption: dict[str, Any], *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a bucket that nobody outside the account can be let into."""
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LifecycleConfiguration": {"Rules": [_UNFINISHED, *rules]},
            **more,
        },
    }


def _packages_bucket() -> dict[str, Any]:
    return _bucket({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})


def _documents_bucket(target: Target) -> dict[str, Any]:
    """People's documents. It keeps no versions: what somebody has us erase must be gone."""
    key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["SealKey", "Arn"]}}
    return _bucket(
        # One data key for many objects: KMS is not asked for each.
        {"ServerSideEncryptionByDefault": key, "BucketKeyEnabled": True},
        *(_deleted(prefix, days) for prefix, days in DOCUMENTS_DELETED.items()),
        **_uploads_from(target.cors_origins),
    )


def _uploads_from(origins: Sequence[str]) -> dict[str, Any]:
    """Let browsers send the form of an upload straight to a bucket, from the pages that may call the API."""
    if not origins:
        return {}
    return {
        "CorsConfiguration": {
            "CorsRules": [{"AllowedMethods": ["POST"], "AllowedOrigins": list(origins), "MaxAge": 600}]
        }
    }


def _deleted(prefix: str, days: int) -> dict[str, Any]:
    return {"Id": prefix, "Prefix": f"{prefix}/", "Status": "Enabled", "ExpirationInDays": days}


def _seals_bucket(target: Target) -> dict[str, Any]:
    """Seals of the audit log: every version is locked for as long as the target says."""
    rule = {"DefaultRetention": {"Mode": target.audit_lock.upper(), "Days": target.audit_lock_days}}
    return _bucket(
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        VersioningConfiguration={"Status": "Enabled"},
        ObjectLockEnabled=True,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )


def _sealing_alone(target: Target, objects: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what keeps everybody else from writing seals, and everybody from changing one, whatever their own policies
    allow. Who may change a bucket's policy can lift this; in the mode `compliance` S3 itself refuses even then.
    """
    role = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{target.app_stack}-{SEALING_ROLE}-*"
    refused = {"Effect": "Deny", "Principal": "*", "Resource": objects}
    return [
        refused
        | {
            "Sid": "PutByTheSealAlone",
            "Action": "s3:PutObject",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": role}}},
        },
        refused | {"Sid": "PutOnce", "Action": "s3:PutObject", "Condition": {"Null": {"s3:if-none-match": "true"}}},
        refused
        | {
            "Sid": "NeverDeleted",
            "Action": [
                "s3:BypassGovernanceRetention",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:PutObjectLegalHold",
                "s3:PutObjectRetention",
                "s3:ReplicateDelete",
            ],
        },
    ]


def _policy(bucket: str, more: list[dict[str, Any]]) -> dict[str, Any]:
    arn = {"Fn::GetAtt": [bucket, "Arn"]}
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": bucket},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "NothingInTheClear",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [arn, {"Fn::Join": ["/", [arn, "*"]]}],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                    *more,
                ],
            },
        },
    }


def data_template(target: Target) -> dict[str, Any]:
    """Return the data stack's template. Table names are the stage's own, whatever prefix the app reads from."""
    protect = target.protect
    resources: dict[str, Any] = {
        spec.logical_id: lasting(
            {
                "Type": "AWS::DynamoDB::Table",
                "Properties": table_properties(spec, target.prefix, protect=protect)
                | {"Tags": tags(spec, target.stage)},
            },
            protect=protect,
        )
        for spec in TABLES
    }
    resources["SealKey"] = lasting(kms_key("Wraps the data keys of sealed personal data"), protect=protect)
    resources["SealKeyAlias"] = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": f"alias/{target.prefix}-seal", "TargetKeyId": {"Ref": "SealKey"}},
    }
    buckets = {
        "PackagesBucket": _packages_bucket(),
        "DocumentsBucket": _documents_bucket(target),
        "AuditBucket": _seals_bucket(target),
    }
    for name, bucket in buckets.items():
        resources[name] = lasting(bucket, protect=protect)
        objects = {"Fn::Sub": f"${{{name}.Arn}}/*"}
        resources[f"{name}Policy"] = _policy(name, _sealing_alone(target, objects) if name == "AuditBucket" else [])
    resources |= backup_resources(target)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Linli {target.stage}: tables, key, buckets. Nothing here is replaced by a deployment.",
        "Resources": resources,
        "Outputs": _outputs(target),
    }


def _outputs(target: Target) -> dict[str, Any]:
    outputs: dict[str, Any] = {
        "TablePrefix": {"Value": target.prefix},
        "OutboxStreamArn": {"Value": {"Fn::GetAtt": ["OutboxTable", "StreamArn"]}},
        "SealKeyArn": {"Value": {"Fn::GetAtt": ["SealKey", "Arn"]}},
        "PackagesBucket": {"Value": {"Ref": "PackagesBucket"}},
        "DocumentsBucket": {"Value": {"Ref": "DocumentsBucket"}},
        "AuditBucket": {"Value": {"Ref": "AuditBucket"}},
    }
    if target.backup_region:
        outputs["BackupRegion"] = {"Value": target.backup_region}
    if backed_up(target):
        outputs["RestoreRoleArn"] = {"Value": {"Fn::GetAtt": ["BackupRole", "Arn"]}}
    for spec in TABLES:
        outputs[f"{spec.logical_id}Name"] = {"Value": {"Ref": spec.logical_id}}
        outputs[f"{spec.logical_id}Arn"] = {"Value": {"Fn::GetAtt": [spec.logical_id, "Arn"]}}
    return outputs
