"""A whole examination: a real Postgres, and local servers that speak Slack's and Discord's protocols."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot import doctor
from bot.findings import Finding
from bot.settings import BotSettings
from bot.simulate.discord_server import DiscordServer
from bot.simulate.slack_server import SlackServer
from core.errors import ConfigurationError
from core.settings import CoreSettings
from core.storage.database import Database
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.gguf import write_gguf
from tests.integration.builders import VACATION, ingester, write
from tests.platforms.discord.adapter_desk import serving

NO_TOKENS = BotSettings(_env_file=None)  # type: ignore[call-arg]
LLAMA = {"general.architecture": "llama", "llama.context_length": 1024}


@pytest.fixture(autouse=True)
def _fake_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "build_embedder", lambda _settings: FakeEmbedder())


async def examined(core: CoreSettings, bot: BotSettings = NO_TOKENS) -> dict[str, Finding]:
    found = await doctor.examine(core, bot)
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


async def test_a_whole_examination_finds_all_well(database: Database, migrated_url: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    async with SlackServer() as slack, DiscordServer() as discord, serving(discord, guild=False):
        tokens = {name.lower(): value for name, value in slack.environment.items()}
        tokens |= {"discord_token": discord.token, "discord_api_url": discord.api_url}
        tokens |= {"discord_gateway_url": discord.gateway_url}
        found = await examined(
            settings_for(migrated_url, tmp_path, docs_dir=folder),
            BotSettings(_env_file=None, **tokens),  # type: ignore[arg-type,call-arg]
        )
    assert list(found) == [
        "Python",
        "disk",
        "bundled models",
        "chat model",
        "llama.cpp build",
        "embedder",
        "database",
        "index",
        "folder",
        "Slack",
        "Slack connection",
        "Slack scopes",
        "Slack channels",
        "Slack app settings",
        "Discord",
        "Discord application",
        "Discord message content",
        "Discord servers",
        "Discord commands",
        "Discord permissions",
        "Discord gateway",
    ]
    assert [name for name, finding in found.items() if finding.ok is False] == []
    assert found["embedder"].detail == "fake: 384 dimensions, 256 tokens a chunk"
    assert found["index"].detail.startswith("1 documents, ")
    assert found["folder"].detail.endswith("holds 1 documents")


async def test_platforms_without_tokens_are_not_asked(migrated_url: str, tmp_path: Path) -> None:
    found = await examined(settings_for(migrated_url, tmp_path))
    assert found["Slack"] == Finding("Slack", None, "no tokens: not used")
    assert found["Discord"] == Finding("Discord", None, "no token: not used")
    assert found["index"] == Finding("index", None, "nothing is ingested yet", "Run `docent ingest DIR`.")


async def test_the_embedder_is_built_and_the_database_opened_once(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    really_open = Database.open

    def build(_settings: CoreSettings) -> FakeEmbedder:
        made.append("embedder")
        return FakeEmbedder()

    async def open_database(settings: CoreSettings) -> Database:
        made.append("database")
        return await really_open(settings)

    monkeypatch.setattr(doctor, "build_embedder", build)
    monkeypatch.setattr(Database, "open", open_database)
    await examined(settings_for(migrated_url, tmp_path))
    assert made == ["embedder", "database"]


async def test_a_database_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    found = await examined(settings_for("postgresql://127.0.0.1:9/docent", tmp_path))
    assert found["embedder"].ok
    assert found["database"].ok is False
    assert found["index"].ok is None
    assert "must work first" in found["index"].detail


async def test_an_embedder_that_is_not_there_keeps_the_database_from_nothing(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(_settings: CoreSettings) -> FakeEmbedder:
        raise ConfigurationError("EMBEDDER './gone' is no folder.")

    monkeypatch.setattr(doctor, "build_embedder", build)
    found = await examined(settings_for(migrated_url, tmp_path))
    assert found["embedder"] == Finding("embedder", False, "EMBEDDER './gone' is no folder.")
    assert found["database"].ok
    assert found["index"].ok is None


async def test_another_fetched_model_does_not_stand_for_the_one_that_is_set(migrated_url: str, tmp_path: Path) -> None:
    other = tmp_path / "models" / "owner--name" / "other.gguf"
    other.parent.mkdir(parents=True)
    write_gguf(other, LLAMA)
    found = await examined(settings_for(migrated_url, tmp_path, chat_model="hf:owner/name/small.gguf"))
    assert found["chat model"] == Finding("chat model", None, "hf:owner/name/small.gguf is fetched at the next start")
    assert found["llama.cpp build"].ok is None
    assert "not fetched yet" in found["llama.cpp build"].detail


async def test_a_fetched_model_is_read_where_it_was_put(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_prompt(_settings: Any) -> Finding:
        return Finding("llama.cpp build", True, "not the matter here")

    monkeypatch.setattr(doctor, "_prompt", no_prompt)
    place = tmp_path / "models" / "owner--name" / "small.gguf"
    place.parent.mkdir(parents=True)
    write_gguf(place, LLAMA)
    found = await examined(settings_for(migrated_url, tmp_path, chat_model="hf:owner/name/small.gguf"))
    assert found["chat model"].detail.startswith("small.gguf (")


async def test_an_incomplete_name_of_a_model_is_told(migrated_url: str, tmp_path: Path) -> None:
    found = await examined(settings_for(migrated_url, tmp_path, chat_model="hf:small.gguf"))
    assert found["chat model"].ok is False
    assert "write hf:OWNER/NAME/FILE.gguf" in found["chat model"].detail
