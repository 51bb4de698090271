"""`docent collections`: the list, private marks and limits, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.access import audience_of, parse_scope
from bot.cli import main
from core.bootstrap import open_core
from core.errors import ConfigurationError
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, write

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `docent collections ...` over the collections handbook and hr; gives status, output and errors."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("COLUMNS", "200")

    async def ingest() -> None:
        async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
            await core.ingester.ingest(write(tmp_path / "a", vacation=VACATION), "handbook")
            await core.ingester.ingest(write(tmp_path / "b", expenses=EXPENSES), "hr")

    asyncio.run(ingest())

    def command(*arguments: str) -> tuple[int, str, str]:
        status = main(["collections", *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def test_collections_are_listed_with_who_is_kept_out(run: Run) -> None:
    assert run("private", "hr", "on")[0] == 0
    assert run("limit", "slack:T1:C1", "hr", "handbook")[1] == "slack:T1:C1 sees only: hr, handbook.\n"
    assert run("limit", "discord", "handbook")[0] == 0
    _, told, _ = run("--json")
    handbook, hr = json.loads(told)["collections"]
    assert (handbook["private"], handbook["named_for"]) == (False, ["discord", "slack:T1:C1"])
    assert (hr["name"], hr["documents"], hr["private"], hr["named_for"]) == ("hr", 1, True, ["slack:T1:C1"])
    _, table, _ = run()
    (row,) = [line for line in table.splitlines() if "hr" in line]
    assert "yes" in row
    assert "slack:T1:C1" in row


def test_a_limit_is_lifted_and_a_mark_taken_back(run: Run) -> None:
    run("limit", "slack:T1", "hr")
    assert run("limit", "slack:T1", "--all")[1] == "slack:T1 has no limit of its own any more.\n"
    assert run("limit", "slack:T1", "--all")[1] == "slack:T1 had no limit of its own.\n"
    run("private", "hr", "on")
    assert run("private", "hr", "off")[1] == "hr is not private any more.\n"
    assert not any(entry["private"] for entry in json.loads(run("--json")[1])["collections"])


def test_a_limit_that_is_too_wide_for_a_private_collection_is_told_so(run: Run) -> None:
    run("private", "hr", "on")
    assert "hr is private and stays unseen there" in run("limit", "slack:T1", "hr")[1]
    assert "unseen" not in run("limit", "slack:T1:C1", "hr")[1]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("private", "law", "on"), "There is no collection 'law'; there is: handbook, hr."),
        (("limit", "slack:T1", "law"), "There is no collection 'law'"),
        (("limit", "slack:T1"), "NAME ..., or --all"),
        (("limit", "slack:T1", "hr", "--all"), "NAME ..., or --all"),
        (("limit", "irc:T1", "hr"), "'irc:T1' is no place; write PLATFORM"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(run: Run, arguments: tuple[str, ...], why: str) -> None:
    status, _, error = run(*arguments)
    assert (status, error.count("\n")) == (2, 1)
    assert why in error


def test_places_are_written_with_colons() -> None:
    assert parse_scope("slack") == Scope("slack")
    assert parse_scope("web") == Scope("web")
    assert parse_scope("discord:@me:12") == Scope("discord", "@me", "12")
    assert str(Scope("slack", "T1", "C1")) == "slack:T1:C1"
    for wrong in ("", "slack:", "slack::C1", "slack:T1:C1:9", "mail:x"):
        with pytest.raises(ConfigurationError, match="is no place"):
            parse_scope(wrong)


def test_who_reads_is_public_where_nobody_told() -> None:
    key = ConversationKey("slack", "T1", "C1", "1.0")
    assert audience_of(key, None) == Audience(Scope("slack", "T1", "C1"), is_public=True)
    told = Audience(Scope("slack", "T1", "C2"), is_public=False)
    assert audience_of(key, told) == told
