"""Agora's REST API: recordings and who is in a channel, and who must not be.

Cloud Recording in mix mode, banning rules and online statistics, as Agora documents them ("Cloud Recording RESTful
API", "Channel Management RESTful API"). Every call has a timeout, and after an outage the second host is asked once:
a caller that fails comes back later, by its queue. Nothing secret is logged or stands in an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from atelier.agora import asking
from atelier.agora.names import UIDS
from atelier.agora.rest_errors import (
    WRONG_ADDRESS,
    AgoraError,
    AlreadyStartedError,
    ConflictError,
    ExpiredResourceError,
    NotCompletedError,
    OutageError,
    RefusedError,
    TaskGoneError,
)
from atelier.agora.secrets import RestAccess

if TYPE_CHECKING:
    import urllib3

__all__ = [
    "AgoraError", "AgoraRest", "AlreadyStartedError", "ConflictError", "ExpiredResourceError", "NotCompletedError",
    "OutageError", "RefusedError", "TaskGoneError", "TaskState", "UserState", "Users",
]  # fmt: skip

RULE_SECONDS = range(10, 86_430 + 1)
"""How long a banning rule may last; Agora moves what is outside to the nearer end, and so do we."""

RESOURCE_HOURS = 72
"""For how long after its start a task can be queried and stopped."""

_CODE_NO_DATA, _CODE_STOPPING_ALREADY = 435, 49
_NOT_FOUND = 404
_COMMUNICATION = 1
_PUBLISHING_ROLES = (1, 2)
_AUDIENCE_LISTED = 10_000


@dataclass(frozen=True, slots=True)
class Users:
    """Who is in a channel. hosts: those who publish. is_complete: whether everybody was named; an audience over
    10,000 is cut off.
    """

    exists: bool
    uids: frozenset[int]
    hosts: frozenset[int]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class UserState:
    """One uid in a channel. joined_at: by Agora's clock; None outside. is_host: whether it publishes."""

    in_channel: bool
    joined_at: datetime | None
    is_host: bool


@dataclass(frozen=True, slots=True)
class TaskState:
    """What a query tells of a recording. status: 4 and 5 are recording. files: the names of what it has written."""

    status: int
    files: tuple[str, ...]


