"""`docent golden`: the list, additions and removals, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import wording
from bot.cli import main
from core.bootstrap import open_core
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import VACATION, write

Run = Callable[..., tuple[int, str, str]]
QUESTION = "How many vacation days do employees get?"


@pytest.fixture
def run(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command over one collection; gives status, output and errors."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("RERANKER", "none")
    monkeypatch.setenv("COLUMNS", "200")

    async def ingest() -> None:
        async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
            await core.ingester.ingest(write(tmp_path / "docs", vacation=VACATION), "hr")

    asyncio.run(ingest())

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse ends so
            status = int(ended.code or 0)
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def test_a_question_is_added_listed_put_right_and_removed(run: Run) -> None:
    assert run("golden")[:2] == (0, wording.GOLDEN_NONE + "\n")
    assert run("golden", "add", QUESTION, "--answer", "30 days.", "--collection", "hr")[:2] == (
        0,
        wording.golden_added(1) + "\n",
    )
    assert run("golden", "add", QUESTION, "--answer", "31 days.", "--collection", "hr")[0] == 0
    assert run("golden", "add", "Who waters the plants?", "--refusal")[0] == 0
    corrected, refused = json.loads(run("golden", "--json")[1])
    assert (corrected["question"], corrected["answer"], corrected["collections"]) == (QUESTION, "31 days.", ["hr"])
    assert (refused["kind"], refused["collections"], refused["source"]) == ("refusal", None, "correction")
    table = run("golden")[1]
    assert "31 days." in table
    assert wording.NOT_FOUND in table
    assert run("golden", "remove", str(corrected["id"]))[1] == wording.golden_removed(corrected["id"]) + "\n"
    assert [one["question"] for one in json.loads(run("golden", "--json")[1])] == ["Who waters the plants?"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("golden", "add", QUESTION), "one of the arguments --answer --refusal is required"),
        (("golden", "add", QUESTION, "--answer", " "), "Give the right answer"),
        (("golden", "add", " ", "--refusal"), "The question is empty"),
        (("golden", "add", QUESTION, "--refusal", "--collection", "nowhere"), "There is no collection 'nowhere'"),
        (("golden", "remove", "7"), "There is no golden question 7"),
        (("eval", "golden", "more.jsonl"), "docent eval golden [--json]"),
        (("eval", "golden", "--sample", "3"), "docent eval golden [--json]"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    status, _, error = run(*arguments)
    assert status == 2
    assert said in error
