"""`docent simulate slack|discord`: plays a conversation against a local server and shows what people would see."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot import wording
from bot.admin import Admins
from bot.commands.ready import require_index
from bot.dispatch import Dispatcher
from bot.opening import open_docent
from bot.simulate.stage import Open
from core.bootstrap import Core, build_worker
from core.ending import end
from core.errors import ConfigurationError, PlatformError

# A question that begins so is an admin's command; it really ingests.
_REINGEST = "/reingest"
_SAMPLE = ("How many vacation days do employees get?", "and for contractors?")


async def run(arguments: argparse.Namespace) -> int:
    """Ask every question, the later ones as follow-ups; print the channel then, and draw it where asked to."""
    async with open_docent() as core:
        await require_index(core)
        desk = Dispatcher(core, Admins("", managers=True))
        await desk.begin()
        try:
            async with _working(core, desk):
                transcript, page = await play(stage_of(arguments.platform), desk, arguments.questions or _SAMPLE)
        finally:
            await desk.drain(0)
    print(transcript)
    if arguments.html:
        save(page, arguments.html)
    return 0


@asynccontextmanager
async def _working(core: Core, desk: Dispatcher) -> AsyncIterator[None]:
    """Work at what is on the queue and tell how it goes, as a process that serves does."""
    tasks = [asyncio.create_task(work) for work in (build_worker(core).run(), desk.watch())]
    try:
        yield
    finally:
        await end(tasks)


async def play(opened: Open, desk: Dispatcher, questions: Sequence[str]) -> tuple[str, str]:
    """Give the transcript and the page of a conversation, in which the first answer is asked for its evidence.

    "/reingest FOLDER --dry-run" in the place of a question is that command, given by an admin.
    Raises PlatformError when there is no answer in time.
    """
    try:
        async with opened(desk) as stage:
            for number, question in enumerate(questions):
                if question == _REINGEST or question.startswith(f"{_REINGEST} "):
                    await stage.reingest(question.removeprefix(_REINGEST).strip())
                    continue
                await stage.ask(question)
                if number == 0:
                    await stage.show_evidence()
            return stage.transcript(), stage.page()
    except TimeoutError as error:
        raise PlatformError(f"The simulated conversation got stuck: {error}") from error


def stage_of(platform: str) -> Open:
    """Give how the stage of a platform is opened."""
    # Each platform's library is imported only when it is played.
    if platform == "slack":
        from bot.simulate.slack_stage import slack_stage

        return slack_stage
    from bot.simulate.discord_stage import discord_stage

    return discord_stage


def save(page: str, path: Path) -> None:
    """Write a page and say where it is. Raises ConfigurationError."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written ({error.strerror}); give --html another file.") from error
    print(wording.page_saved(path))