class AgoraRest:
    """Agora's REST API for one project. urls: its hosts, the preferred one first; a second one serves in outages.

    Each method raises OutageError when Agora cannot be reached or is overloaded, and RefusedError when it is no use to
    ask again; the recording calls raise further ones of `rest_errors`.
    """

    def __init__(self, access: RestAccess, urls: Sequence[str], *, pool: "urllib3.PoolManager | None" = None) -> None:
        self._app_id = access.app_id
        self._line = asking.Line(access.customer_id, access.customer_secret, urls, pool)

    def acquire(self, channel: str, uid: int) -> str:
        """The id of a resource for one recording by `uid`. It can be started for five minutes, best within 2 s."""
        body = self._task_body(channel, uid, {"scene": 0, "resourceExpiredHour": RESOURCE_HOURS})
        return str(_needed(self._line.ask("acquire", "POST", self._recording("acquire"), body), "resourceId", str))

    def start(self, channel: str, uid: int, resource_id: str, request: Mapping[str, Any]) -> str:
        """Starts the recording of a resource and returns its sid. request: what Agora calls `clientRequest`.

        An answer proves nothing about the recording: a query after 5 s does. After an OutageError the same call tells,
        by AlreadyStartedError, whether the first one was heard. Raises also ConflictError, ExpiredResourceError,
        NotCompletedError.
        """
        path = self._recording(f"resourceid/{_part(resource_id)}/mode/mix/start")
        return str(_needed(self._line.ask("start", "POST", path, self._task_body(channel, uid, request)), "sid", str))

    def query(self, resource_id: str, sid: str) -> TaskState:
        """How a recording is doing. Raises TaskGoneError, also while it moves to another server; NotCompletedError."""
        answer = self._line.ask("query", "GET", self._task(resource_id, sid, "query"))
        told = _object(answer, "serverResponse", "status", int)
        return TaskState(told["status"], _file_names(told.get("fileList")))

    def stop(self, channel: str, uid: int, resource_id: str, sid: str) -> bool:
        """Ends a recording without waiting for its files. True: it stops, or was stopping already. False: it ends and
        has recorded nothing, because nobody published. Raises TaskGoneError, NotCompletedError.
        """
        body = self._task_body(channel, uid, {"async_stop": True})
        try:
            self._line.ask("stop", "POST", self._task(resource_id, sid, "stop"), body)
        except AgoraError as error:
            if error.code == _CODE_NO_DATA:
                return False
            if error.code != _CODE_STOPPING_ALREADY:
                raise
        return True

    def users(self, channel: str) -> Users:
        """Who is in a channel. In the communication profile everybody counts as a host."""
        path = f"/dev/v1/channel/user/{_part(self._app_id)}/{_part(channel)}"
        told = _object(self._line.ask("users", "GET", path), "data", "channel_exist", bool)
        if not told["channel_exist"]:
            return Users(False, frozenset(), frozenset(), True)
        if told.get("mode") == _COMMUNICATION:
            uids = _uids(told.get("users"))
            return Users(True, uids, uids, "users" in told and len(uids) >= _number(told.get("total")))
        hosts, audience = _uids(told.get("broadcasters")), _uids(told.get("audience"))
        is_cut_off = len(audience) >= _AUDIENCE_LISTED or len(audience) < _number(told.get("audience_total"))
        is_complete = "broadcasters" in told and "audience" in told and not is_cut_off
        return Users(True, hosts | audience, hosts, is_complete)

    def user(self, channel: str, uid: int) -> UserState:
        """Whether a uid is in a channel right now, and since when."""
        path = f"/dev/v1/channel/user/property/{_part(self._app_id)}/{uid}/{_part(channel)}"
        told = _object(self._line.ask("user", "GET", path), "data", "in_channel", bool)
        if not told["in_channel"]:
            return UserState(False, None, False)
        joined = _number(told.get("join"))
        joined_at = datetime.fromtimestamp(joined, UTC) if joined else None
        return UserState(True, joined_at, told.get("role") in _PUBLISHING_ROLES)

    def place_rule(self, channel: str, uid: int, privileges: Sequence[str], seconds: int) -> int:
        """Takes `join_channel`, `publish_audio` or `publish_video` from one uid in one channel; returns the rule's id.

        Raises ValueError without a channel or a uid: a rule without either hits everybody in the channel, or the
        person in every channel. And without privileges or with no time, which Agora takes for an hour.
        """
        if not channel or type(uid) is not int or uid not in UIDS:
            raise ValueError("a rule needs a channel and a uid")
        if not privileges or seconds <= 0:
            raise ValueError("a rule needs privileges and a time")
        body = {
            "appid": self._app_id,
            "cname": channel,
            "uid": uid,
            "time_in_seconds": min(max(seconds, RULE_SECONDS[0]), RULE_SECONDS[-1]),
            "privileges": list(privileges),
        }
        return int(_needed(self._line.ask("place_rule", "POST", "/dev/v1/kicking-rule", body), "id", int))

    def rules(self, channel: str, uid: int) -> list[int]:
        """The ids of the rules for exactly this channel and uid. Agora says that the list may miss entries."""
        answer = self._line.ask("rules", "GET", f"/dev/v1/kicking-rule?appid={_part(self._app_id)}")
        return [
            rule["id"]
            for rule in _needed(answer, "rules", list)
            if isinstance(rule, dict)
            and rule.get("cname") == channel
            and str(rule.get("uid")) == str(uid)
            and isinstance(rule.get("id"), int)
        ]

    def lift_rule(self, rule_id: int) -> None:
        """Ends a rule before its time; one that is over already needs no ending."""
        try:
            self._line.ask("lift_rule", "DELETE", "/dev/v1/kicking-rule", {"appid": self._app_id, "id": rule_id})
        except RefusedError as error:
            if error.status != _NOT_FOUND or WRONG_ADDRESS in error.reason:
                raise

    def _recording(self, call: str) -> str:
        return f"/v1/apps/{_part(self._app_id)}/cloud_recording/{call}"

    def _task(self, resource_id: str, sid: str, call: str) -> str:
        return self._recording(f"resourceid/{_part(resource_id)}/sid/{_part(sid)}/mode/mix/{call}")

    @staticmethod
    def _task_body(channel: str, uid: int, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"cname": channel, "uid": str(uid), "clientRequest": request}


def _part(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


def _needed(answer: Mapping[str, Any], key: str, kind: type) -> Any:
    """A value without which an answer tells nothing. Raises OutageError: taking a damaged answer for "nobody is there"
    would put everybody out.
    """
    found = answer.get(key)
    if not isinstance(found, kind) or found == "":
        raise OutageError(asking.OK, None, f"the answer has no {key}")
    return found


def _object(answer: Mapping[str, Any], key: str, needed: str, kind: type) -> dict[str, Any]:
    """The object under a key, with a value it must have. Raises OutageError."""
    found: dict[str, Any] = _needed(answer, key, dict)
    _needed(found, needed, kind)
    return found


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _uids(value: Any) -> frozenset[int]:
    return frozenset(int(uid) for uid in (value if isinstance(value, list) else ()) if str(uid).isdecimal())


def _file_names(told: Any) -> tuple[str, ...]:
    """The names of files, from a list of objects or names, from one name, or from nothing."""
    if isinstance(told, str):
        return (told,) if told else ()
    entries = told if isinstance(told, list) else []
    names = (entry.get("fileName") if isinstance(entry, dict) else entry for entry in entries)
    return tuple(name for name in names if isinstance(name, str) and name)
