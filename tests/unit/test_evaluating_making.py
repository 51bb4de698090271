"""A run records what an answer depends on, and no secret; a challenger changes some of it."""

from pathlib import Path

import pytest

from bot.evaluating.making import changed, fingerprint, told_changes, told_settings, versions
from core.errors import ConfigurationError
from core.settings import CoreSettings

SETTINGS = CoreSettings(
    database_url="postgresql://me:hush@host/docent",
    openai_api_key="hush",
    hf_token="hush",
    chat_model="openai:http://me:hush@host:11434#llama",
    docent_home=Path("/somewhere"),
)


def test_settings_are_told_by_their_names_in_the_environment() -> None:
    told = told_settings(SETTINGS)
    assert (told["EMBEDDER"], told["TEMPERATURE"], told["CONTEXT_TOKENS"]) == ("bundled", "0.0", "600")
    assert "DOCENT_HOME" not in told


def test_no_secret_is_told() -> None:
    told = told_settings(SETTINGS)
    assert told["CHAT_MODEL"] == "openai:http://host:11434#llama"
    assert not {"DATABASE_URL", "OPENAI_API_KEY", "HF_TOKEN"} & set(told)
    assert "hush" not in str(told)


def test_versions_name_docent_its_engines_and_its_code() -> None:
    told = versions()
    assert {"docent", "python", "llama-cpp-python", "torch", "core code and weights", "prompts"} <= set(told)
    assert told == versions()


def test_a_fingerprint_changes_with_a_files_content_and_name(tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("a")
    other.write_text("a")
    before = fingerprint(tmp_path, [one])
    assert fingerprint(tmp_path, [other]) != before
    one.write_text("b")
    assert fingerprint(tmp_path, [one]) != before


def test_a_challenger_has_other_settings_and_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_MODEL", "from-outside")
    other = changed(SETTINGS, ["temperature=0.7", "TOP_K=10"])
    assert (other.temperature, other.top_k) == (0.7, 10)
    assert other.model_dump(exclude={"temperature", "top_k"}) == SETTINGS.model_dump(exclude={"temperature", "top_k"})


def test_an_empty_value_is_the_default() -> None:
    assert changed(SETTINGS, ["CHAT_MODEL="]).chat_model == "bundled"


@pytest.mark.parametrize("change", ["CHAT_MODEL", "COLOUR=red", "=none", ""])
def test_what_is_no_setting_is_refused_with_those_that_are(change: str) -> None:
    with pytest.raises(ConfigurationError, match=r"NAME=VALUE with one of .*CHAT_MODEL.*; it was given "):
        changed(SETTINGS, [change])


def test_a_value_that_can_not_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="--challenger TEMPERATURE: Input should be less than or equal to 2"):
        changed(SETTINGS, ["TEMPERATURE=5"])


def test_changes_are_told_without_secrets() -> None:
    changes = ["chat_model=openai:http://me:hush@host#llama", "DATABASE_URL=postgresql://me:hush@host/x"]
    assert told_changes(changes) == "CHAT_MODEL=openai:http://host#llama DATABASE_URL=***"
