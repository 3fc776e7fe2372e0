"""Channel management over REST: banning rules, and who is in a channel.

As in Agora's "Channel Management RESTful API".
"""

from typing import Any
from urllib.parse import parse_qs

from local.agora.project import LIVE, Project
from local.agora.recording_api import NO_ROUTE, Answer
from local.agora.rooms import Rooms
from local.agora.rules import BadRuleError, Rules, instant

USER, HOST, AUDIENCE = 1, 2, 3
AUDIENCE_LISTED = 10_000


class ChannelApi:
    """The calls under `/dev/v1/`."""

    def __init__(self, project: Project, rooms: Rooms, rules: Rules) -> None:
        self._project = project
        self._rooms = rooms
        self._rules = rules

    def answer(self, method: str, path: list[str], query: str, body: dict[str, Any]) -> Answer:
        """The answer to a call. path: what follows `/dev/v1`."""
        match method, path:
            case _, ["kicking-rule"]:
                return self._rule(method, query, body)
            case "GET", ["channel", "user", "property", app_id, uid, channel]:
                return self._wrong_app(app_id) or self._user(channel, uid)
            case "GET", ["channel", "user", app_id, channel, *rest] if rest in ([], ["hosts_only"]):
                return self._wrong_app(app_id) or self._users(channel, hosts_only=bool(rest))
        return NO_ROUTE

    def _rule(self, method: str, query: str, body: dict[str, Any]) -> Answer:
        app_id = parse_qs(query).get("appid", [""])[0] if method == "GET" else body.get("appid")
        wrong = self._wrong_app(app_id)
        match method:
            case "POST":
                return wrong or self._place(body)
            case "GET":
                rules = [rule.shown(self._project.app_id) for rule in self._rules.in_force()]
                return wrong or (200, {"status": "success", "rules": rules})
            case "PUT" | "DELETE":
                return wrong or self._change(method, body)
        return NO_ROUTE

    def _change(self, method: str, body: dict[str, Any]) -> Answer:
        rule = self._rules.prolong(body.get("id"), body) if method == "PUT" else self._rules.lift(body.get("id"))
        if rule is None:
            return 404, {"message": "rule not found"}
        if method == "PUT":
            return 200, {"status": "success", "result": {"id": rule.id, "ts": instant(rule.until)}}
        return 200, {"status": "success", "id": rule.id}

    def _place(self, body: dict[str, Any]) -> Answer:
        try:
            rule = self._rules.place(body)
        except BadRuleError as error:
            return 400, {"message": str(error)}
        self._rooms.put_out_by(rule)
        return 200, {"status": "success", "id": rule.id}

    def _users(self, channel: str, *, hosts_only: bool) -> Answer:
        occupants = self._rooms.channels.get(channel)
        if not occupants:
            return 200, {"success": True, "data": {"channel_exist": False}}
        data: dict[str, Any] = {"channel_exist": True, "mode": self._project.profile}
        if self._project.profile != LIVE:
            return 200, {"success": True, "data": data | {"total": len(occupants), "users": list(occupants)}}
        data["broadcasters"] = [uid for uid, occupant in occupants.items() if occupant.is_host]
        if not hosts_only:
            audience = [uid for uid, occupant in occupants.items() if not occupant.is_host]
            data |= {"audience": audience[:AUDIENCE_LISTED], "audience_total": len(audience)}
        return 200, {"success": True, "data": data}

    def _user(self, channel: str, uid: str) -> Answer:
        if not uid.isdigit():
            return 400, {"message": "uid must be a number"}
        occupant = self._rooms.channels.get(channel, {}).get(int(uid))
        if occupant is None:
            return 200, {"success": True, "data": {"in_channel": False}}
        role = USER if self._project.profile != LIVE else HOST if occupant.is_host else AUDIENCE
        data = {"in_channel": True, "uid": occupant.uid, "join": int(occupant.joined_at), "role": role}
        return 200, {"success": True, "data": data | {"platform": occupant.platform}}

    def _wrong_app(self, app_id: object) -> Answer | None:
        return None if app_id == self._project.app_id else (400, {"message": "appid is invalid"})
