"""The project that the simulator takes itself to serve, and how fast it does things."""

from dataclasses import dataclass, field

LIVE, COMMUNICATION = 2, 1
RTC, CLOUD_RECORDING = 1, 3


@dataclass(frozen=True, slots=True)
class Project:
    """What Agora's console would show. webhook_secrets: by product; a product without one of its own has RTC's.

    storage_access_key, storage_secret_key, bucket: what recorders must be given to be able to write; empty: anything.
    """

    app_id: str
    app_certificate: str = field(repr=False)
    customer_id: str
    customer_secret: str = field(repr=False)
    webhook_secrets: dict[int, str] = field(repr=False)
    storage_access_key: str = ""
    storage_secret_key: str = field(default="", repr=False)
    profile: int = LIVE

    def webhook_secret(self, product: int) -> bytes:
        """What notices of a product are signed with."""
        return self.webhook_secrets.get(product, self.webhook_secrets[RTC]).encode()


@dataclass(slots=True)
class Pace:
    """Seconds that things take. Agora's own are in brackets."""

    timeout: float = 10.0
    """From a crash until the channel notices. [10]"""

    resource: float = 300.0
    """How long a resource can be started. [300]"""

    recorder: float = 0.2
    """From a start until the recorder is in the channel. [2 to 5]"""

    first_file: float = 0.2
    """From the first published frame until the playlist is in the bucket. [15]"""

    upload: float = 0.5
    """From the end of a recording until its files are in the bucket. [seconds to minutes]"""

    backup: float = 1.0
    """From `backuped` until the files that were on the way are in the bucket. [hours]"""

    failover: float = 1.0
    """From the loss of a recorder until another one goes on. [30 to 90]"""

    retries: tuple[float, ...] = (0.0, 0.5, 1.0)
    """Before the second, third and fourth attempt to send a notice. [at once, then growing]"""

    progress: float = 60.0
    """Between two notices about the upload. [60]"""

    mp4: float = 7200.0
    """After which a new MP4 begins. [about 7200]"""
