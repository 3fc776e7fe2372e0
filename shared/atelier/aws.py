"""Clients of other AWS services, made on first use from the botocore that PynamoDB has loaded already.

That takes 20 ms at a cold start, on a machine where importing boto3 for the same client takes 140 ms.
"""

from functools import cache
from typing import Any

from botocore.config import Config

from atelier import table

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 2.0


@cache
def client(service: str) -> Any:
    """The client of this process for a service: it waits 1 s to connect and 2 s for an answer, and asks once."""
    return new_client(service)


def new_client(service: str, **options: Any) -> Any:
    """A client like `client` gives, with other options."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": 1},
        signature_version="s3v4" if service == "s3" else None,
        # Or signed addresses would name the host for all regions, which refuses them for hours after a bucket is made.
        s3={"addressing_style": "virtual"},
    )
    return table.connect().connection.session.create_client(service, config=config, **options)
