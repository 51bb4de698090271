"""`docent search`: retrieval only."""

from __future__ import annotations

import argparse
import json

from rich.console import Console
from rich.style import Style

from bot import wording
from bot.answer_json import passages_json
from bot.commands.ready import require_index
from bot.links import parse_links
from bot.opening import open_docent
from bot.settings import BotSettings
from core.errors import ConfigurationError
from core.retrieval.condense import condense
from core.settings import load_settings


async def run(arguments: argparse.Namespace) -> int:
    """Print the chunks that a question finds, best first."""
    if arguments.k < 1:
        raise ConfigurationError(f"-k is {arguments.k}; ask for at least 1 chunk.")
    links = parse_links(load_settings(BotSettings).source_url)
    async with open_docent(answers=False) as core:
        question = core.answerer.checked(arguments.question)
        await require_index(core)
        query = condense(question, (), core.settings.search_language)
        passages = await core.retriever.retrieve(query, limit=arguments.k, collections=arguments.collection)
    if arguments.json:
        print(json.dumps({"question": question, "passages": passages_json(passages, links=links)}, ensure_ascii=False))
        return 0
    console = Console(highlight=False)
    for rank, passage in enumerate(passages, start=1):
        console.print(f"[bold]{rank:2}[/]  ", end="")
        style = Style(color="cyan", link=links.url(passage) or None)
        console.print(wording.place(passage), style=style, markup=False, end="")
        console.print(f"  [dim]distance {passage.cosine_distance:.3f}, score {passage.score:.3f}[/]")
        console.print("    " + " ".join(passage.chunk.text.split())[:200], markup=False)
    return 0
