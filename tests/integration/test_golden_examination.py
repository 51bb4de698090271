"""The golden set is examined: what changed is named, in the terminal, by itself after ingests, and to the thread."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import wording
from bot.cli import build_parser
from bot.evaluating import golden as golden_command
from bot.golden_keeper import GoldenKeeper
from core.bootstrap import open_core
from core.evaluation.examination import examine, last_examination
from core.evaluation.golden import GoldenAnswer
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import VACATION
from tests.integration.feedback_office import ASKED, UNKNOWN, Office

HOTEL = "How much may a hotel cost a night?"
MORE = VACATION.replace("30", "31")


@pytest.fixture
async def office(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    model = FakeChatModel("You get 30 vacation days [1].")
    monkeypatch.setenv("COLUMNS", "250")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        opened = Office(core, model, tmp_path / "docs")
        await opened.open()

        class Opened:
            async def __aenter__(self):
                return core

            async def __aexit__(self, *_: object) -> None:
                pass

        monkeypatch.setattr(golden_command, "open_docent", Opened)
        yield opened
        await opened.desk.drain(0)


async def liked(office: Office) -> None:
    """Ask two questions whose answers are liked, in two threads."""
    for thread, words in enumerate((ASKED, HOTEL), start=1):
        await office.press("up", await office.ask(words, str(thread)))


async def evaluate(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    capsys.readouterr()
    status = await golden_command.run(build_parser().parse_args(["eval", "golden", *options]))
    return status, capsys.readouterr().out


async def test_a_changed_document_is_found_by_its_golden_question_and_the_thread_is_told_once(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await liked(office)
    status, told = await evaluate(capsys)
    assert (status, wording.golden_summary(2, 2, 0) in told) == (0, True)

    await office.ingest(vacation=MORE)
    status, told = await evaluate(capsys)
    assert status == 1
    assert wording.golden_summary(2, 1, 1) in told
    (row,) = [line for line in told.splitlines() if ASKED in line and "NO" in line]
    assert wording.GOLDEN_DIFFERENCES["evidence"] in row
    assert wording.GOLDEN_DIFFERENCES["numbers"] in row
    assert "golden: You get 30 vacation days" in told
    assert "now: > Employees get 31 vacation days" in told

    assert office.desk._outdated is not None
    for _ in range(2):
        await office.desk._outdated.look(office.surface)
    (shown,) = office.told()
    assert ASKED in shown.text
    assert "vacation.md" in shown.text


async def test_the_first_examination_names_what_changed_since_it_was_liked(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await liked(office)
    await office.ingest(vacation=MORE)
    status, told = await evaluate(capsys, "--json")
    examined = json.loads(told)
    assert (status, examined["examined"], examined["agreeing"]) == (1, 2, 1)
    (worse,) = (one for one in examined["questions"] if one["id"] in examined["worse"])
    assert (worse["question"], worse["agrees"], worse["differs_from_last_run"]) == (ASKED, False, [])
    assert worse["differs_from_golden"] == ["evidence", "numbers"]
    assert worse["now"]["cited"][0]["evidence"] == "Employees get 31 vacation days a year."
    assert "before" not in worse


async def test_what_was_wrong_before_fails_no_more_and_is_still_said(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await liked(office)
    await office.ingest(vacation=MORE)
    assert (await evaluate(capsys))[0] == 1
    status, told = await evaluate(capsys)
    assert (status, wording.golden_summary(2, 1, 0) in told) == (0, True)


async def test_a_moved_document_and_a_refusal_that_stays_one_agree(office: Office) -> None:
    await liked(office)
    await office.press("up", await office.ask(UNKNOWN, "3"))
    (office.folder / "leave").mkdir()
    (office.folder / "vacation.md").rename(office.folder / "leave" / "vacation.md")
    await office.core.ingester.ingest(office.folder)
    examined = await examine(office.core.answerer, office.golden, office.runs, "c")
    assert [one.agrees for one in examined] == [True, True, True]


async def test_a_correction_is_judged_anew_by_the_last_examination(office: Office) -> None:
    await liked(office)
    await examine(office.core.answerer, office.golden, office.runs, "c")
    first = (await office.golden.all())[0]
    assert await office.golden.correct(first.id, GoldenAnswer("answer", "31 days."), "web:admin")
    assert [one.golden.question for one in await last_examination(office.golden, office.runs)] == [HOTEL]
    examined = await examine(office.core.answerer, office.golden, office.runs, "c")
    assert [(one.agrees, one.got_worse) for one in examined] == [(False, False), (True, False)]


async def test_a_follow_up_is_asked_with_its_history_and_only_in_its_collections(office: Office) -> None:
    await office.ask()
    await office.press("up", await office.ask("and for contractors?", number="2"))
    prompts = len(office.model.prompts)
    (one,) = await examine(office.core.answerer, office.golden, office.runs, "c")
    assert one.agrees
    assert "employees" in office.model.prompts[prompts][1].content
    assert one.golden.collections == ("default",)


async def test_without_golden_questions_that_is_said_and_nothing_recorded(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await evaluate(capsys) == (0, wording.GOLDEN_NONE + "\n")
    assert await office.runs.last() is None


async def test_serve_examines_by_itself_when_documents_or_the_configuration_changed(office: Office) -> None:
    keeper = GoldenKeeper(office.core, lambda: office.desk.busy)
    assert not await keeper.look(), "nothing is golden"
    await liked(office)
    assert await keeper.look(), "the first time"
    assert not await keeper.look()
    await office.core.ingester.ingest(office.folder)
    assert not await keeper.look(), "an ingest that changed nothing"
    await office.ingest(vacation=MORE)
    assert await keeper.look()
    assert [one.got_worse for one in await last_examination(office.golden, office.runs)] == [True, False]
    assert not await keeper.look()
    await office.rows("UPDATE golden_runs SET configuration = 'another' RETURNING id")
    assert await keeper.look(), "another configuration"


async def test_people_go_first_and_of_two_processes_one_examines(office: Office) -> None:
    await liked(office)
    busy = [1, 1, 0, 0]
    async with office.runs.turn() as is_ours:
        assert is_ours
        assert not await GoldenKeeper(office.core, lambda: 0).look()
    assert await GoldenKeeper(office.core, lambda: busy.pop(0) if busy else 0).look()
    assert busy == []
