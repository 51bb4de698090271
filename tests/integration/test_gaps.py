"""What the documents lack, from questions as chats store them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import wording
from bot.cli import build_parser
from bot.commands import gaps
from core.reporting.gaps import GapGroup, GapReport
from core.reporting.reporter import GapReporter
from core.storage.database import Database
from core.storage.gap_store import DocumentName, DocumentUse, GapStore
from tests.fakes.embedder import FakeEmbedder
from tests.integration.asked import Asked
from tests.integration.builders import EXPENSES, VACATION, ingester, write


async def report(database: Database, days: int = 30, shown_in: tuple[str, ...] | None = None) -> GapReport:
    return await GapReporter(GapStore(database), FakeEmbedder(), "english").report(days, shown_in)


def named(*paths: str) -> tuple[DocumentName, ...]:
    return tuple(DocumentName("default", path) for path in paths)


async def test_questions_that_were_refused_doubtful_or_disliked_are_gaps_and_others_are_none(
    database: Database,
) -> None:
    ask = Asked(database)
    await ask("Where is the bicycle shed?", found=["site.md"])
    await ask("Who repairs the coffee machine?", kind="quoted", uncertain=True, found=["kitchen.md"])
    await ask(
        "How many holidays do I get?", kind="phrased", cited=["leave.md"], down=["outdated", "outdated", "Ask me"]
    )
    await ask("What may a hotel cost?", kind="quoted", cited=["expenses.md"], up=1)
    await ask("hello", kind="chat")
    made = await report(database)
    assert (made.answered, made.questions) == (4, 3)
    found = {group.title: group for group in made.groups}
    assert {title: (group.refused, group.uncertain, group.disliked) for title, group in found.items()} == {
        "Where is the bicycle shed?": (1, 0, 0),
        "Who repairs the coffee machine?": (0, 1, 0),
        "How many holidays do I get?": (0, 0, 1),
    }
    assert found["How many holidays do I get?"].reasons == (("outdated", 2), ("Ask me", 1))
    assert found["How many holidays do I get?"].nearest == named("leave.md")
    assert found["Where is the bicycle shed?"].nearest == named("site.md")


async def test_what_asks_for_the_same_is_one_group_with_how_often_and_by_how_many_it_was_asked(
    database: Database,
) -> None:
    ask = Asked(database)
    await ask("where is the bicycle shed", user="U1", found=["site.md", "a.md"], days_ago=3)
    await ask("where is the bicycle shed please", user="U2", found=["site.md", "b.md"], days_ago=1)
    await ask("Where is the bicycle shed?", user="U1", found=["c.md", "site.md"], days_ago=2)
    await ask("parental leave for fathers", user="U1")
    first, second = (await report(database)).groups
    assert (first.title, first.asked, first.people) == ("Where is the bicycle shed?", 3, 2)
    assert first.nearest[0] == DocumentName("default", "site.md")
    assert first.questions[0] == "where is the bicycle shed please"
    assert (second.title, second.asked) == ("parental leave for fathers", 1)


async def test_a_follow_up_is_grouped_and_shown_as_it_was_searched(database: Database) -> None:
    await Asked(database)("and in Berlin?", condensed="Where is the bicycle shed? and in Berlin?")
    (group,) = (await report(database)).groups
    assert group.title == "Where is the bicycle shed? and in Berlin?"


async def test_old_questions_do_not_count(database: Database) -> None:
    ask = Asked(database)
    await ask("Where is the bicycle shed?", days_ago=40)
    assert await report(database) == GapReport(30, 0)
    assert (await report(database, days=50)).questions == 1


async def test_a_forgotten_question_is_no_gap(database: Database) -> None:
    from sqlalchemy import text

    await Asked(database)("Where is the bicycle shed?", down=["wrong"])
    async with database.begin() as connection:
        await connection.execute(text("DELETE FROM conversations"))
    assert (await report(database)).questions == 0


@pytest.mark.parametrize(
    "secret",
    [{"private": True}, {"is_public": False}, {"is_public": None}, {"platform": "web"}],
    ids=["direct message", "private channel", "nobody knows", "the page"],
)
async def test_what_was_asked_in_private_is_for_admins_alone(database: Database, secret: dict[str, object]) -> None:
    ask = Asked(database)
    await ask("bicycle shed of the boss", **secret)  # type: ignore[arg-type]
    await ask(
        "the bicycle shed of the boss", found=["site.md", ("secret", "plans.md")], kind="quoted", down=["Ask Ada"]
    )
    (for_admins,) = (await report(database)).groups
    assert (for_admins.asked, for_admins.is_public) == (2, False)
    shown = await report(database, shown_in=("default",))
    (group,) = shown.groups
    assert (group.title, group.asked, shown.withheld) == ("the bicycle shed of the boss", 1, 1)
    assert (group.nearest, group.reasons) == (named("site.md"), ())


async def test_documents_that_nobody_needs_and_disliked_ones_are_named(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(
        write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES, other="# O\n\nWords.")
    )
    ask = Asked(database)
    assert (await report(database)).never_cited == ()
    for down in ([], ["wrong"], ["wrong"]):
        await ask("vacation?", kind="quoted", cited=["vacation.md"], found=["vacation.md", "expenses.md"], down=down)
    made = await report(database)
    assert made.never_cited == (
        DocumentUse(DocumentName("default", "expenses.md"), 3, 0, 0, 0),
        DocumentUse(DocumentName("default", "other.md"), 0, 0, 0, 0),
    )
    assert made.disliked == (DocumentUse(DocumentName("default", "vacation.md"), 3, 3, 2, 0),)
    assert (await report(database, shown_in=())).disliked == ()


async def test_the_command_prints_a_table_and_json(
    database: Database, migrated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("core.bootstrap.build_embedder", lambda _settings: FakeEmbedder())
    assert await gaps.run(build_parser().parse_args(["gaps"])) == 0
    assert wording.GAPS_NOTHING_ASKED in capsys.readouterr().out
    await Asked(database)("Where is the\x1b[31m shed?", user="UNAME", private=True, found=["site.md"])
    assert await gaps.run(build_parser().parse_args(["gaps", "--days", "7"])) == 0
    shown = capsys.readouterr().out
    for words in ("1 question in the last 7 days", "asked once by one person", "refused once", "site.md"):
        assert words in shown
    assert wording.GAPS_PRIVATE in shown
    assert "\x1b" not in shown
    assert await gaps.run(build_parser().parse_args(["gaps", "--json"])) == 0
    written = capsys.readouterr().out
    assert json.loads(written)["groups"][0]["nearest"] == [{"collection": "default", "path": "site.md"}]
    assert "UNAME" not in shown + written


def test_a_group_is_told_in_words() -> None:
    from datetime import UTC, datetime

    group = GapGroup("?", ("?",), 3, 1, 2, 1, 0, (), (), datetime(2026, 1, 1, tzinfo=UTC), True)
    assert wording.gap_people(group) == "asked 3 times by one person"
    assert wording.gap_causes(group) == "refused 2 times, uncertain once"
    assert wording.gap_reason("wrong", 2) == f"{wording.DOWN_REASONS['wrong']} (2 times)"
    assert wording.gap_reason("Ask Ada", 1) == "“Ask Ada”"
    assert wording.gap_reason("source: see expenses.md", 1) == f"{wording.DOWN_REASONS['source']}: “see expenses.md”"
