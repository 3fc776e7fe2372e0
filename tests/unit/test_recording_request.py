"""What Agora is asked to record: complete, as its reference has it, for as long as a token can live."""

from datetime import UTC, datetime

import pytest

from atelier.agora.secrets import StorageAccess
from atelier.agora.storage import UnknownRegionError
from atelier.recordings.request import Place, start_request
from local.agora.start_request import read_request
from local.agora_token import read_token
from tests.agora_simulator import PROJECT, STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY
from tests.rooms import CREDENTIALS

AT = datetime(2026, 11, 21, 10, 0, 0, 900_000, tzinfo=UTC)
KEYS = StorageAccess(STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY)
UID = 2_000_000_017
FOLDER = "recordings/01jabcdefghjkmnpqrstvwxyz0/01jzyxwvtsrqpnmkjhgfedcba0"


def made(region: str = "eu-central-1") -> dict[str, object]:
    return start_request(
        "a1b2c3",
        UID,
        FOLDER,
        credentials=CREDENTIALS,
        keys=KEYS,
        place=Place("recordings", region),
        issued_at=AT,
    )


def test_agora_finds_nothing_wrong_with_it() -> None:
    plan = read_request(made(), PROJECT, "a1b2c3", UID, AT.timestamp())
    assert (plan.flaw, plan.folder, plan.idle_seconds, plan.with_mp4) == (None, f"{FOLDER}/", 300, True)


def test_its_token_is_the_recorders_own_may_not_publish_and_lives_as_long_as_one_can() -> None:
    token = read_token(str(made()["token"]))
    assert (token["channel"], token["uid"], token["lifetime_s"]) == ("a1b2c3", UID, 86_340)
    assert token["issued_at"] == int(AT.timestamp())
    assert token["privileges"] == {"join channel": 86_340}


def test_the_picture_lies_and_is_not_agoras_upright_default() -> None:
    recording = made()["recordingConfig"]
    assert recording == {
        "channelType": 1,
        "streamTypes": 2,
        "maxIdleTime": 300,
        "transcodingConfig": {"width": 1280, "height": 720, "fps": 15, "bitrate": 1130, "mixedVideoLayout": 1},
    }


def test_the_bucket_is_named_by_agoras_number_for_its_region() -> None:
    storage = made("us-west-2")["storageConfig"]
    assert isinstance(storage, dict)
    assert (storage["vendor"], storage["region"], storage["bucket"]) == (1, 3, "recordings")
    assert "/".join(storage["fileNamePrefix"]) == FOLDER


def test_a_region_that_agora_cannot_write_to_is_told() -> None:
    with pytest.raises(UnknownRegionError):
        made("mx-central-1")
