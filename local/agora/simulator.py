"""Agora as a whole: one object that holds the rooms and recordings of a project, answers REST and sends notices."""

import base64
import hmac
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from local.agora import tokens
from local.agora.channel_api import ChannelApi
from local.agora.faults import Failure, Faults
from local.agora.files import Put
from local.agora.notices import OK, Notices, Send, Sent, sign
from local.agora.project import COMMUNICATION, RTC, Pace, Project
from local.agora.recording_api import NO_ROUTE, Answer, RecordingApi
from local.agora.recordings import Recordings
from local.agora.rooms import NORMAL, WEB, KeptOutError, Rooms
from local.agora.rules import Rules
from local.agora.timeline import Timeline

UNAVAILABLE = 503
CALLS = ("acquire", "start", "query", "update", "stop", "rule", "users", "user")


def _accept(_body: bytes, _headers: Mapping[str, str]) -> int:
    """A webhook that is content with everything."""
    return OK


class Simulator:
    """Agora for one project.

    clock: seconds since 1970. send: hands notices over (see `notices`). put: writes recorded files; by default into
    `files`. Everything may be called from several threads; notices are handed over by who calls `deliver`.
    """

    def __init__(
        self,
        project: Project,
        *,
        clock: Callable[[], float] = time.time,
        send: Send = _accept,
        put: Put | None = None,
        pace: Pace | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.project = project
        self.send = send
        self.faults = faults or Faults()
        self.pace = pace or Pace()
        self._files: dict[str, bytes] = {}
        self.written: list[str] = []
        """The keys of what recorders have written, wherever to."""
        self.put: Put = put or self._keep
        self.timeline = Timeline(clock)
        self.notices = Notices(project, self.timeline, self.faults, self.pace)
        self.rules = Rules(self.timeline)
        self.rooms = Rooms(project, self.timeline, self.notices, self.rules, self.pace)
        self.recordings = Recordings(
            self.timeline, self.notices, self.rooms, self.faults, self.pace, self._write, lambda: secrets.token_hex(16)
        )
        self.rooms.on_change = self.recordings.channel_changed
        self.requests: list[tuple[str, int]] = []
        """The calls that were answered: `("start", 200)` and so on."""
        self.lock = threading.RLock()
        self._recording_api = RecordingApi(self.recordings)
        self._channel_api = ChannelApi(project, self.rooms, self.rules)
        self._request_numbers = itertools.count(1)

    # People ----------------------------------------------------------------------------------------------------------

    def join(self, channel: str, uid: int, token: str, *, as_audience: bool = False, platform: int = WEB) -> None:
        """A device enters, as a host if its token allows to publish. Raises KeptOutError."""
        with self.lock:
            self.tick()
            try:
                allowed = tokens.check(token, self.project, channel, uid, self.timeline.now())
            except tokens.BadTokenError as error:
                raise KeptOutError(f"the token does not do: {error}") from error
            publishes = allowed.may_publish or self.project.profile == COMMUNICATION
            occupant = self.rooms.enter(channel, uid, is_host=publishes and not as_audience, platform=platform)
            occupant.may_publish = publishes

    def leave(self, channel: str, uid: int, reason: int = NORMAL) -> None:
        """A device leaves, for one of Agora's reasons. Raises KeptOutError when it is not there."""
        with self.lock:
            self.tick()
            self.rooms.leave(channel, uid, reason)

    def crash(self, channel: str, uid: int) -> None:
        """A device falls silent, and is out 10 s later. Raises KeptOutError when it is not there."""
        with self.lock:
            self.tick()
            self.rooms.crash(channel, uid)

    def set_role(self, channel: str, uid: int, *, host: bool) -> None:
        """A device begins to publish, or ceases to. Raises KeptOutError when it may not, or is not there."""
        with self.lock:
            self.tick()
            self.rooms.set_role(channel, uid, is_host=host)

    def become_host(self, channel: str, uid: int) -> None:
        """A device begins to publish. Raises KeptOutError."""
        self.set_role(channel, uid, host=True)

    def become_audience(self, channel: str, uid: int) -> None:
        """A device ceases to publish. Raises KeptOutError."""
        self.set_role(channel, uid, host=False)

    def uids(self, channel: str) -> set[int]:
        """Who is in a channel, recorders included."""
        with self.lock:
            self.tick()
            return set(self.rooms.channels.get(channel, {}))

    # Recorders -------------------------------------------------------------------------------------------------------

    def running(self, channel: str) -> int:
        """How many recordings of a channel go on now."""
        with self.lock:
            self.tick()
            return len(self.recordings.running(channel))

    def most_running(self, channel: str) -> int:
        """The most recordings of a channel that ever went on at once."""
        with self.lock:
            return self.recordings.most_running.get(channel, 0)

    def fail_over(self, sid: str) -> None:
        """A recorder's server fails; another one goes on. Raises KeptOutError when none records under this sid."""
        with self.lock:
            self.tick()
            self.recordings.fail_over(sid)

    def lose(self, sid: str) -> None:
        """A recorder is gone, and Agora does not notice. Raises KeptOutError when none records under this sid."""
        with self.lock:
            self.tick()
            self.recordings.lose(sid)

    def tell_error(self, sid: str) -> None:
        """A recorder reports that it cannot upload. Raises KeptOutError when none records under this sid."""
        with self.lock:
            self.tick()
            self.recordings.tell_error(sid)

    @property
    def files(self) -> dict[str, bytes]:
        """What recorders have written by now, unless they write elsewhere."""
        self.tick()
        return self._files

    # Notices ---------------------------------------------------------------------------------------------------------

    @property
    def sent(self) -> list[Sent]:
        """Every attempt to hand a notice over."""
        return self.notices.sent

    def deliver(self, *, everything: bool = False) -> int:
        """Hands over the notices that are due, and returns how many; `everything`: the later ones too, at once."""
        count = 0
        while self.deliver_one(even_if_not_due=everything):
            count += 1
        return count

    def deliver_one(self, *, even_if_not_due: bool = False) -> bool:
        """Hands over the next notice that is due; returns whether there was one."""
        with self.lock:
            self.tick()
            notice = self.notices.take_due(even_if_not_due=even_if_not_due)
            if notice is None:
                return False
            body = self.notices.body_of(notice)
        headers = sign(body, notice.secret)
        status = self.send(body, headers)
        with self.lock:
            self.notices.note(Sent(notice, body, headers, status))
        return True

    def check_webhook(self) -> None:
        """The health check of Agora's console: a notice of each kind about a channel that nobody made."""
        with self.lock:
            for kind in (101, 102, 103, 104, 105, 106, 111, 112):
                told = {"channelName": "test_webhook", "uid": 12121212, "clientSeq": 1, "ts": int(self.timeline.now())}
                self.notices.tell(RTC, kind, told)

    # REST ------------------------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, authorization: str, body: object) -> Answer:
        """The answer to a request of Agora's REST API. body: what was read as JSON; None for nothing."""
        address = urlsplit(target)
        path = [unquote(part) for part in address.path.split("/") if part]
        call = _name_of(path)
        with self.lock:
            self.tick()
            if self.faults.down == str(UNAVAILABLE):
                return UNAVAILABLE, {"message": "service unavailable"}
            failure = self.faults.next_failure(call)
            if failure and not failure.after:
                answer = _failed(failure)
            else:
                answer = self._authorized(authorization) or self._route(method, path, address.query, body)
                if failure:
                    answer = _failed(failure)
            self.requests.append((call, answer[0]))
            return answer

    def fail(self, call: str, times: int = 1, **failure: Any) -> None:
        """Lets the next calls of a kind fail: one of `CALLS`, with what `Failure` has. Raises ValueError, TypeError."""
        if call not in CALLS:
            raise ValueError(f"there is no call {call!r}; there are {', '.join(CALLS)}")
        with self.lock:
            self.faults.failures.setdefault(call, []).extend(Failure(**failure) for _ in range(times))

    def misbehave(self, **settings: Any) -> None:
        """Sets what goes wrong from now on, by the names of `Faults`. Raises ValueError."""
        with self.lock:
            self.faults.set(settings)

    def next_request_id(self) -> str:
        """An id for an answer's `X-Request-ID`."""
        return f"{next(self._request_numbers):032x}"

    # Time ------------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Brings about what is due by now."""
        with self.lock:
            self.timeline.catch_up()

    def reset(self) -> None:
        """Takes everything back to where nothing has happened, faults included."""
        with self.lock:
            parts = (self.timeline, self.notices, self.rules, self.rooms, self.recordings, self._recording_api)
            for part in (*parts, self.faults, self._files, self.written, self.requests):
                part.clear()

    def _route(self, method: str, path: list[str], query: str, body: object) -> Answer:
        if body is not None and not isinstance(body, dict):
            return 400, {"code": 8, "reason": "the body is no JSON object"}
        told = body or {}
        match path:
            case ["v1", "apps", app_id, "cloud_recording", *rest]:
                if app_id != self.project.app_id:
                    return 400, {"message": "appid is invalid"}
                return self._recording_api.answer(method, rest, told)
            case ["dev", "v1", *rest]:
                return self._channel_api.answer(method, rest, query, told)
        return NO_ROUTE

    def _authorized(self, authorization: str) -> Answer | None:
        expected = base64.b64encode(f"{self.project.customer_id}:{self.project.customer_secret}".encode()).decode()
        if not authorization:
            return 401, {"message": "Unauthorized"}
        if not hmac.compare_digest(authorization, f"Basic {expected}"):
            return 401, {"message": "Invalid authentication credentials"}
        return None

    def _keep(self, key: str, content: bytes, _content_type: str) -> None:
        self._files[key] = content

    def _write(self, key: str, content: bytes, content_type: str) -> None:
        self.put(key, content, content_type)
        self.written.append(key)


def _failed(failure: Failure) -> Answer:
    if failure.code is None:
        return failure.status, {"message": failure.reason}
    return failure.status, {"code": failure.code, "reason": failure.reason}


def _name_of(path: list[str]) -> str:
    """What kind of call a path is, as `CALLS` names it."""
    match path:
        case ["dev", "v1", "kicking-rule"]:
            return "rule"
        case ["dev", "v1", "channel", "user", "property", *_]:
            return "user"
        case ["dev", "v1", "channel", "user", *_]:
            return "users"
    return path[-1] if path else ""
