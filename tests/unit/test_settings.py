"""Settings: read from the environment, wrong ones named all at once."""

from dataclasses import fields

import pytest

from atelier import settings
from atelier.settings import (
    AgoraSettings,
    ApiSettings,
    NoticeSettings,
    RecorderSettings,
    RecordingSettings,
    RestSettings,
    SettingsError,
    TableSettings,
    TokenSettings,
)


def test_nothing_is_needed_that_has_a_default() -> None:
    assert settings.read(ApiSettings, {}) == ApiSettings("", "admin")


def test_variables_are_fields_in_upper_case() -> None:
    environ = {"PUBLIC_URL": "https://x/v1", "ADMIN_GROUP": "staff", "UNRELATED": "1"}
    assert settings.read(ApiSettings, environ) == ApiSettings("https://x/v1", "staff")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="TABLE_NAME is missing"):
        settings.read(TableSettings, {})


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        settings.read(TokenSettings, {"AGORA_TOKEN_LIFETIME_S": "an hour"})
    assert "AGORA_TOKEN_LIFETIME_S is not a whole number" in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"AGORA_TOKEN_LIFETIME_S": "299"}, {"AGORA_TOKEN_LIFETIME_S": "3601"}, {"AGORA_TOKEN_VERSION": "008"}]
)
def test_values_out_of_range_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        settings.read(TokenSettings, wrong)


def test_numbers_are_numbers() -> None:
    assert settings.read(TokenSettings, {"AGORA_TOKEN_LIFETIME_S": "300"}).agora_token_lifetime_s == 300


def test_settings_are_read_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.forget()
    monkeypatch.setenv("TABLE_NAME", "one")
    first = settings.table_settings()
    monkeypatch.setenv("TABLE_NAME", "two")
    assert settings.table_settings() is first
    settings.forget()


def test_every_kind_of_settings_is_of_texts_and_numbers() -> None:
    for kind in (
        TableSettings,
        ApiSettings,
        AgoraSettings,
        TokenSettings,
        RestSettings,
        NoticeSettings,
        RecorderSettings,
        RecordingSettings,
    ):
        assert {field.type for field in fields(kind)} <= {str, int}
