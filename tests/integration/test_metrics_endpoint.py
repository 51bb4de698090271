"""/metrics over HTTP: questions through the real desk and a real Postgres, read by Prometheus' own parser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import make_url

from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import IncomingMessage, Press
from bot.platforms.web.metrics import add_metrics
from bot.serving import serve
from bot.settings import BotSettings
from core.bootstrap import Core, open_core
from core.errors import ModelError, PlatformError
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from tests.conftest import on_server, settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write

ASKED = "How many vacation days do employees get?"
MESSAGE = IncomingMessage(
    "question", "slack:T1:CROOM:100.1", ConversationKey("slack", "T1", "CROOM", "100.1"), "UGRACE", ASKED
)
SLOW = "word " * 1000
SECONDS = 60.0
Samples = dict[tuple[str, ...], float]


class Serving:
    """A desk with its metrics behind a real HTTP server."""

    def __init__(self, core: Core, model: FakeChatModel, surface: FakeSurface, desk: Dispatcher, address: str) -> None:
        self.core = core
        self.model = model
        self.surface = surface
        self.desk = desk
        self._address = address

    async def ask(self, text: str = ASKED, key: str = MESSAGE.key) -> None:
        await self.desk.receive(replace(MESSAGE, key=key, text=text))
        await until(lambda: not self.desk.busy)

    async def text(self) -> str:
        return await fetched(self._address)

    async def samples(self) -> Samples:
        return parsed(await self.text())


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.01)


async def fetched(address: str) -> str:
    async with ClientSession() as session, session.get(f"{address}/metrics") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        return await response.text()


def parsed(text: str) -> Samples:
    """Give the value of each sample, by its name and its labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@asynccontextmanager
async def serving(url: str, folder: Path, model: FakeChatModel) -> AsyncIterator[Serving]:
    async with open_core(settings_for(url), embedder=FakeEmbedder(), model=model) as core:
        await core.ingester.ingest(write(folder, vacation=VACATION, expenses=EXPENSES), collection="handbook")
        surface, desk = FakeSurface(), Dispatcher(core, Admins(""))
        await desk.begin()
        desk.attach(surface)
        application = web.Application()
        add_metrics(application, core, desk)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            host, port = runner.addresses[0][:2]
            yield Serving(core, model, surface, desk, f"http://{host}:{port}")
        finally:
            await runner.cleanup()
            await desk.drain(0)


