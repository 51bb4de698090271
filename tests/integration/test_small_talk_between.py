"""Small talk between two questions: it is answered, never remembered, and the follow-up leans on the question."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import wording
from bot.commands import ask
from bot.conversing import converse
from core.bootstrap import Core, open_core
from core.models import ConversationKey
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, write

ASKED = "How many vacation days do employees get?"
FOLLOW_UP = "and for contractors?"
# Told from the question before it, "contractors" alone is nowhere near the answer.
ANSWERED = "Contractors get no paid vacation."


@pytest.fixture
async def core(migrated_url: str, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as opened:
        await opened.ingester.ingest(write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES))
        yield opened


async def test_in_the_terminal(core: Core, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"hi!\n{ASKED}\nthanks :)\n{FOLLOW_UP}\n"))
    await converse(core)
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.index(wording.SMALL_TALK["greeting"]) < shown.index(wording.SMALL_TALK["thanks"])
    assert ANSWERED in shown
    turns = await core.conversations.turns(ConversationKey("cli", channel="terminal"))
    assert [turn.question for turn in turns] == [ASKED, FOLLOW_UP]


async def test_from_call_to_call_of_ask(
    core: Core, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Core]:
        yield core

    monkeypatch.setattr("bot.commands.ask.open_docent", opened)
    answers = []
    for question in (ASKED, "thanks!", FOLLOW_UP):
        arguments = {"question": question, "conversation": "ana", "collection": None, "batch": None, "out": None}
        await ask.run(argparse.Namespace(**arguments, json=True, why=False, fresh=False))
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[1]["answer"] == wording.SMALL_TALK["thanks"]
    assert answers[2]["searched"] == f"{ASKED} {FOLLOW_UP}"
    turns = await core.conversations.turns(ask.conversation_key("ana"))
    assert [turn.question for turn in turns] == [ASKED, FOLLOW_UP]
