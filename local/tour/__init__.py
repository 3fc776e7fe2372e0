"""`make tour`: the whole story over HTTP, every request and answer printed; 1 when an answer is not the story's."""

import sys

import httpx

from local.caller import Caller
from local.stack import Stack
from local.tour import (
    again,
    calendars,
    catalogue,
    door,
    groups,
    guided,
    invitations,
    messages,
    over,
    room,
    seats,
    trouble,
)
from local.tour.story import Story, StoryError


def tour(stack: Stack) -> int:
    """Tell the story; returns the exit status."""
    with Caller(stack) as caller:
        story = Story(stack, caller)
        try:
            _tell(story)
        except (StoryError, httpx.TransportError) as error:
            sys.stderr.write(f"\nThe tour ends here. {error}\n")
            return 1
    print(f"\nThe end: {story.steps} requests, each answered as told.")
    return 0


def _tell(story: Story) -> None:
    catalogue.who(story)
    category = catalogue.category(story)
    workshop = seats.workshop(story, category)
    seats.taken_and_handed_on(story, workshop)
    live = room.opened(story)
    room.entered(story, live)
    room.used(story, live)
    room.left(story, live)
    over.recorded(story, live)
    over.summed_up(story, live)
    messages.address_confirmed(story)
    messages.told_and_stopped(story, workshop)
    calendars.read(story, workshop)
    again.previewed(story)
    again.begun_and_ended(story)
    invitations.ways_in(story)
    door.checked_in(story)
    groups.gathered(story)
    team = guided.worked_through(story)
    guided.changed_by_two(story, team)
    guided.handed_on(story, team)
    guided.shared(story, team)
    guided.cleared(story, team)
    trouble.explained(story, workshop)
    story.chapter("Cleaning up")
    story.tell("host", "DELETE", f"/workshops/{workshop}", expect=204)
    story.tell("admin", "DELETE", f"/categories/{category}", expect=204)
