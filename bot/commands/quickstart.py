"""`docent quickstart`, what `make run` runs: migrate, ingest DOCS_DIR, prove it with one question, then serve."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from bot import wording
from bot.commands.ingest import ingest_shown
from bot.commands.ingest import text as summary_text
from bot.links import parse_links
from bot.opening import open_docent
from bot.serving import serve
from bot.settings import BotSettings
from bot.terminal import THEME, show_answer
from core.bootstrap import Core
from core.errors import ConfigurationError
from core.models import Question
from core.settings import CoreSettings, load_settings

_SAMPLE_QUESTION = "How many vacation days do employees get?"


async def run(arguments: argparse.Namespace) -> int:
    """Do all of it; the proof is an answer with footnotes from the folder that was just ingested.

    With --ask that question takes the proof's place, and nothing is served.
    """
    bot = load_settings(BotSettings)
    links = parse_links(bot.source_url)
    console = Console(highlight=False, theme=THEME)
    async with open_docent(migrate=True) as core:
        folder = core.settings.docs_dir
        console.print(wording.ingesting(folder), markup=False)
        summary = await ingest_shown(core.ingester, folder, confirmed=await _is_another(core, folder))
        console.print(summary_text(summary), markup=False)
        if not summary.added + summary.changed + summary.moved + summary.unchanged:
            raise ConfigurationError(wording.no_documents(folder))
        question = arguments.ask or await _proof_question(core)
        console.print(f"\n> {question}\n", style="bold", markup=False)
        await show_answer(core.answerer, Question(question), console, links)
        console.print()
        if not arguments.ask:
            await serve(core, bot)
    return 0


async def _is_another(core: Core, folder: Path) -> bool:
    """Tell whether DOCS_DIR names another folder than before: that is how a person says that the old one may go."""
    place = str(await asyncio.to_thread(folder.resolve))
    return any(entry.name == "default" and entry.folder != place for entry in await core.index.status())


async def _proof_question(core: Core) -> str:
    """Give a question that the ingested folder answers: about the sample, or about whatever lies in another folder."""
    if core.settings.docs_dir == CoreSettings.model_fields["docs_dir"].default:
        return _SAMPLE_QUESTION
    return wording.question_about(await core.index.any_title())
