"""Owns where evaluations are kept: their names, and how their files are read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from core.errors import ConfigurationError
from core.evaluation.run import EvaluationRun, parse_run, run_json
from core.settings import CoreSettings


def evaluations_folder(settings: CoreSettings) -> Path:
    """Give the folder of saved runs, below DOCENT_HOME."""
    return settings.docent_home / "evaluations"


def run_name(started: datetime, sets: Sequence[str], settings: CoreSettings, change: str = "") -> str:
    """Give a run's name: when, over what, with which chat model or change, such as 2026-11-21-1130-questions-none."""
    model = re.split(r"[/#]", settings.chat_model)[-1].removesuffix(".gguf")
    parts = [started.strftime("%Y-%m-%d-%H%M"), "+".join(sets[:3]) + ("+..." if len(sets) > 3 else ""), change or model]
    return re.sub(r"[^\w.+=-]+", "-", "-".join(parts)).strip("-")[:120]


def free_place(folder: Path, name: str) -> Path:
    """Give a path for a new file of a name; a number is added while there is one."""
    place = folder / f"{name}.json"
    number = 2
    while place.exists():
        place = folder / f"{name}-{number}.json"
        number += 1
    return place


def save_run(run: EvaluationRun, path: Path) -> None:
    """Write a run, and the folders above it. Raises ConfigurationError."""
    write_text(path, run_json(run), "evaluation")


def load_run(path: Path) -> EvaluationRun:
    """Read a saved run. Raises ConfigurationError."""
    return parse_run(read_text(path, "evaluation"), str(path))


def read_text(path: Path, what: str) -> str:
    """Read a file of UTF-8. what: the name for the error message. Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The {what} {str(path)!r} can't be read: {error}.") from error


def write_text(path: Path, text: str, what: str) -> None:
    """Write a file, and the folders above it. what: the name for the error message. Raises ConfigurationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The {what} can't be written to {str(path)!r}: {error.strerror}.") from error
