"""Reading the chat page by page while others write: nothing that stood there is skipped, and nothing comes twice."""

import itertools
from typing import Any

import hypothesis
import pytest
from hypothesis import note
from hypothesis import strategies as st

from atelier.clock import now, whole_seconds
from atelier.rooms import chat
from atelier.rooms.items import ChatMessage, message_key
from atelier.rooms.schemas import ChatQuery
from tests.calling import World, id_of
from tests.chatting import caller
from tests.rooms import a_workshop

BAND_MS = 1_000_000
"""Each example has a stretch of one chat to itself."""

offsets = st.lists(st.integers(0, 12), max_size=12)
"""So few milliseconds that many messages share one."""


class Chat:
    """A stretch of a chat: what was written in it, and a reader who goes through it."""

    def __init__(self, workshop_id: str, begins_ms: int, limit: int) -> None:
        self.workshop_id, self.begins_ms, self.limit = workshop_id, begins_ms, limit
        self.written: list[str] = []
        self.read: list[str] = []
        self.cursor: str | None = None
        self._numbers = itertools.count()

    def write(self, offset: int) -> None:
        """A message, so many milliseconds into the stretch; its id is random as to order."""
        number = next(self._numbers)
        key = message_key(self.workshop_id, self.begins_ms + offset, f"msg_{number * 7919 % 1000:03d}{number}")
        moment = whole_seconds(now())
        offset_ms = self.begins_ms + offset
        ChatMessage(*key, user_id=id_of("ana"), text=key[1], offset_ms=offset_ms, created_at=moment).save()
        self.written.append(key[1])

    def turn(self) -> bool:
        """Reads the next page; whether another follows."""
        query = ChatQuery(from_offset_ms=self.begins_ms, limit=self.limit, cursor=self.cursor)
        page = chat.page_of(self.workshop_id, caller("host"), query)
        self.read += [item.message for item in page.items]
        self.cursor = page.next_cursor
        assert page.next_cursor is None or len(page.items) == self.limit, "a page that is not the last is full"
        return page.next_cursor is not None


def reads_everything(workshop_id: str, begins_ms: int, data: Any) -> None:
    """One reader and several writers."""
    here = Chat(workshop_id, begins_ms, data.draw(st.integers(1, 5), label="limit"))
    for offset in data.draw(offsets, label="before"):
        here.write(offset)
    goes_on = True
    due = set(here.written)
    while goes_on:
        goes_on = here.turn()
        if goes_on:
            for offset in data.draw(st.lists(st.integers(0, 12), max_size=2), label="meanwhile"):
                here.write(offset)
                if here.written[-1] > here.read[-1]:
                    due.add(here.written[-1])
        hypothesis.assume(len(here.written) < 60)
    note(f"{here.limit} at once; written {here.written}, read {here.read}")
    assert here.read == sorted(here.read), "in order"
    assert len(here.read) == len(set(here.read)), "nothing twice"
    assert due <= set(here.read), "nothing skipped"


def test_a_reader_gets_everything_once_and_in_order(world: World, seed: int) -> None:
    workshop_id = a_workshop(world)
    bands = itertools.count(BAND_MS, BAND_MS)

    @hypothesis.seed(seed)
    @hypothesis.given(st.data())
    def reads(data: Any) -> None:
        reads_everything(workshop_id, next(bands), data)

    reads()


def test_by_time_alone_messages_would_be_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = chat._after  # noqa: SLF001 - what it would be without the id in the position

    def by_time(workshop_id: str, position: str | None, offset_ms: int, wanted: int) -> list[ChatMessage]:
        if position is None:
            return whole(workshop_id, None, offset_ms, wanted)
        return whole(workshop_id, None, int(position.split("#")[0]) + 1, wanted)

    monkeypatch.setattr(chat, "_after", by_time)
    workshop_id = a_workshop(world)
    here = Chat(workshop_id, BAND_MS, limit=2)
    for offset in (1, 1, 1, 2):
        here.write(offset)
    while here.turn():
        pass
    assert set(here.read) < set(here.written)
