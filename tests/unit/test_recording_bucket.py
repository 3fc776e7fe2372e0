"""What the names, sizes and times of the files in the bucket tell of a recording."""

from datetime import UTC, datetime, timedelta

from atelier import clock
from atelier.recordings import bucket
from atelier.recordings.bucket import Found, Stored

FOLDER = "recordings/0workshop/0recording"
BEGAN = datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)
BEGAN_MS = clock.milliseconds(BEGAN)
ENDED = BEGAN + timedelta(hours=5)
SLICE_S = 15


def stored(name: str, minutes: float, size: int = 1000) -> Stored:
    return Stored(f"{FOLDER}/{name}", size, BEGAN + timedelta(minutes=minutes))


def slices(count: int, stem: str = "5f0a_a1b2", *, first: float = 0) -> list[Stored]:
    found = []
    for number in range(count):
        begun = BEGAN + timedelta(minutes=first, seconds=SLICE_S * number)
        name = f"{stem}_{begun.strftime('%Y%m%d%H%M%S')}{begun.microsecond // 1000:03}.ts"
        found.append(Stored(f"{FOLDER}/{name}", 100, begun + timedelta(seconds=SLICE_S + 2)))
    return found


def found(*items: Stored, minutes_later: float = 1) -> Found | None:
    return bucket.found(items, ENDED, max(item.modified for item in items) + timedelta(minutes=minutes_later))


def test_a_recording_with_one_video_has_the_times_of_its_slices() -> None:
    video = stored("5f0a_a1b2_0.mp4", 300)
    told = found(*slices(8), stored("5f0a_a1b2.m3u8", 2), video)
    assert told == Found([{"key": video.key, "started_ms": BEGAN_MS}], BEGAN_MS, BEGAN_MS + 8 * SLICE_S * 1000)


def test_videos_are_in_the_order_of_their_numbers_and_share_the_time_by_their_sizes() -> None:
    videos = [stored(f"5f0a_a1b2_{number}.mp4", 300, 2000 if number < 10 else 1000) for number in (10, 2, 0, 1)]
    told = found(*slices(28), *videos)
    assert told is not None
    assert [file["key"][-7:] for file in told.files] == ["2_0.mp4", "2_1.mp4", "2_2.mp4", "_10.mp4"]
    whole_ms = 28 * SLICE_S * 1000
    assert [file["started_ms"] for file in told.files] == [BEGAN_MS + whole_ms * share // 7 for share in (0, 2, 4, 6)]


def test_the_parts_before_and_after_a_failover_have_times_of_their_own() -> None:
    parts = [stored("bak0_5f0a_a1b2_0.mp4", 300), stored("5f0a_a1b2_0.mp4", 300)]
    told = found(*slices(4, "bak0_5f0a_a1b2", first=60), *slices(4), *parts)
    assert told is not None
    assert [(file["key"][len(FOLDER) + 1 :][:4], file["started_ms"]) for file in told.files] == [
        ("5f0a", BEGAN_MS),
        ("bak0", BEGAN_MS + 3_600_000),
    ]


def test_while_the_last_slices_are_not_in_a_video_another_one_follows() -> None:
    first = stored("5f0a_a1b2_0.mp4", 1)
    assert found(first, *slices(8)) is None
    assert found(first, *slices(8), minutes_later=16) is not None
    assert found(first, *slices(8), stored("5f0a_a1b2_1.mp4", 3)) is not None


def test_a_video_without_slices_has_no_time() -> None:
    video = stored("5f0a_a1b2_0.mp4", 1)
    assert found(video) == Found([{"key": video.key, "started_ms": None}], None, None)


def test_the_only_slice_lasts_to_the_end() -> None:
    told = found(*slices(1), stored("5f0a_a1b2_0.mp4", 300))
    assert told is not None
    assert told.ended_ms == clock.milliseconds(ENDED)


def test_a_slice_whose_name_holds_no_time_is_left_out() -> None:
    odd = stored("5f0a_a1b2_20261399999999999.ts", 0)
    told = found(odd, stored("5f0a_a1b2_0.mp4", 300))
    assert told is not None
    assert told.started_ms is None


def test_playlists_are_what_is_left_over_without_a_video() -> None:
    playlist = stored("5f0a_a1b2.m3u8", 1)
    assert found(playlist, *slices(4), minutes_later=1000) is None
    assert bucket.left_over([playlist, *slices(4)], ENDED) == Found(
        [{"key": playlist.key, "started_ms": BEGAN_MS}], BEGAN_MS, BEGAN_MS + 4 * SLICE_S * 1000
    )
    assert bucket.left_over(slices(4), ENDED) is None
