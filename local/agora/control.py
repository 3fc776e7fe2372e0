"""The simulator's own routes, `/_simulator/...`: what people, tours and tests make happen in Agora's world.

All POST with a JSON body, but for the first:

    GET state                                   rooms, recordings, rules, notices, files, requests
    GET state/<channel>                         what there is of one channel, with all its notices
    join       {channel, uid, token[, as_audience, platform]}
    leave      {channel, uid[, reason]}         reason: Agora's number; 1 is a normal one
    crash      {channel, uid}
    role       {channel, uid, host: bool}
    failover   {sid}                            another recorder goes on
    lose       {sid}                            the recorder is gone without a word
    error      {sid}                            the recorder says that it cannot upload
    fail       {call[, times, status, code, reason, after]}     calls: see `simulator.CALLS`
    misbehave  {name: value, ...}               the settings of `faults.Faults`
    check                                       the health check of Agora's console
    reset

What Agora would not do is answered by 409 and the reason in `error`, what makes no sense by 400.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from local.agora.notices import Notice
from local.agora.rooms import KeptOutError
from local.agora.simulator import Simulator

type Answer = tuple[int, dict[str, Any]]

OK, BAD, UNKNOWN, REFUSED = 200, 400, 404, 409
NEWEST = 50


def control(simulator: Simulator, method: str, name: str, body: object) -> Answer:
    """Carries a route out. name: what follows `/_simulator/`."""
    if method == "GET" and name.partition("/")[0] == "state":
        return OK, state(simulator, unquote(name.partition("/")[2]))
    routes = _routes(simulator)
    if method != "POST" or name not in routes:
        return UNKNOWN, {
            "error": f"there is no {method} {name}; there are GET state[/<channel>], POST {', '.join(routes)}"
        }
    if body is not None and not isinstance(body, dict):
        return BAD, {"error": "the body must be a JSON object"}
    try:
        routes[name](**(body or {}))
    except KeptOutError as error:
        return REFUSED, {"error": str(error)}
    except (TypeError, ValueError) as error:
        return BAD, {"error": str(error)}
    return OK, {}


def state(simulator: Simulator, channel: str = "") -> dict[str, Any]:
    """All that a person may want to see, or all of one channel. Of all notices, the newest."""

    def is_wanted(name: object) -> bool:
        return channel in ("", name)

    with simulator.lock:
        simulator.tick()
        told = [sent for sent in simulator.sent if is_wanted(_channel_of(sent.notice))]
        return {
            "rooms": {
                name: [
                    {
                        "uid": occupant.uid,
                        "host": occupant.is_host,
                        "recorder": occupant.is_recorder,
                        "publishes": simulator.rooms.publishes(name, occupant),
                    }
                    for occupant in occupants.values()
                ]
                for name, occupants in simulator.rooms.channels.items()
                if is_wanted(name)
            },
            "recordings": [task.shown() for task in simulator.recordings.tasks.values() if is_wanted(task.channel)],
            "most_running": {
                name: count for name, count in simulator.recordings.most_running.items() if is_wanted(name)
            },
            "rules": [
                rule.shown(simulator.project.app_id) for rule in simulator.rules.in_force() if is_wanted(rule.cname)
            ],
            "notices": {
                "sent": len(told),
                "waiting": simulator.notices.waiting,
                "lost": len([notice for notice in simulator.notices.lost if is_wanted(_channel_of(notice))]),
                "newest": [
                    {
                        "product": sent.notice.product,
                        "type": sent.notice.type,
                        "payload": sent.notice.payload,
                        "answer": sent.status,
                    }
                    for sent in (told if channel else told[-NEWEST:])
                ],
            },
            "requests": [f"{call} {status}" for call, status in simulator.requests[-NEWEST:]],
            "files": sorted({name for name in simulator.written if channel in name}),
        }


def _channel_of(notice: Notice) -> object:
    return notice.payload.get("channelName", notice.payload.get("cname"))


def _routes(simulator: Simulator) -> dict[str, Callable[..., None]]:
    return {
        "join": simulator.join,
        "leave": simulator.leave,
        "crash": simulator.crash,
        "role": simulator.set_role,
        "failover": simulator.fail_over,
        "lose": simulator.lose,
        "error": simulator.tell_error,
        "fail": simulator.fail,
        "misbehave": simulator.misbehave,
        "check": simulator.check_webhook,
        "reset": simulator.reset,
    }
