"""`docent collections`: what there is and who may see it, and changing that."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bot import wording
from bot.access import parse_scope
from bot.opening import open_docent
from core.errors import ConfigurationError
from core.storage.access_store import AccessStore, CollectionAccess, Scope


async def run(arguments: argparse.Namespace) -> int:
    """List the collections, or change one thing."""
    scope = parse_scope(arguments.scope) if arguments.change == "limit" else None
    async with open_docent(answers=False) as core:
        if scope is not None:
            await _limit(core.access, scope, arguments.names, lift=arguments.all)
        elif arguments.change == "private":
            private = arguments.switch == "on"
            await core.access.set_private([arguments.name], private=private)
            print(wording.marked(arguments.name, private=private))
        else:
            _show(await core.access.collections(), as_json=arguments.json)
    return 0


async def _limit(access: AccessStore, scope: Scope, names: list[str], *, lift: bool) -> None:
    if lift == bool(names):
        raise ConfigurationError("Say what the place is limited to: NAME ..., or --all for everything.")
    if lift:
        print(wording.unlimited(str(scope), was_limited=await access.lift(scope)))
        return
    await access.limit(scope, names)
    print(wording.limited(str(scope), names))
    for entry in await access.collections():
        if entry.private and entry.name in names and not scope.channel:
            print(wording.private_too_wide(entry.name))


def _show(found: list[CollectionAccess], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"collections": [asdict(entry) for entry in found]}, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if not found:
        console.print(wording.NOTHING_INGESTED)
        return
    table = Table("collection", "documents", "chunks", "private", "named for")
    for entry in found:
        counts = str(entry.documents), str(entry.chunks)
        table.add_row(entry.name, *counts, "yes" if entry.private else "no", "\n".join(entry.named_for) or "-")
    console.print(table)
