"""Git repositories with small documents: one that others push to, and checkouts of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.integration.builders import write


def pages(*numbers: int) -> dict[str, str]:
    return {f"page-{number}": f"# Page {number}\n\nThis is page number {number} of them." for number in numbers}


def git(place: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *identity, *words], cwd=place, check=True, capture_output=True, env=environment)


def commit(place: Path, **files: str) -> None:
    write(place, **files)
    git(place, "add", ".")
    git(place, "commit", "-m", "Change")


def published(place: Path, *numbers: int) -> Path:
    """Make a repository with some pages."""
    place.mkdir()
    git(place, "init", "--initial-branch=main")
    commit(place, **pages(*numbers))
    return place


def cloned(remote: Path, place: Path) -> Path:
    git(place.parent, "clone", str(remote), place.name)
    return place.resolve()
