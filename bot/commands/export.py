"""`docent export`: gives all that is stored about a person, as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from bot import wording
from bot.opening import open_docent
from bot.people import person_named
from core.errors import ConfigurationError
from core.storage.person_store import PersonStore


async def run(arguments: argparse.Namespace) -> int:
    """Print the JSON, or write it to a file that only this user may read; say so where nothing is stored."""
    person = person_named(arguments.user)
    async with open_docent(answers=False) as core:
        stored = await PersonStore(core.database).export(person)
    count = sum(len(records) for records in stored.values())
    if not count:
        print(wording.nothing_stored(person), file=sys.stderr)
        return 0
    told = json.dumps({"person": str(person), **stored}, ensure_ascii=False, indent=2, default=_written)
    if arguments.out is None:
        print(told)
    else:
        _write(arguments.out, told)
        print(wording.person_exported(person, arguments.out, count))
    return 0


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _write(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise ConfigurationError(f"The export can't be written to {str(path)!r}: {error.strerror}.") from error
