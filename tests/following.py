"""What tests of RSVPs to whole series do over and over: ask, let the tasks that follow be carried out, and judge it."""

from typing import Any

from atelier import clock, table
from atelier.rsvps.items import Attendee, attendee_key
from atelier.series import keeping
from atelier.series.items import Follower, follower_key
from tests.calling import Reply, call, id_of
from tests.messages import Outbox
from tests.seats import look, wrong_at_rest
from tests.series import DAY, begun, made_by, roll
from tests.streaming import Stream


def rsvp_to(series_id: str, user: str = "ana") -> Reply:
    """An RSVP to a whole series."""
    return call("series", "POST", f"/series/{series_id}/rsvp", user=user)


def leave(series_id: str, user: str = "ana") -> Reply:
    """Its withdrawal."""
    return call("series", "DELETE", f"/series/{series_id}/rsvp", user=user)


def every_other_week(**fields: object) -> str:
    """A series that has made three workshops or four, since it was begun 40 days ago; gives its id."""
    start = clock.now() - 40 * DAY
    tomorrow = (clock.now() + DAY).date().isoformat()
    plan = {"rrule": "FREQ=WEEKLY;INTERVAL=2", "start_date": tomorrow, "time_of_day": "23:30"}
    return begun(start, user="host", **(plan | fields))


def more(series_id: str) -> list[str]:
    """Lets the horizon roll on to where it should be by now; gives the ids of the workshops that are new."""
    before = workshops_of(series_id)
    roll(clock.now())
    new = [one for one in workshops_of(series_id) if one not in before]
    assert new
    return new


def workshops_of(series_id: str) -> list[str]:
    """The ids of what a series has made, soonest first."""
    return [one.id for one in made_by(series_id)]


def rows_of(series_id: str, user: str) -> list[str | None]:
    """What somebody is in each workshop of a series, soonest first."""
    keys = [attendee_key(one, id_of(user)) for one in workshops_of(series_id)]
    found = table.read_many(keys)
    return [row.status if isinstance(row := found.get(key), Attendee) else None for key in keys]


def follows(series_id: str, user: str) -> bool:
    """Whether it stands that somebody follows a series, or is just leaving it."""
    return isinstance(table.read_one(follower_key(series_id, id_of(user))), Follower)


def carry_out(sent: Outbox) -> int:
    """Lets every task about followers arrive, and those that follow from it; how many there were."""
    done = 0
    while tasks := [message for message in sent if message.task.get("task") in ("follower", "followers")]:
        for message in tasks:
            sent.remove(message)
            if message.task["task"] == "follower":
                keeping.bring_in_line(message.task)
            else:
                keeping.seat_followers(message.task)
            done += 1
    return done


def come_to_rest(stream: Stream, sent: Outbox) -> None:
    """Lets the stream and the tasks run until nothing follows any more."""
    while stream.run() + carry_out(sent):
        pass


def everywhere(status: str | None, series_id: str) -> list[str | None]:
    """The same in each workshop of a series."""
    return [status] * len(workshops_of(series_id))


def shown(reply: Reply) -> list[tuple[str | None, int | None, str | None]]:
    """What an answer says of each workshop: status, place in the queue, problem."""
    assert reply.status in (200, 201), reply.text
    return [(item["status"], item["position"], item["problem"]) for item in reply.json["items"]]


def wrong_anywhere(series_id: str) -> list[Any]:
    """What is wrong with the seats of any workshop of a series."""
    return [wrong for one in workshops_of(series_id) for wrong in wrong_at_rest(look(one))]
