"""The note in the virtual environment that says what it was set up for, which makes the second run short."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

Facts = Mapping[str, str]


def digest(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp(path: Path) -> dict[str, str]:
    """Give the facts of a finished set-up; none when there is no readable stamp, which means: set up again."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write_stamp(path: Path, facts: Facts) -> None:
    """Note a finished set-up."""
    path.write_text(json.dumps(dict(facts), indent=2) + "\n", encoding="utf-8")


def changes(stored: Facts, wanted: Facts) -> list[str]:
    """Name the facts that differ; an empty list means that nothing is to be done."""
    return sorted(name for name in {*stored, *wanted} if stored.get(name) != wanted.get(name))
