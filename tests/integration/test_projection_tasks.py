"""The recorder is told where to look: when recording should begin or end, and whose rights in a room have changed."""

from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from atelier import queues
from functions.projections import app
from tests import recordings
from tests.attendance import Session, put_fact
from tests.calling import Context, World, id_of
from tests.messages import Outbox
from tests.rooms import a_workshop
from tests.seats import change, remove, rsvp, status_of, withdraw
from tests.streaming import Stream
from tests.workshops import ask, run, set_in_table, stored


def recording(workshop_id: str) -> dict[str, str]:
    return {"task": "recording", "workshop_id": workshop_id}


def moderation(workshop_id: str, user: str) -> dict[str, str]:
    return {"task": "moderation", "workshop_id": workshop_id, "user_id": id_of(user)}


@pytest.fixture
def told(stream: Stream, sent: Outbox) -> Any:
    """Lets the stream run; what the recorder was told by that."""

    def tell() -> list[Any]:
        sent.clear()
        stream.run()
        return sent.to("recorder")

    return tell


class TestRecording:
    def test_it_is_to_begin_with_the_workshop_and_to_end_with_it(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "lobby", ("ana",))
        assert told() == []
        assert ask("POST", f"/{workshop_id}/start").status == 200
        assert told() == [recording(workshop_id)]
        assert ask("POST", f"/{workshop_id}/end").status == 200
        assert told() == [recording(workshop_id)]

    def test_a_start_out_of_nothing_counts_too(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live")
        assert told() == [recording(workshop_id)]

    def test_a_live_one_that_is_cancelled_is_to_end(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live")
        told()
        assert ask("DELETE", f"/{workshop_id}").status == 204
        assert told() == [recording(workshop_id)]

    def test_a_recorder_that_leaves_off_by_itself_is_looked_after_at_once(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live")
        recordings.put(workshop_id, status="recording")
        told()
        recordings.put(workshop_id, status="processing")
        assert told() == [recording(workshop_id)]
        recordings.put(workshop_id, status="ready")
        assert told() == []

    def test_one_that_never_began_has_nothing_to_end(self, world: World, told: Any) -> None:
        a_workshop(world, "cancelled")
        workshop_id = a_workshop(world, "lobby")
        assert ask("DELETE", f"/{workshop_id}").status == 204
        assert told() == []

    @pytest.mark.parametrize("fields", [{"records": False}, {"format": "in_person"}])
    def test_what_is_not_recorded_is_left_alone(self, world: World, told: Any, fields: dict[str, Any]) -> None:
        workshop_id = a_workshop(world, "scheduled", **fields)
        run(workshop_id, "start", "end")
        assert told() == []

    def test_a_start_and_an_end_in_one_batch_are_one_message(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "ended")
        assert told() == [recording(workshop_id)]

    def test_another_edit_of_a_live_one_is_none(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live")
        told()
        set_in_table(workshop_id, title="Salt firing")
        assert told() == []


class TestModeration:
    def test_a_removed_person_is_to_be_put_out(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live", ("ana", "ben"))
        told()
        assert remove(workshop_id, "ana").status == 204
        assert told() == [moderation(workshop_id, "ana")]

    def test_somebody_who_waited_and_was_removed_too(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live", ("ana",), max_capacity=1)
        assert rsvp(workshop_id, "ben").status == 201
        told()
        assert remove(workshop_id, "ben").status == 204
        assert told() == [moderation(workshop_id, "ben")]

    @pytest.mark.parametrize("right", ["can_speak", "is_co_host"])
    def test_a_right_that_is_granted_or_withdrawn(self, world: World, told: Any, right: str) -> None:
        workshop_id = a_workshop(world, "live", ("ana",))
        told()
        for value in (True, False):
            assert change(workshop_id, "ana", "host", **{right: value}).status == 200
            assert told() == [moderation(workshop_id, "ana")]

    def test_several_changes_in_one_batch_are_one_message_a_person(self, world: World, told: Any) -> None:
        workshop_id = a_workshop(world, "live", ("ana", "ben"))
        told()
        for user in ("ana", "ben"):
            change(workshop_id, user, can_speak=True)
        change(workshop_id, "ana", can_speak=False)
        assert remove(workshop_id, "ana").status == 204
        people = sorted(["ana", "ben"], key=id_of)
        assert told() == [moderation(workshop_id, user) for user in people]

    def test_coming_going_and_giving_up_a_seat_are_no_changes_of_rights(self, world: World, told: Any) -> None:
        session = Session(world)
        told()
        put_fact(session.id, "ana", "join", 10)
        put_fact(session.id, "ana", "leave", 20)
        assert withdraw(session.id, "ben").status == 204
        assert rsvp(session.id, "ben").status == 201
        assert told() == []
        assert status_of(session.id, "ana") == "left"


def test_a_message_that_cannot_be_sent_fails_its_workshop_alone_until_it_can(
    world: World, stream: Stream, sent: Outbox
) -> None:
    unlucky, lucky = a_workshop(world, "live", ("ana",), max_capacity=5), a_workshop(world, "live")
    answers: list[list[Any]] = []
    handed: list[dict[str, Any]] = []
    send = queues.send

    def failing(url: str, body: str, *, delay_s: int = 0) -> None:
        if unlucky in body:
            raise EndpointConnectionError(endpoint_url=url)
        send(url, body, delay_s=delay_s)

    def reporting(event: dict[str, Any], context: Any) -> dict[str, Any]:
        handed.append(event)
        with patch.object(queues, "send", failing):
            answers.append(app.handle(event, context)["batchItemFailures"])
        return {"batchItemFailures": []}

    with patch.object(app, "lambda_handler", reporting):
        stream.run()
    assert sent.to("recorder") == [recording(lucky)]
    [failed] = [entry for answer in answers for entry in answer]
    first = next(r for r in handed[0]["Records"] if unlucky in r["dynamodb"]["Keys"]["pk"]["S"])
    assert failed == {"itemIdentifier": first["dynamodb"]["SequenceNumber"]}
    assert stored(unlucky).attendee_count == 1, "what could be done was done"
    for event in handed:
        assert app.handle(event, Context("projections", "again")) == {"batchItemFailures": []}
    assert recording(unlucky) in sent.to("recorder")
