"""Where Agora can write recordings: its numbers for the regions of Amazon S3.

From "Third-party cloud storage regions" in Agora's Cloud Recording reference. 17 and 23 are nobody's.
"""

from typing import Final

S3_VENDOR: Final = 1

_REGIONS: Final = {
    "us-east-1": 0,
    "us-east-2": 1,
    "us-west-1": 2,
    "us-west-2": 3,
    "eu-west-1": 4,
    "eu-west-2": 5,
    "eu-west-3": 6,
    "eu-central-1": 7,
    "ap-southeast-1": 8,
    "ap-southeast-2": 9,
    "ap-northeast-1": 10,
    "ap-northeast-2": 11,
    "sa-east-1": 12,
    "ca-central-1": 13,
    "ap-south-1": 14,
    "cn-north-1": 15,
    "cn-northwest-1": 16,
    "af-south-1": 18,
    "ap-east-1": 19,
    "ap-northeast-3": 20,
    "eu-north-1": 21,
    "me-south-1": 22,
    "ap-southeast-3": 24,
    "eu-south-1": 25,
}


class UnknownRegionError(ValueError):
    """Agora cannot write to buckets of this region; recordings need a bucket elsewhere."""


def region_number(aws_region: str) -> int:
    """Agora's number for an AWS region, such as 7 for `eu-central-1`. Raises UnknownRegionError."""
    try:
        return _REGIONS[aws_region]
    except KeyError:
        raise UnknownRegionError(f"Agora lists no S3 region {aws_region!r}") from None
