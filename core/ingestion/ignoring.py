"""Reads `.docentignore` files (the rules of `.gitignore`) and says which paths they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from core.ingestion.rule_files import check_pattern, read_rule_lines

IGNORE_FILE = ".docentignore"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one folder's ignore file; place: the folder's path with "/" at its end, "" for the root."""

    place: str
    spec: GitIgnoreSpec


def read_rules(folder: Path, place: str) -> Rules | None:
    """Give the rules of the folder at `place` below `folder`, None where it has no ignore file.

    Raises IngestionError for an ignore file that can't be read as one: what it would leave out is not known then.
    """
    lines = read_rule_lines(folder / place / IGNORE_FILE)
    if lines is None:
        return None
    for number, line in enumerate(lines, 1):
        check_pattern(line, IGNORE_FILE, number)
    return Rules(place, GitIgnoreSpec.from_lines(lines))


def is_ignored(path: str, rules: Sequence[Rules]) -> bool:
    """Tell whether a path ("/" at its end for a folder) stays out; `rules` stand outermost first, the innermost win."""
    for each in reversed(rules):
        decision = each.spec.check_file(path.removeprefix(each.place)).include
        if decision is not None:
            return decision
    return False
