"""The pages for admins: the dashboard, the list of questions, and the way of one question."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import IncomingMessage
from bot.platforms.web.frame import Pages
from bot.platforms.web.site import add_admin, open_site
from bot.settings import BotSettings
from core.bootstrap import Core, open_core
from core.models import Answer, ConversationKey
from core.storage.access_store import Scope
from core.storage.database import Database
from core.storage.question_store import QuestionStore
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.askings import TIMINGS, Asking, ask, run
from tests.integration.builders import EXPENSES, VACATION, write

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


@dataclass
class Platforms:
    """Implements the States of the health page."""

    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """The admins' pages behind a real HTTP server."""

    client: TestClient[web.Request, web.Application]
    core: Core
    desk: Dispatcher
    platforms: Platforms

    async def text(self, path: str, status: int = 200) -> str:
        response = await self.client.get(path)
        page = await response.text()
        assert response.status == status, page
        assert_is_tidy(page)
        return page


def assert_is_tidy(page: str) -> None:
    """Check what holds for every page: nothing inline, nothing hostile, no identifier twice."""
    assert "<script>" not in page
    assert 'onerror="' not in page
    assert " style=" not in page
    assert "<style" not in page
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


@pytest.fixture
async def site(migrated_url: str) -> AsyncIterator[Site]:
    model = FakeChatModel("You get 30 vacation days [1]. You also get a yacht [1].")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        application, platforms = web.Application(), Platforms()
        desk = Dispatcher(core, Admins(""))
        pages: Pages = open_site(application, core.database, BotSettings())
        add_admin(application, pages, core, desk, platforms)
        async with TestClient(TestServer(application)) as client:
            yield Site(client, core, desk, platforms)


# --- the dashboard


async def test_an_empty_dashboard_says_what_will_stand_there(site: Site) -> None:
    page = await site.text("/admin")
    assert wording.NOTHING_INGESTED in page
    for promise in ("will stand here", "No chat is connected", "Nothing was measured in these days yet"):
        assert promise in page


async def test_the_dashboard_counts_and_draws_what_was_asked(site: Site, database: Database, tmp_path: Path) -> None:
    await site.core.ingester.ingest(write(tmp_path / "docs", vacation=VACATION), "handbook")
    question_id = await ask(database, Asking(Answer("How long?", "Ten days.", "phrased", timings=TIMINGS)))
    await ask(database, Asking(Answer("And a yacht?", "", "refused"), days=2))
    await QuestionStore(database).give_feedback(question_id, "slack:U1", "up")
    page = await site.text("/admin?days=7")
    assert page.count('<svg class="chart"') == 5
    assert re.search(r'Questions</p><p class="big">2</p>', page)
    assert "<span>1 👍</span> <span>0 👎</span>" in page
    assert "1 phrased, 0 quoted" in page
    assert "Nothing was asked in these" not in page
    assert re.search(r'<td class="number">0.40 s</td>', page), "first token, in the table under its chart"
    assert 'aria-current="true">7 days' in page


async def test_a_question_of_before_the_period_is_left_out(site: Site, database: Database) -> None:
    await ask(database, Asking(days=20))
    assert re.search(r'Questions</p><p class="big">1</p>', await site.text("/admin"))
    assert re.search(r'Questions</p><p class="big">0</p>', await site.text("/admin?days=7"))
    assert await site.text("/admin?days=1e9")


