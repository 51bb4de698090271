from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import BotSettings
from core.errors import ConfigurationError
from core.settings import CoreSettings, load_settings

ROOT = Path(__file__).parents[2]


def documented() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in pairs if name != "LOG_LEVEL"}


def test_every_setting_is_documented_with_its_default() -> None:
    fields = {**CoreSettings.model_fields, **BotSettings.model_fields}
    defaults = {name.upper(): "" if field.default is None else str(field.default) for name, field in fields.items()}
    assert documented() == defaults


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_MODEL", "")
    monkeypatch.setenv("DATABASE_URL", "")
    settings = load_settings(CoreSettings)
    assert (settings.chat_model, settings.database_url) == ("bundled", None)


def test_a_wrong_value_is_named_with_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOP_P", "7")
    with pytest.raises(ConfigurationError, match=r"TOP_P.*7.*\.env\.example"):
        load_settings(CoreSettings)


def test_a_wrong_value_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOP_P", "7")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with pytest.raises(ConfigurationError) as raised:
        load_settings(CoreSettings)
    assert "sk-secret" not in str(raised.value)
    assert isinstance(load_settings_without(monkeypatch).openai_api_key, SecretStr)


def load_settings_without(monkeypatch: pytest.MonkeyPatch) -> CoreSettings:
    monkeypatch.delenv("TOP_P")
    return load_settings(CoreSettings)
