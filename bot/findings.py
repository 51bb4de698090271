"""What a check of `docent doctor` found, and how it names many things in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. ok None: nothing to check, or a hint. remedy: "" when all is well."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def listed(names: Sequence[str], most: int = 5) -> str:
    """Give names as "a, b and c", or as "a, b and 3 more" where there are more than so many."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