async def test_ingests_stand_there_with_what_they_changed_and_which_files_failed(site: Site, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    await site.core.ingester.ingest(folder, "handbook")
    page = await site.text("/admin")
    assert "2 added, " in page
    assert "failed in part" in page
    assert "broken.pdf: " in page


async def test_who_may_see_what_is_told_from_both_sides(site: Site, tmp_path: Path) -> None:
    await site.core.ingester.ingest(write(tmp_path / "a", vacation=VACATION), "handbook")
    await site.core.ingester.ingest(write(tmp_path / "b", expenses=EXPENSES), "hr")
    await site.core.access.set_private(["hr"], private=True)
    await site.core.access.limit(Scope("slack", "T1", "C1"), ["hr", "handbook"])
    page = await site.text("/admin")
    assert 'hr <span class="pill warn">private</span>' in page
    assert "private channels and direct messages that a limit of their own names; named for slack:T1:C1" in page
    assert "<dt>slack:T1:C1</dt><dd>sees only handbook, hr</dd>" in page


async def test_a_platform_that_failed_is_named_without_what_it_raised(site: Site) -> None:
    site.platforms.states = {"slack": "failed: TypeError: xoxb-secret", "discord": "connected"}
    page = await site.text("/admin")
    assert "docent doctor" in page
    assert "xoxb-secret" not in page
    assert '<span class="pill good">connected</span>' in page


async def test_outdated_answers_and_the_golden_set_are_linked(site: Site, database: Database) -> None:
    question_id = await ask(database, Asking())
    await run(database, "UPDATE turns SET outdated_at = now()")
    await run(database, "INSERT INTO golden_runs (configuration) VALUES ('c')")
    page = await site.text("/admin")
    assert f'<a href="/why/{question_id}">How long?</a>' in page
    assert "0 of 0" in page


# --- the questions


async def test_questions_are_listed_paged_and_filtered(site: Site, database: Database) -> None:
    assert "Nothing was asked yet" in await site.text("/admin/questions")
    first = await ask(database, Asking(Answer("The very first?", "", "refused")))
    for _ in range(30):
        await ask(database, Asking())
    page = await site.text("/admin/questions")
    assert "The very first?" not in page
    (before,) = re.findall(r'before=(\d+)"', page)
    older = await site.text(f"/admin/questions?kind=all&before={before}")
    assert f'<a href="/why/{first}">The very first?</a>' in older
    refused = await site.text("/admin/questions?kind=refused")
    assert "The very first?" in refused
    assert "How long?" not in refused
    assert "There is none of this kind" in await site.text("/admin/questions?kind=failed")
    assert "The very first?" not in await site.text("/admin/questions?kind=nonsense&before=zero")
    assert "There are no older ones" in await site.text("/admin/questions?before=1")


async def test_nobodys_name_is_listed_also_not_by_where_they_asked(site: Site, database: Database) -> None:
    direct = ConversationKey("slack", "T1", "DGRACE", "")
    await ask(database, Asking(user="UGRACE", place=direct, private=True))
    await ask(database, Asking(user="VISITOR", place=ConversationKey("web", "", "VISITOR", "t")))
    question_id = await ask(database, Asking(user="UGRACE"))
    await QuestionStore(database).give_feedback(question_id, "slack:UGRACE", "down", "It's outdated")
    page = await site.text("/admin/questions") + await site.text(f"/why/{question_id}")
    for name in ("GRACE", "VISITOR"):
        assert name not in page
    for told in ("Slack, direct message", "Slack, T1, C1", "the page", "👎 It&#39;s outdated"):
        assert told in page


async def test_what_people_write_stays_words(site: Site, database: Database) -> None:
    question_id = await ask(database, Asking(Answer(HOSTILE, HOSTILE, "quoted", written=HOSTILE, condensed=HOSTILE)))
    await QuestionStore(database).give_feedback(question_id, "slack:U1", "down", HOSTILE)
    for path in ("/admin/questions", f"/why/{question_id}"):
        assert "&lt;script&gt;alert(1)" in await site.text(path)


# --- the way of one question


async def test_the_way_of_a_question_from_asking_to_times(site: Site, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await site.core.ingester.ingest(folder, "handbook")
    place = ConversationKey("slack", "T1", "C1", "100.1")
    message = IncomingMessage("question", "k1", place, "U1", "How many vacation days do employees get?")
    site.desk.attach(FakeSurface())
    for asked in (message, replace(message, key="k2", text="and for contractors?")):
        await site.desk.receive(asked)
        while site.desk.busy:
            await asyncio.sleep(0.01)
    listed = await site.text("/admin/questions")
    second, first = re.findall(r'href="/why/(\d+)"', listed)
    page = await site.text(f"/why/{first}")
    for told in (
        "vacation.md, Vacation › Employees, line",
        "Employees get 30 vacation days a year.",
        "it is answered.",
        "dropped: ",
        "You also get a yacht.",
        "first token</th>",
        "queue</th>",
        "deliver</th>",
        'aria-labelledby="stages-title stages-description"',
    ):
        assert told in page
    assert wording.WHY_MISSING not in page
    searched = "How many vacation days do employees get? and for contractors?"
    assert f"<dt>Searched</dt><dd>{searched}</dd>" in await site.text(f"/why/{second}")
    await site.desk.drain(0)


async def test_an_answer_of_before_says_what_is_missing(site: Site, database: Database) -> None:
    question_id = await ask(database, Asking())
    await run(database, "UPDATE turns SET found = '{}', timings = '{}'")
    page = await site.text(f"/why/{question_id}")
    assert wording.WHY_MISSING in page
    assert "not on record" in page


async def test_a_question_without_an_answer_says_why(site: Site, database: Database) -> None:
    question_id = await ask(database, Asking(None, status="failed"))
    page = await site.text(f"/why/{question_id}")
    assert "No answer is on record" in page


@pytest.mark.parametrize("identifier", ["0", "-1", "abc", "99999999999999999999999", "1e3", "٣"])
async def test_a_question_that_nobody_asked_is_not_found(site: Site, identifier: str) -> None:
    assert wording.WEB_NOT_FOUND in await site.text(f"/why/{identifier}", 404)


async def test_members_see_none_of_it(migrated_url: str) -> None:
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
        application = web.Application()
        settings = BotSettings(_env_file=None, web_password="m", web_host="0.0.0.0")  # type: ignore[call-arg]
        pages = open_site(application, core.database, settings)
        add_admin(application, pages, core, Dispatcher(core, Admins("")), Platforms())
        async with TestClient(TestServer(application)) as client:
            for path in ("/admin", "/admin/questions", "/why/1"):
                response = await client.get(path, allow_redirects=False)
                assert response.status == 403, path
