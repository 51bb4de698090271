"""The names of owners as they are stored, wherever they were written."""

from __future__ import annotations

from collections.abc import Iterable

_CHARACTERS = 200
_OWNERS_OF_ONE = 20


def tidied(owners: Iterable[str]) -> tuple[str, ...]:
    """Give each owner once, without a leading "@"; those that are no line of text, or far too long, are left out."""
    names = (" ".join(owner.removeprefix("@").split()) for owner in owners)
    kept = [name for name in names if name and name.isprintable() and len(name) <= _CHARACTERS]
    return tuple(dict.fromkeys(kept))[:_OWNERS_OF_ONE]
