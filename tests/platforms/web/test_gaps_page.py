"""The page of gaps, for admins."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import wording
from bot.platforms.web.gaps_page import add_gaps
from bot.platforms.web.site import open_site
from bot.settings import BotSettings
from core.bootstrap import open_core
from core.storage.database import Database
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.asked import Asked

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(migrated_url: str) -> AsyncIterator[Client]:
    application = web.Application()
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
        add_gaps(application, open_site(application, core.database, BotSettings()), core)
        async with TestClient(TestServer(application)) as opened:
            yield opened


async def test_the_page_says_so_when_nothing_was_asked(client: Client) -> None:
    page = await (await client.get("/admin/gaps")).text()
    assert wording.GAPS_NOTHING_ASKED in page


async def test_the_page_shows_groups_to_admins_with_every_word_escaped(client: Client, database: Database) -> None:
    ask = Asked(database)
    await ask("where is the <script>alert(1)</script> shed", user="UNAME", private=True, found=["site.md"])
    await ask(
        "where is the <script>alert(1)</script> shed please", user="UNAME2", found=["site.md"], down=["<b>no</b>"]
    )
    page = await (await client.get("/admin/gaps?days=7")).text()
    assert "asked 2 times by 2 people" in page
    assert "site.md" in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "<script>" not in page
    assert "UNAME" not in page
    assert ' style="' not in page


async def test_another_number_of_days_than_is_offered_is_the_usual_one(client: Client, database: Database) -> None:
    await Asked(database)("where is the shed?", days_ago=20)
    assert "where is the shed?" in await (await client.get("/admin/gaps?days=1e9")).text()
    assert "where is the shed?" not in await (await client.get("/admin/gaps?days=7")).text()
