"""A question that the documents don't answer is brought to an owner, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.handover import Owner, owner_on
from bot.messages import IncomingMessage, Press, Reply
from core.bootstrap import Core, open_core
from core.errors import PlatformError
from core.models import ConversationKey
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write

THREAD = ConversationKey("slack", "T1", "C1", "100.1")
ASKED = "Which employees get a bicycle?\nA red one?"


@dataclass
class Team:
    """A desk with one question that was refused, or answered where the words say so."""

    core: Core
    desk: Dispatcher
    surface: FakeSurface
    question: int = 0
    posted: list[str] = field(default_factory=list)

    def press(self, action: str = "human", user: str = "U2", name: str = "grace") -> Press:
        return Press(self.surface.platform, self.question, action, user, user_name=name)  # type: ignore[arg-type]

    def new(self) -> list[Reply]:
        """What was posted since the answer."""
        return [replies[-1] for key, replies in self.surface.messages.items() if key not in self.posted]


@pytest.fixture
async def asked(migrated_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def ask(
            owners: str = "", words: str = ASKED, *, platform: str = "slack", private: bool = False, admins: str = ""
        ) -> Team:
            folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
            (folder / "CODEOWNERS").write_text(owners)
            core = await stack.enter_async_context(open_core(settings_for(migrated_url), embedder=FakeEmbedder()))
            await core.ingester.ingest(folder)
            team = Team(core, Dispatcher(core, Admins(admins)), FakeSurface(platform))
            stack.push_async_callback(team.desk.drain, 0)
            team.desk.attach(team.surface)
            place = ConversationKey(platform, "T1", "C1", "100.1")
            message = IncomingMessage("question", "q:1", place, "U1", words, private=private, handle={"ts": "100.1"})
            await team.desk.receive(message)
            while team.desk.busy:
                await team.desk.drain(5)
            (reply,) = team.surface.final()
            team.question, team.posted = reply.question_id, list(team.surface.messages)
            return team

        yield ask


async def test_a_refusal_has_a_button_for_it_and_a_sure_answer_has_none(asked) -> None:
    team = await asked()
    assert "human" in team.surface.final()[0].actions


async def test_the_owner_of_the_nearest_document_is_called_once_with_the_question_and_what_was_found(asked) -> None:
    team = await asked("vacation.md slack:U7 Ada\nexpenses.md slack:U8")
    assert await team.desk.press(team.press()) == wording.handed_over("vacation.md")
    (posted,) = team.new()
    assert posted.mention == "U7"
    assert posted.text.startswith("grace asks you, as owner of vacation.md")
    assert "> Which employees get a bicycle?\n> A red one?" in posted.text
    assert "nearest that I found: vacation.md" in posted.text
    assert posted.actions == ()
    assert await team.desk.press(team.press(user="U3")) == wording.already_handed_over("vacation.md")
    assert len(team.new()) == 1
    async with team.core.database.begin() as connection:
        rows = (await connection.execute(text("SELECT question_id, owner, asked_by, document FROM handovers"))).all()
    assert [tuple(row) for row in rows] == [(team.question, "slack:U7", "slack:U2", "vacation.md")]


async def test_an_owner_without_an_id_here_is_named_and_nobody_is_called(asked) -> None:
    team = await asked("* ada@example.org discord:456", platform="slack")
    await team.desk.press(team.press())
    (posted,) = team.new()
    assert (posted.mention, posted.text.startswith("ada@example.org: grace asks you")) == ("", True)


async def test_on_discord_the_owner_with_an_id_there_is_called(asked) -> None:
    team = await asked("* slack:U7 discord:456", platform="discord")
    await team.desk.press(team.press(name=""))
    (posted,) = team.new()
    assert posted.mention == "456"
    assert posted.text.startswith(wording.HANDOVER_SOMEONE)


async def test_without_an_owner_the_admins_are_named(asked) -> None:
    team = await asked("", admins="slack:UADMIN,discord:9")
    said = await team.desk.press(team.press())
    assert said == wording.no_owner(("discord:9", "slack:UADMIN"))
    assert "slack:UADMIN" in said
    assert team.new() == []
    assert wording.no_owner(()).endswith("DOCENT_ADMINS names nobody.")


async def test_a_document_that_may_not_be_seen_here_has_no_owner_here(asked) -> None:
    team = await asked("* slack:U7")
    await team.core.access.set_private(["default"], private=True)
    assert await team.desk.press(team.press()) == wording.no_owner(())
    assert team.new() == []


async def test_in_a_direct_message_the_asker_is_shown_whom_to_ask(asked) -> None:
    team = await asked("* slack:U7", private=True)
    assert await team.desk.press(team.press()) == ""
    (posted,) = team.new()
    assert (posted.mention, "you could ask them yourself" in posted.text) == ("U7", True)


async def test_on_the_page_the_asker_is_told_whom_to_ask(asked) -> None:
    team = await asked("* Ada", platform="web")
    assert await team.desk.press(team.press()) == wording.owner_named("Ada", "vacation.md")
    assert team.new() == []


async def test_where_nothing_can_be_written_it_is_said_and_can_be_tried_again(asked) -> None:
    team = await asked("* slack:U7")
    team.surface.failures.append(PlatformError("not_in_channel"))
    assert await team.desk.press(team.press()) == wording.HANDOVER_REFUSED
    assert await team.desk.press(team.press()) == wording.handed_over("vacation.md")
    assert len(team.new()) == 1


async def test_front_matter_counts_before_the_list(asked, tmp_path: Path) -> None:
    team = await asked("* slack:U7")
    write(tmp_path / "docs", vacation=f"---\nowner: slack:U9\n---\n{VACATION}")
    await team.core.ingester.ingest(tmp_path / "docs")
    await team.desk.press(team.press())
    assert [reply.mention for reply in team.new()] == ["U9"]


@pytest.mark.parametrize(
    ("platform", "owners", "owner"),
    [
        ("slack", ["Ada", "slack:U1"], Owner("slack:U1", "U1")),
        ("slack", ["slack:!channel", "Ada"], Owner("slack:!channel")),
        ("slack", ["slack:U1> <!here"], Owner("slack:U1> <!here")),
        ("slack", ["discord:456"], Owner("discord:456")),
        ("discord", ["discord:everyone", "discord:456"], Owner("discord:456", "456")),
        ("web", ["web:1"], Owner("web:1")),
    ],
)
def test_only_what_looks_like_an_id_of_the_platform_is_called(platform: str, owners: list[str], owner: Owner) -> None:
    assert owner_on(platform, owners) == owner
