"""While a model computes, both platforms are acknowledged and their heartbeats go on: it works beside the event loop.

The models hold their thread until the acknowledgements and heartbeats have come. On the event loop they never would.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.dispatch import Dispatcher
from bot.simulate.discord_limits import Limits
from core.inference import llama_cpp
from core.inference.llama_cpp import LlamaCppChatModel
from core.inference.llama_engine import Generation
from core.inference.stop_strings import StopStrings
from core.models import ChatMessage, Sampling
from core.ports import Embeddings, Passage, Reading
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.gguf import write_gguf
from tests.fakes.reader import FakeReader
from tests.platforms.real_desk import QUESTION, discord, slack

EVIDENCE = "Employees get 30 vacation days"
BEATS = 2
LONG = 15.0  # seconds; a hold gives up after that


@dataclass(slots=True)
class Hold:
    """Keeps a model's thread. let_go: for each time, whether it was let go or had to give up."""

    began: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    let_go: list[bool] = field(default_factory=list)
    closed: bool = False

    def here(self) -> None:
        """Wait in this thread, whichever it is, until the event loop lets it go."""
        if self.closed:
            self.began.set()
            self.let_go.append(self.released.wait(LONG))
            self.released.set()


class HeldEngine:
    """In the place of llama.cpp, inside of the real worker: holds its thread in the middle of an answer."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._running: list[Generation] = []

    def tokenize(self, messages: Sequence[ChatMessage]) -> list[int]:
        return [1] * len(messages)

    def begin(self, prompt: Sequence[int], sampling: Sampling) -> Generation:
        generation = Generation(prompt, sampling, 0, 0, StopStrings(()))
        self._running.append(generation)
        return generation

    def step(self) -> None:
        self._hold.here()
        for generation in self._running:
            generation.pieces.append("You get 30 days.")
            generation.done = True
        self._running.clear()

    def drop(self, generation: Generation) -> None:
        self._running.remove(generation)

    def close(self) -> None:
        pass


class HeldEmbedder(FakeEmbedder):
    """Holds its thread before it embeds a text with certain words."""

    def __init__(self, hold: Hold, words: str) -> None:
        super().__init__()
        self._hold = hold
        self._words = words

    def embed(self, texts: Sequence[str]) -> Embeddings:
        if any(self._words in text for text in texts):
            self._hold.here()
        return super().embed(texts)


class HeldReader(FakeReader):
    """Holds its thread before it reads."""

    def __init__(self, hold: Hold) -> None:
        super().__init__()
        self._hold = hold

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self._hold.here()
        return super().read(question, passages)


@pytest.fixture
def hold() -> Iterator[Hold]:
    hold = Hold()
    yield hold
    hold.released.set()


@pytest.fixture(params=["question", "evidence", "reading", "answer"])
async def desk(
    request: pytest.FixtureRequest, start, hold: Hold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Dispatcher:
    """A desk of which one model will hold its thread: embedding the question or the evidence, reading, answering."""
    if request.param == "answer":
        file = write_gguf(tmp_path / "held.gguf", {"general.architecture": "llama", "llama.context_length": 2048})
        monkeypatch.setattr(llama_cpp, "LlamaEngine", lambda *_, **__: HeldEngine(hold))
        built = await start(LlamaCppChatModel(file))
    elif request.param == "reading":
        built = await start(reader=HeldReader(hold))
    else:
        built = await start(embedder=HeldEmbedder(hold, QUESTION if request.param == "question" else EVIDENCE))
    hold.closed = True
    return built


async def test_acknowledgements_and_heartbeats_come_while_a_model_computes(desk: Dispatcher, hold: Hold) -> None:
    async with slack(desk) as workspace, discord(desk, replace(Limits(), heartbeat=0.5)) as server:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        await workspace.mention("CGENERAL", "UADA", QUESTION)
        await workspace.until(hold.began.is_set, LONG)
        pings, beats = len(workspace.hub.sockets[0].pings), len(server.gateway.heartbeats)
        said = await workspace.mention("CGENERAL", "UGRACE", QUESTION)
        asked = await server.slash_command(ben, general, "ask", {"question": QUESTION})
        await asyncio.gather(
            workspace.until(lambda: "eyes" in workspace.state.message("CGENERAL", said.ts).reactions, LONG),
            workspace.until(lambda: len(workspace.hub.sockets[0].pings) >= pings + BEATS, LONG),
            server.until(lambda: asked.callback, LONG),
            server.until(lambda: len(server.gateway.heartbeats) >= beats + BEATS, LONG),
        )
        assert hold.let_go == []
        hold.released.set()
        await workspace.until(lambda: desk.answered == 3, LONG)
        assert all(hold.let_go)
