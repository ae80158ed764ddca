"""What CloudFormation and Lambda read from the packages' bucket: the package and the app's template, by content."""

import hashlib

from infra.changes import Source
from infra.plan import Plan
from infra.references import Template
from infra.targets import Target


def template_key(source: Source) -> str:
    """Return where a template lies in the bucket."""
    return f"templates/{hashlib.sha256(source.body.encode()).hexdigest()}.json"


def at(target: Target, bucket: str, key: str) -> str:
    """Return the address of an object as CloudFormation wants to be told it."""
    if target.endpoint_url:
        return f"{target.endpoint_url}/{bucket}/{key}"
    suffix = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return f"https://{bucket}.s3.{target.region}.{suffix}/{key}"


def upload(target: Target, made: Plan, bucket: str) -> tuple[Source, frozenset[str]]:
    """Upload the template, and the package unless it is there; return where the template is, and the packages."""
    client = target.client("s3")

    def packages() -> frozenset[str]:
        found = client.list_objects_v2(Bucket=bucket, Prefix=made.package.key)
        return frozenset(row["Key"] for row in found.get("Contents", ()))

    if made.package.key not in packages():
        client.upload_file(str(made.package.zip_path), bucket, made.package.key)
    return put_template(target, made.app, bucket), packages()


def put_template(target: Target, template: Template, bucket: str) -> Source:
    """Upload a template of the app and return where it is."""
    source = Source(template)
    key = template_key(source)
    body = source.body.encode()
    target.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    return Source(template, at(target, bucket, key))
