"""Reads the small files of rules in a folder, whose patterns are those of `.gitignore`, within limits."""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from core.errors import IngestionError
from core.ingestion.loaders.files import open_regular

_BYTES_LIMIT = 64 * 1024
_RULE_LIMIT = 1_000
# The rules become regular expressions, whose time grows with a power of the number of wildcards that are tried against
# each other: with these limits the worst rule takes milliseconds for the longest path that a file system allows.
_STARS_IN_NAME = 3
_STARS_IN_PATH = 2


def read_rule_lines(path: Path) -> list[str] | None:
    """Give the lines of a file of rules, None where there is no such file.

    Raises IngestionError for one that can't be read as one.
    """
    if not path.exists() and not path.is_symlink():
        return None
    try:
        with open_regular(path) as file:
            data = file.read(_BYTES_LIMIT + 1)
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise IngestionError(f"{path.name} is not UTF-8 (byte {error.start:,}); save it as UTF-8.") from error
    except IngestionError as error:
        raise IngestionError(f"{path.name} can't be used: {error}") from error
    if len(data) > _BYTES_LIMIT or len(lines) > _RULE_LIMIT:
        raise IngestionError(f"{path.name} has over {_RULE_LIMIT:,} lines or {_BYTES_LIMIT:,} bytes; shorten it.")
    return lines


def check_pattern(pattern: str, name: str, number: int) -> None:
    """Raise IngestionError for a pattern that can't be tried; it stands in line `number` of the file `name`."""
    parts = pattern.split("/")
    if parts.count("**") > _STARS_IN_PATH or any(part.count("*") > _STARS_IN_NAME for part in parts):
        raise IngestionError(f"{name} has more wildcards in line {number} than can be tried; use fewer *.")
    try:
        GitIgnoreSpec.from_lines([pattern])
    except GitIgnorePatternError as error:
        raise IngestionError(f"{name} has no rule that can be read in line {number}; mend it.") from error
