"""Whether a notice is Agora's: an HMAC over the body's bytes, told in a header.

As in Agora's "Receive notifications about channel events", "Verify signature": `Agora-Signature-V2` is the lower-case
hex of HMAC-SHA256 over the body as it was sent, keyed with the secret that Agora's console shows for the product.
`Agora-Signature`, over SHA-1, is sent beside it and never looked at.
"""

import hmac
import re
from collections.abc import Iterable, Mapping

HEADER = "agora-signature-v2"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_signed(body: bytes, headers: Mapping[str, str], secrets: Iterable[bytes]) -> bool:
    """Whether the header tells the body's digest under one of the secrets.

    Every secret is tried, in the same time whether and wherever one fits. A header that was sent twice is refused, in
    whichever way that shows: under two spellings of its name, or as one value with a comma.
    """
    told = [value for name, value in headers.items() if name.lower() == HEADER]
    if len(told) != 1 or not _DIGEST.fullmatch(told[0]):
        return False
    fits = [hmac.compare_digest(hmac.digest(secret, body, "sha256").hex(), told[0]) for secret in secrets]
    return any(fits)