@pytest.fixture
async def served(migrated_url: str, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(migrated_url, tmp_path, FakeChatModel("You get 30 vacation days [1].")) as started:
        yield started


@pytest.fixture
async def slow(migrated_url: str, tmp_path: Path) -> AsyncIterator[Serving]:
    """One whose model takes longer than any test."""
    async with serving(migrated_url, tmp_path, FakeChatModel(SLOW, piece_seconds=0.05)) as started:
        yield started


async def test_a_question_shows_up_with_all_its_stages(served: Serving) -> None:
    await served.ask()
    samples = await served.samples()
    assert samples["docent_questions_total", "phrased", "slack"] == 1
    stages = {labels[0] for name, *labels in samples if name == "docent_stage_seconds_count"}
    assert stages == {
        *("queue", "condense", "embed", "search", "choose", "prompt", "first_token", "tokens", "check", "deliver")
    }
    assert all(samples["docent_stage_seconds_count", stage] == 1 for stage in stages)
    for name in ("first_token", "output_token", "answer"):
        assert samples[f"docent_{name}_seconds_count",] == 1
    assert samples["docent_completion_tokens_total",] == 6
    assert samples["docent_prompt_tokens_total",] > 10
    whole = sum(samples["docent_stage_seconds_sum", stage] for stage in stages)
    assert samples["docent_answer_seconds_sum",] == pytest.approx(whole)


async def test_every_way_in_which_a_question_ends_is_counted_once(served: Serving) -> None:
    served.model.enqueue(ModelError("broken"))
    await served.ask()
    await served.ask("Which zebra won the lottery in Peru?", "slack:2")
    await served.ask("thanks!", "slack:3")
    await served.ask("   ", "slack:4")
    served.surface.failures.extend([PlatformError("no")] * 20)
    await served.ask(ASKED, "slack:5")
    samples = await served.samples()
    counted = {labels[0]: value for (name, *labels), value in samples.items() if name == "docent_questions_total"}
    assert counted == {"quoted": 1, "refused": 1, "chat": 1, "failed": 2}
    assert samples["docent_answer_seconds_count",] == 3


async def test_an_answer_that_was_kept_is_counted_as_reused_and_costs_no_tokens(served: Serving) -> None:
    audience = Audience(Scope("slack", "T1", "CROOM"), is_public=True)
    for number in range(2):
        await served.desk.receive(replace(MESSAGE, key=f"slack:{number}", audience=audience))
        await until(lambda: not served.desk.busy)
    samples = await served.samples()
    counted = {labels[0]: value for (name, *labels), value in samples.items() if name == "docent_questions_total"}
    assert counted == {"phrased": 1, "reused": 1}
    assert samples["docent_completion_tokens_total",] == 6
    assert samples["docent_answer_seconds_count",] == 2


async def test_a_question_that_was_stopped_counts_as_cancelled(slow: Serving) -> None:
    await slow.desk.receive(MESSAGE)
    await until(lambda: slow.model.prompts)
    (replies,) = slow.surface.messages.values()
    await slow.desk.press(Press("slack", replies[-1].question_id, "cancel", "UGRACE"))
    samples = await slow.samples()
    assert samples["docent_questions_total", "cancelled", "slack"] == 1
    assert ("docent_stage_seconds_count", "deliver") not in samples


async def test_open_and_waiting_questions_are_told_while_they_are(slow: Serving) -> None:
    await slow.desk.receive(MESSAGE)
    await slow.desk.receive(replace(MESSAGE, key="slack:2"))
    await until(lambda: slow.desk.waiting == 1 and slow.model.waiting == 1)
    samples = await slow.samples()
    assert (samples["docent_questions_open",], samples["docent_questions_waiting",]) == (2, 1)
    await slow.desk.drain(0)
    samples = await slow.samples()
    assert (samples["docent_questions_open",], samples["docent_questions_waiting",]) == (0, 0)


async def test_documents_chunks_and_runs_are_told_as_they_are_in_the_database(served: Serving) -> None:
    samples = await served.samples()
    (collection,) = await served.core.index.status()
    assert samples["docent_documents", "handbook"] == collection.documents == 2
    assert samples["docent_chunks", "handbook"] == collection.chunks
    runs = {labels[0]: value for (name, *labels), value in samples.items() if name == "docent_ingest_runs"}
    assert (runs["done"], runs["failed in part"], len(runs)) == (1, 0, 8)


async def test_nobody_can_read_there_who_asked_what_and_where(served: Serving) -> None:
    await served.ask()
    text = await served.text()
    for secret in ("vacation", "UGRACE", "CROOM", "T1", "100.1"):
        assert secret not in text


async def test_a_database_that_is_gone_takes_only_its_own_figures_along(
    served: Serving, migrated_url: str, postgres_url: str
) -> None:
    await served.ask()
    name = make_url(migrated_url).database
    on_server(postgres_url, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    on_server(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    samples = await served.samples()
    assert samples["docent_database_up",] == 0
    assert samples["docent_questions_total", "phrased", "slack"] == 1
    assert ("docent_documents", "handbook") not in samples


async def test_docent_serve_has_it_beside_its_health(served: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    settings = BotSettings(_env_file=None, web_port=0)  # type: ignore[call-arg]
    task = asyncio.create_task(serve(served.core, settings))
    try:
        printed = ""
        async with asyncio.timeout(SECONDS):
            while not (address := re.search(r"(http://[\d.:]+)/healthz", printed)):
                await asyncio.sleep(0.01)
                printed += capsys.readouterr().out
        assert parsed(await fetched(address[1]))["docent_database_up",] == 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
