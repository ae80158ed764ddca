"""Files in a private bucket of S3. Where CloudFormation makes it (`infra.template_data`), it encrypts what it takes,
refuses whoever is not signed, and deletes what nobody accepted.

Forms and addresses are signed with the function's own short-lived credentials: they die with these at the latest.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.files import FilesDown, Replaced, Stored, UploadForm

_GONE = {"404", "NoSuchKey", "NotFound", "412", "PreconditionFailed"}
_T = TypeVar("_T")


class S3Files:
    """See `kit.files.Files`.

    Args:
        bucket: its name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def upload_form(self, key: str, media: str, max_bytes: int, lifetime: timedelta) -> UploadForm:
        made = aws.client("s3").generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields={"Content-Type": media},
            Conditions=[{"Content-Type": media}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=int(lifetime.total_seconds()),
        )
        return UploadForm(made["url"], made["fields"])

    def head(self, key: str) -> Stored | None:
        try:
            told = self._asked("head_object", Key=key)
        except Replaced:
            return None
        return Stored(int(told["ContentLength"]), told["ContentType"], told["ETag"])

    def first_bytes(self, key: str, count: int, tag: str) -> bytes:
        return self._content(Key=key, IfMatch=tag, Range=f"bytes=0-{count - 1}")

    def read(self, key: str, tag: str) -> bytes:
        return self._content(Key=key, IfMatch=tag)

    def put(self, key: str, content: bytes, media: str) -> None:
        self._asked("put_object", Key=key, Body=content, ContentType=media)

    def copy(self, source: str, target: str, tag: str) -> None:
        origin = {"Bucket": self._bucket, "Key": source}
        self._asked("copy_object", Key=target, CopySource=origin, CopySourceIfMatch=tag)

    def delete(self, key: str) -> None:
        self._asked("delete_object", Key=key)

    def below(self, prefix: str) -> Iterator[str]:
        pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        found = _told(lambda: [row["Key"] for page in pages for row in page.get("Contents", ())])
        return iter(found)

    def download_link(self, key: str, name: str, media: str, lifetime: timedelta) -> str:
        link: str = aws.client("s3").generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "ResponseContentType": media,
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(lifetime.total_seconds()),
        )
        return link

    def show_link(self, key: str, media: str, lifetime: timedelta) -> str:
        seconds = int(lifetime.total_seconds())
        link: str = aws.client("s3").generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": "inline",
                "ResponseContentType": media,
                "ResponseCacheControl": f"private, max-age={seconds}, immutable",
            },
            ExpiresIn=seconds,
        )
        return link

    def _content(self, **asked: Any) -> bytes:
        def whole() -> bytes:
            content: bytes = aws.client("s3").get_object(Bucket=self._bucket, **asked)["Body"].read()
            return content

        return _told(whole)

    def _asked(self, operation: str, **asked: Any) -> Any:
        return _told(lambda: getattr(aws.client("s3"), operation)(Bucket=self._bucket, **asked))


def _told(ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _GONE:
            raise Replaced from error
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or code == "SlowDown":  # noqa: PLR2004 - HTTP
            raise FilesDown(retry_after=1) from error
        raise
    except BotoCoreError as error:
        raise FilesDown(retry_after=1) from error
