"""Reads who owns which document from a folder's list of owners, written like GitHub's CODEOWNERS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pathspec import PathSpec
from pathspec.pattern import Pattern

from core.errors import IngestionError
from core.ingestion.owner_names import tidied
from core.ingestion.rule_files import check_pattern, read_rule_lines

# In the folder's root; the first that is there counts.
OWNERS_FILES = (".docent-owners", "CODEOWNERS")

_BETWEEN = re.compile(r"(?<!\\)\s+")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")


@dataclass(frozen=True, slots=True)
class OwnerRules:
    """A list of owners: patterns, and the owners of each, in the order of the file."""

    spec: PathSpec[Pattern]
    owners: tuple[tuple[str, ...], ...]

    def of(self, path: str) -> tuple[str, ...]:
        """Give the owners of a document by its path: those of the last pattern that matches; none without one."""
        match = self.spec.check_file(path)
        return self.owners[match.index] if match.include and match.index is not None else ()


def no_owners() -> OwnerRules:
    """Give the rules of a folder without a list."""
    return OwnerRules(PathSpec.from_lines("gitignore", []), ())


def read_owner_rules(folder: Path) -> OwnerRules:
    """Give the rules of a folder's list of owners. Raises IngestionError for a list that can't be read."""
    for name in OWNERS_FILES:
        lines = read_rule_lines(folder / name)
        if lines is not None:
            return _parsed(name, lines)
    return no_owners()


def _parsed(name: str, lines: list[str]) -> OwnerRules:
    patterns: list[str] = []
    owners: list[tuple[str, ...]] = []
    for number, line in enumerate(lines, 1):
        pattern, *named = [part for part in _BETWEEN.split(_COMMENT.sub("", line).strip()) if part] or [""]
        if not pattern:
            continue
        if pattern.startswith("!"):
            raise IngestionError(
                f"{name} has a pattern that begins with ! in line {number}; write the path without owners behind it "
                "further down instead."
            )
        check_pattern(pattern, name, number)
        patterns.append(pattern)
        owners.append(tidied([owner.replace("\\ ", " ") for owner in named]))
    return OwnerRules(PathSpec.from_lines("gitignore", patterns), tuple(owners))
