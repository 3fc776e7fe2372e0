"""Names of rooms and numbers of people: random, and never of a kind that Agora reads as many."""

import re

from hypothesis import given
from hypothesis import strategies as st

from atelier.agora import names
from atelier.agora.names import RECORDER_UIDS, UIDS, new_channel_name, new_uid
from atelier.agora.tokens import (
    Role,
)
from tests.unit.agora_decoder import decode_007
from tests.unit.agora_vectors import a_token


class TestNames:
    def test_a_channel_name_is_24_letters_and_digits(self) -> None:
        assert re.fullmatch("[a-z0-9]{24}", new_channel_name())

    def test_a_channel_name_is_nothing_but_its_random_bytes(self) -> None:
        assert new_channel_name(bytes) == "a" * 24
        assert new_channel_name(lambda count: b"\xff" * count) == "7" * 24

    @given(st.binary(min_size=15, max_size=15), st.binary(min_size=15, max_size=15))
    def test_120_random_bits_all_count(self, one: bytes, other: bytes) -> None:
        assert (new_channel_name(lambda _: one) == new_channel_name(lambda _: other)) is (one == other)

    def test_a_channel_name_asks_for_at_least_80_random_bits(self) -> None:
        asked: list[int] = []

        def random_bytes(count: int) -> bytes:
            asked.append(count)
            return bytes(count)

        new_channel_name(random_bytes)
        assert sum(asked) * 8 >= 80

    @given(st.binary(min_size=15, max_size=15))
    def test_every_channel_name_can_be_signed_for(self, raw: bytes) -> None:
        channel = new_channel_name(lambda _: raw)
        assert decode_007(a_token(channel=channel)).channel == channel

    def test_the_lowest_and_the_highest_uid_of_a_person_stay_clear_of_0_and_of_the_recorders(self) -> None:
        assert new_uid(lambda _: 0) == 1
        assert new_uid(lambda limit: limit - 1) == RECORDER_UIDS.start - 1

    def test_random_uids_belong_to_people_and_differ(self) -> None:
        drawn = {new_uid() for _ in range(1000)}
        assert len(drawn) > 990
        assert all(uid in UIDS and uid not in RECORDER_UIDS for uid in drawn)

    def test_every_recorder_uid_can_be_signed_for(self) -> None:
        assert names.RECORDER_UIDS[0] in UIDS
        assert names.RECORDER_UIDS[-1] == UIDS[-1]
        for uid in (RECORDER_UIDS[0], RECORDER_UIDS[-1]):
            assert decode_007(a_token(uid=uid, role=Role.SUBSCRIBER)).uid == uid
