"""How a person is named on the command line."""

from __future__ import annotations

from bot import wording
from core.errors import ConfigurationError
from core.storage.person_store import Person


def person_named(name: str) -> Person:
    """Read PLATFORM:ID, such as slack:U123. Raises ConfigurationError for anything else."""
    platform, _, user = name.strip().partition(":")
    if not platform.isalpha() or not user:
        raise ConfigurationError(wording.bad_person(name))
    return Person(platform.lower(), user)
