"""`docent simulate`: a conversation that is played with the real desk and libraries, told as text and as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import wording
from bot.admin import Admins
from bot.commands import simulate
from bot.dispatch import Dispatcher
from bot.simulate import stage
from bot.simulate.discord_stage import discord_stage
from bot.simulate.slack_stage import slack_stage
from bot.simulate.stage import Open
from core.errors import ConfigurationError, PlatformError
from tests.platforms.conftest import StartDesk
from tests.platforms.drawn_page import assert_harmless, parsed, seen
from tests.platforms.real_desk import at_work

QUESTIONS = ("How many vacation days do employees get?", "and for contractors?")
PLATFORMS = pytest.mark.parametrize(("opened", "name"), [(slack_stage, "Grace"), (discord_stage, "ben")])


def scenes(page: str) -> list[tuple[str, list[str]]]:
    """Give the title of each scene with the words of its steps, without their seconds."""
    return [
        (next(scene.iter("h3")).text_content(), [step.text_content().split(" s ")[1] for step in scene.iter("li")])
        for scene in parsed(page).iter("section")
    ]


@PLATFORMS
async def test_a_conversation_is_told_as_text_and_drawn(opened: Open, name: str, start: StartDesk) -> None:
    transcript, page = await simulate.play(opened, await start(), QUESTIONS)
    for told in (transcript, seen(page, "window")[0]):
        assert told.index(QUESTIONS[0]) < told.index("30 vacation days") < told.index(QUESTIONS[1])
        assert "no paid vacation" in told[told.index(QUESTIONS[1]) :]
    assert_harmless(page)


@PLATFORMS
async def test_the_page_tells_how_the_answers_came_about(opened: Open, name: str, start: StartDesk) -> None:
    _, page = await simulate.play(opened, await start(), QUESTIONS)
    (asks, asked), (presses, shown), (asks_on, followed) = scenes(page)
    assert [asks, asks_on] == [wording.page_asks(name)] * 2
    assert presses == wording.page_presses(name, wording.SLACK_SHOW_EVIDENCE)
    for question, steps in zip(QUESTIONS, (asked, followed), strict=True):
        assert steps[0].startswith(wording.page_written(name))
        assert question in steps[0]
        assert any(step.startswith(wording.page_reacted(["Docent"])) for step in steps)
        assert wording.SLACK_SHOW_EVIDENCE in steps[-1]
    assert "30 vacation days" in asked[-1]
    assert len(shown) == 1
    assert "30 vacation days" in shown[0]


@PLATFORMS
async def test_a_hostile_document_does_nothing_in_the_page(
    opened: Open, name: str, start: StartDesk, folder: Path
) -> None:
    (folder / "pie.md").write_text("Pie is served as `<script>pie()</script>` to @everyone by <!channel>.", "utf-8")
    _, page = await simulate.play(opened, await start(), ["Pie is served to whom? <script>alert(1)</script> @everyone"])
    assert_harmless(page)
    assert "<script>pie()</script>" in seen(page, "window")[0]
    assert "<script>alert(1)</script>" in seen(page, "window")[0]


@PLATFORMS
async def test_nothing_of_a_real_workspace_gets_in(
    opened: Open, name: str, start: StartDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"DISCORD_GUILD_ID": "1", "SLACK_LISTEN": "mention", "SLACK_SIGNING_SECRET": "s"}.items():
        monkeypatch.setenv(variable, value)
    transcript, _ = await simulate.play(opened, await start(), QUESTIONS)
    assert transcript.count("vacation.md") >= 2


@PLATFORMS
async def test_a_re_ingest_is_played_from_its_plan_to_its_summary(
    opened: Open, name: str, start: StartDesk, folder: Path
) -> None:
    desk = Dispatcher((await start())._core, Admins("", managers=True))
    for document in folder.iterdir():
        document.unlink()
    async with at_work(desk):
        transcript, page = await simulate.play(opened, desk, ["/reingest default --dry-run", "/reingest default"])
        (looks, _), (commands, asked), (presses, done) = scenes(page)
    assert "/reingest default --dry-run" in looks.replace("/docent ", "/")
    assert "/reingest default" in commands.replace("/docent ", "/")
    assert wording.RUN_BUTTONS["confirm"] in presses
    assert any("This would remove 3 of 3 documents" in step for step in asked)
    assert "Done: 0 added" in done[-1]
    assert "Nothing was changed." in transcript
    assert_harmless(page)


@PLATFORMS
async def test_a_re_ingest_that_is_refused_is_played_too(opened: Open, name: str, start: StartDesk) -> None:
    desk = Dispatcher((await start())._core, Admins("", managers=True))
    async with at_work(desk):
        transcript, _ = await simulate.play(opened, desk, ["/reingest ../secret"])
    assert "INGEST_ROOTS" in transcript


async def test_a_refusal_has_no_evidence_to_show_and_the_conversation_goes_on(start: StartDesk) -> None:
    _, page = await simulate.play(slack_stage, await start(), ["zebra xylophone?", QUESTIONS[0]])
    assert [title for title, _ in scenes(page)] == [wording.page_asks("Grace")] * 2


async def test_an_answer_that_does_not_come_ends_with_one_line(
    start: StartDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "ANSWER_SECONDS", 0.01)
    with pytest.raises(PlatformError, match=r"got stuck: Not so within 0\.01 s"):
        await simulate.play(slack_stage, await start(), QUESTIONS)


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"missing/page\.html can't be written"):
        simulate.save("<p>", tmp_path / "missing" / "page.html")
    simulate.save("<p>é", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == "<p>é"
    assert "page.html" in capsys.readouterr().out


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_each_platform_has_its_stage(platform: str) -> None:
    assert simulate.stage_of(platform) is {"slack": slack_stage, "discord": discord_stage}[platform]
