"""`docent golden`: the questions whose right answer is known; `docent eval golden` asks them anew."""

from __future__ import annotations

import argparse
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import wording
from bot.commands.ingest import person
from bot.opening import open_docent
from core.bootstrap import Core
from core.errors import ConfigurationError
from core.evaluation.golden import GoldenAnswer, GoldenQuestion
from core.storage.golden_store import GoldenStore
from core.storage.question_store import QuestionStore

_WIDTH = 120  # of the table where there is no terminal that has one


async def run(arguments: argparse.Namespace) -> int:
    """List, add or remove; what is changed is written into the audit table."""
    async with open_docent(answers=False) as core:
        store = GoldenStore(core.database)
        if arguments.change == "add":
            await _add(core, store, arguments)
        elif arguments.change == "remove":
            await _remove(core, store, arguments.id)
        else:
            _show(await store.all(), as_json=arguments.json)
    return 0


async def _add(core: Core, store: GoldenStore, arguments: argparse.Namespace) -> None:
    question, answer = arguments.question.strip(), (arguments.answer or "").strip()
    core.answerer.checked(question)
    if not answer and not arguments.refusal:
        raise ConfigurationError('Give the right answer with --answer "...", or --refusal where refusing is right.')
    known = {entry.name for entry in await core.access.collections()}
    for name in arguments.collection or ():
        if name not in known:
            raise ConfigurationError(f"There is no collection {name!r}; `docent status` names those there are.")
    right = GoldenAnswer("refusal") if arguments.refusal else GoldenAnswer("answer", answer)
    golden_id = await store.add(question, right, person(), arguments.collection)
    await _audit(core, "golden add", f"golden {golden_id}")
    print(wording.golden_added(golden_id))


async def _remove(core: Core, store: GoldenStore, golden_id: int) -> None:
    if not await store.remove(golden_id):
        raise ConfigurationError(f"There is no golden question {golden_id}; `docent golden` lists them with their ids.")
    await _audit(core, "golden remove", f"golden {golden_id}")
    print(wording.golden_removed(golden_id))


async def _audit(core: Core, action: str, detail: str) -> None:
    actor = person().removeprefix("cli:")
    await QuestionStore(core.database).audit("cli", actor, action, allowed=True, detail=detail, outcome="done")


def _show(questions: list[GoldenQuestion], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_question_json(one) for one in questions], ensure_ascii=False))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH)
    if not questions:
        console.print(wording.GOLDEN_NONE, markup=False, soft_wrap=True)
        return
    table = Table("id", "question", "right answer", "by")
    for one in questions:
        right = wording.NOT_FOUND if one.right.kind == "refusal" else " ".join(one.right.text.split())
        shown = [Text(wording.printable(text)) for text in (one.question, right)]
        table.add_row(str(one.id), *shown, wording.GOLDEN_SOURCES[one.source])
    console.print(table)


def _question_json(one: GoldenQuestion) -> dict[str, object]:
    return {
        "id": one.id,
        "question": one.question,
        "history": [{"question": turn.question, "answer": turn.answer} for turn in one.history],
        "collections": list(one.collections) if one.collections is not None else None,
        "kind": one.right.kind,
        "answer": one.right.text,
        "cited": [
            {"collection": each.collection, "document": each.document, "evidence": each.evidence}
            for each in one.right.cited
        ],
        "source": one.source,
    }
