"""Where the files of build packs lie, and addresses to fetch them at."""

import re
import unicodedata
from urllib.parse import quote

from atelier import aws, settings
from atelier.guided.items import BuildPack
from atelier.settings import PackSettings

FETCHED_FOR_S = 900
EXTENSIONS = {"markdown": "md", "json": "json", "pdf": "pdf"}
CONTENT_TYPES = {"markdown": "text/markdown; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
PREFIX = "packs/"
_LONGEST_NAME = 120


def object_key(pack: BuildPack, sha256: str) -> str:
    """Where a pack's file lies. The key names the content, so whoever writes it again writes the same; and the pack, so
    whoever forgets it forgets nothing else.
    """
    return f"{PREFIX}{pack.guided_id}/{pack.id}/{sha256}.{EXTENSIONS[pack.format_type]}"


def put(key: str, content: bytes, format_type: str) -> None:
    """Writes a file. Raises botocore's own errors."""
    bucket = settings.of(PackSettings).packs_bucket
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=CONTENT_TYPES[format_type])


def forget(key: str) -> None:
    """Deletes a file; one that is not there is no error. Raises botocore's own errors."""
    aws.client("s3").delete_object(Bucket=settings.of(PackSettings).packs_bucket, Key=key)


def address(pack: BuildPack) -> str | None:
    """An address at which a pack's file can be fetched for 15 minutes, or None before it is ready. It is signed here:
    nobody is asked for it.
    """
    if pack.status != "ready" or pack.object_key is None:
        return None
    wanted = {
        "Bucket": settings.of(PackSettings).packs_bucket,
        "Key": pack.object_key,
        "ResponseContentType": CONTENT_TYPES[pack.format_type],
        "ResponseContentDisposition": disposition(pack.title, EXTENSIONS[pack.format_type]),
    }
    url: str = aws.client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=FETCHED_FOR_S)
    return url


def disposition(title: str, extension: str) -> str:
    """The Content-Disposition (RFC 6266) that saves a file under its title: the name itself as RFC 8187 has it, and a
    plain one for programs that know only that.
    """
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', " ", title)[:_LONGEST_NAME]
    name = " ".join(name.split()).strip(". ") or "build pack"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = " ".join(plain.replace("%", " ").split()).strip(". ") or "build pack"
    full = quote(f"{name}.{extension}", safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{full}"
