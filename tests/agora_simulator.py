"""The Agora simulator for tests: a project, tokens that are good in it, and the simulator in process.

    with running() as agora:                 # over real HTTP, for whatever asks Agora
        rest = agora.rest()                  # an AgoraRest for it
        agora.join("a1b2", 7, host=True)     # a person's device enters with a real token
        agora.clock.advance(10)              # time moves only so
        agora.simulator.deliver()            # hands the notices that are due to `agora.simulator.send`
        agora.told()                         # those handed over since the last time, parsed

`a_simulator()` gives the same without HTTP. The pace, the faults and the counts are `agora.simulator`'s.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from atelier.agora.rest import AgoraRest
from atelier.agora.secrets import RestAccess
from atelier.agora.tokens import Credentials, Role, build_token
from local.agora import Project, Simulator
from local.agora.project import CLOUD_RECORDING, RTC
from local.agora.server import Running
from tests.rooms import APP_ID, CERTIFICATE

SECRETS = {RTC: "rtc-secret", CLOUD_RECORDING: "recording-secret"}
STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY = "AKIAEXAMPLE", "storage-secret"
ACCESS = RestAccess(APP_ID, "customer", "customer-secret")
PROJECT = Project(
    APP_ID,
    CERTIFICATE,
    ACCESS.customer_id,
    ACCESS.customer_secret,
    SECRETS,
    storage_access_key=STORAGE_ACCESS_KEY,
    storage_secret_key=STORAGE_SECRET_KEY,
)
NOON = 1_790_000_000.0


class HandClock:
    """A clock that stands still until it is moved; in Unix seconds."""

    def __init__(self, at: float = NOON) -> None:
        self.now = at

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += seconds


@dataclass
class Agora:
    """A simulator with what tests need around it. url: empty without HTTP."""

    simulator: Simulator
    clock: HandClock
    url: str = ""
    _told: int = field(default=0)

    def rest(self, *before: str) -> AgoraRest:
        """A client of this Agora. before: other hosts that it asks first."""
        return AgoraRest(ACCESS, [*before, self.url])

    def token(self, channel: str, uid: int, *, host: bool = False, lifetime_s: int = 3600) -> str:
        """A token that is good from now on."""
        role = Role.PUBLISHER if host else Role.SUBSCRIBER
        credentials = Credentials(APP_ID, CERTIFICATE)
        issued_at = int(self.clock())
        return build_token(credentials, channel=channel, uid=uid, role=role, lifetime_s=lifetime_s, issued_at=issued_at)

    def join(self, channel: str, uid: int, *, host: bool = False) -> None:
        """Somebody enters with a token of their own."""
        self.simulator.join(channel, uid, self.token(channel, uid, host=host))

    def start_request(self, channel: str, uid: int, **recording: object) -> dict[str, Any]:
        """A `clientRequest` of start that Agora is content with. recording: more of its recordingConfig."""
        return {
            "token": self.token(channel, uid),
            "recordingConfig": {"channelType": 1, "maxIdleTime": 300, **recording},
            "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
            "storageConfig": {
                "vendor": 1,
                "region": 7,
                "bucket": "recordings",
                "accessKey": STORAGE_ACCESS_KEY,
                "secretKey": STORAGE_SECRET_KEY,
                "fileNamePrefix": ["recordings", "wks01"],
            },
        }

    def told(self) -> list[Mapping[str, Any]]:
        """The notices handed over since the last call, parsed; delivers what is due first."""
        self.simulator.deliver()
        new, self._told = self.simulator.sent[self._told :], len(self.simulator.sent)
        return [json.loads(sent.body) for sent in new]


def a_simulator(**options: Any) -> Agora:
    """A simulator in process, without HTTP. options: those of Simulator."""
    clock = HandClock()
    return Agora(Simulator(options.pop("project", PROJECT), clock=clock, **options), clock)


@contextmanager
def running(**options: Any) -> Iterator[Agora]:
    """A simulator that answers REST over HTTP. Its time is the test's, and it sends nothing by itself."""
    agora = a_simulator(**options)
    server = Running(agora.simulator, background=False)
    agora.url = server.url
    try:
        yield agora
    finally:
        server.stop()
