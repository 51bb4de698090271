"""Reads `.docentignore` files (the rules of `.gitignore`) and says which paths they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from core.errors import IngestionError
from core.ingestion.loaders.files import open_regular

IGNORE_FILE = ".docentignore"

_BYTES_LIMIT = 64 * 1024
_RULE_LIMIT = 1_000
# The rules become regular expressions, whose time grows with a power of the number of wildcards that are tried against
# each other: with these limits the worst rule takes milliseconds for the longest path that a file system allows.
_STARS_IN_NAME = 3
_STARS_IN_PATH = 2


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one folder's ignore file; place: the folder's path with "/" at its end, "" for the root."""

    place: str
    spec: GitIgnoreSpec


def read_rules(folder: Path, place: str) -> Rules | None:
    """Give the rules of the folder at `place` below `folder`, None where it has no ignore file.

    Raises IngestionError for an ignore file that can't be read as one: what it would leave out is not known then.
    """
    path = folder / place / IGNORE_FILE
    if not path.exists() and not path.is_symlink():
        return None
    try:
        with open_regular(path) as file:
            data = file.read(_BYTES_LIMIT + 1)
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise IngestionError(f"{IGNORE_FILE} is not UTF-8 (byte {error.start:,}); save it as UTF-8.") from error
    except IngestionError as error:
        raise IngestionError(f"{IGNORE_FILE} can't be used: {error}") from error
    if len(data) > _BYTES_LIMIT or len(lines) > _RULE_LIMIT:
        raise IngestionError(f"{IGNORE_FILE} has over {_RULE_LIMIT:,} lines or {_BYTES_LIMIT:,} bytes; shorten it.")
    for number, line in enumerate(lines, 1):
        _check(line, number)
    return Rules(place, GitIgnoreSpec.from_lines(lines))


def is_ignored(path: str, rules: Sequence[Rules]) -> bool:
    """Tell whether a path ("/" at its end for a folder) stays out; `rules` stand outermost first, the innermost win."""
    for each in reversed(rules):
        decision = each.spec.check_file(path.removeprefix(each.place)).include
        if decision is not None:
            return decision
    return False


def _check(line: str, number: int) -> None:
    names = line.split("/")
    if names.count("**") > _STARS_IN_PATH or any(name.count("*") > _STARS_IN_NAME for name in names):
        raise IngestionError(f"{IGNORE_FILE} has more wildcards in line {number} than can be tried; use fewer *.")
    try:
        GitIgnoreSpec.from_lines([line])
    except GitIgnorePatternError as error:
        raise IngestionError(f"{IGNORE_FILE} has no rule that can be read in line {number}; mend it.") from error
