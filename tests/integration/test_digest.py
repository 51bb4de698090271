"""The digest of gaps goes to its channel once a week, whatever happens around it, and tells no secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.digest import GapDigest, collections_seen_in, parse_channel
from bot.dispatch import Dispatcher
from core.bootstrap import Core, open_core
from core.errors import ConfigurationError, PlatformError
from core.storage.access_store import Scope
from core.storage.database import Database
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.asked import Asked


@pytest.fixture
async def core(migrated_url: str) -> AsyncIterator[Core]:
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as opened:
        for name in ("default", "hr", "secret"):
            await opened.index.collection(name, f"/docs/{name}")
        await opened.access.set_private(["secret"], private=True)
        yield opened


def digest(core: Core, surface: FakeSurface) -> GapDigest:
    return GapDigest(core, {surface.platform: surface}, "slack", "C9")


async def later(database: Database, days: int) -> None:
    async with database.begin() as connection:
        await connection.execute(
            text("UPDATE digests SET sent_at = sent_at - make_interval(days => :days)"), {"days": days}
        )


def posted(surface: FakeSurface) -> list[str]:
    return [reply.text for reply in surface.final()]


async def test_it_is_sent_once_a_week_also_after_a_restart(core: Core, database: Database) -> None:
    surface = FakeSurface()
    await Asked(database)("Where is the bicycle shed?", found=["site.md"])
    await digest(core, surface).look()
    await digest(core, surface).look()
    (sent,) = posted(surface)
    assert "1. Where is the bicycle shed?" in sent
    assert "asked once by one person (refused once). Nearest: default: site.md." in sent
    await later(database, 6)
    await digest(core, surface).look()
    assert len(posted(surface)) == 1
    await later(database, 1)
    await digest(core, surface).look()
    assert len(posted(surface)) == 2


async def test_of_two_processes_one_sends_it(core: Core, migrated_url: str, database: Database) -> None:
    surface = FakeSurface()
    await Asked(database)("Where is the bicycle shed?")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as other:
        await asyncio.gather(*(digest(each, surface).look() for each in (core, other, core, other)))
    assert len(posted(surface)) == 1


async def test_one_that_is_refused_is_sent_later(core: Core, database: Database) -> None:
    surface = FakeSurface()
    await Asked(database)("Where is the bicycle shed?")
    surface.failures.append(PlatformError("not_in_channel"))
    with pytest.raises(PlatformError):
        await digest(core, surface).look()
    await digest(core, surface).look()
    assert len(posted(surface)) == 1
    assert surface.looked_for == ["slack:C9:gaps:first"], "a process that died may have posted it"


async def test_a_week_without_gaps_is_passed_over_in_silence(core: Core, database: Database) -> None:
    surface = FakeSurface()
    await Asked(database)("What may a hotel cost?", kind="quoted", cited=["expenses.md"])
    await digest(core, surface).look()
    assert posted(surface) == []


async def test_what_was_asked_in_private_is_only_counted(core: Core, database: Database) -> None:
    surface = FakeSurface()
    ask = Asked(database)
    await ask("Am I going to be fired?", private=True, found=["dismissal.md"])
    await digest(core, surface).look()
    (sent,) = posted(surface)
    assert wording.gaps_withheld(1) in sent
    assert "fired" not in sent
    assert "dismissal" not in sent
    await later(database, 7)
    await ask("Where is the bicycle shed?", user="UNAME", down=["Ada is wrong"])
    await digest(core, surface).look()
    sent = posted(surface)[-1]
    assert "bicycle shed" in sent
    assert wording.gaps_withheld(1) in sent
    assert "fired" not in sent + "".join(posted(surface))
    assert "UNAME" not in sent
    assert "Ada" not in sent


async def test_it_names_only_documents_that_everyone_in_the_channel_may_see(core: Core, database: Database) -> None:
    surface = FakeSurface()
    assert await collections_seen_in(core.access, "slack", "C9") == ("default", "hr")
    await core.access.limit(Scope("slack", "T1", "C9"), ["hr"])
    assert await collections_seen_in(core.access, "slack", "C9") == ("hr",)
    assert await collections_seen_in(core.access, "discord", "1") == ("default", "hr")
    await Asked(database)("bicycle shed?", found=[("secret", "plans.md"), ("default", "site.md"), ("hr", "work.md")])
    await digest(core, surface).look()
    (sent,) = posted(surface)
    assert "Nearest: work.md." in sent
    assert "plans" not in sent
    assert "site.md" not in sent


async def test_without_its_platform_it_waits(core: Core, database: Database) -> None:
    await Asked(database)("Where is the bicycle shed?")
    await GapDigest(core, {}, "slack", "C9").look()
    surface = FakeSurface()
    await digest(core, surface).look()
    assert len(posted(surface)) == 1


async def test_the_desk_sends_it_where_it_is_wanted(core: Core, database: Database, monkeypatch) -> None:
    monkeypatch.setattr("bot.digest._FIRST_LOOK_SECONDS", 0.0)
    await Asked(database)("Where is the bicycle shed?")
    desk = Dispatcher(core, Admins(""), gaps_channel="slack:C9")
    surface = FakeSurface()
    desk.attach(surface)
    watching = asyncio.create_task(desk.watch())
    async with asyncio.timeout(20):
        while not surface.messages:
            await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await desk.drain(0)
    assert len(posted(surface)) == 1


@pytest.mark.parametrize("setting", ["C123", "slack:", "slack:#general", "discord:general", "irc:1"])
def test_a_channel_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="GAPS_CHANNEL"):
        parse_channel(setting)


def test_a_channel_is_read() -> None:
    assert (parse_channel(""), parse_channel("slack:C9"), parse_channel("discord:456")) == (
        None,
        ("slack", "C9"),
        ("discord", "456"),
    )
