"""Runs one command of the set-up, with its whole output in a log file and its lines passed on as they come."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def run(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str], on_line: Callable[[str], None]
) -> int:
    """Run a command without input, add what it prints to `log`, and give its exit status (negative: a signal)."""
    with (
        log.open("a", encoding="utf-8") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        output.write(f"$ {' '.join(str(part) for part in command)}\n")
        for line in process.stdout or ():
            output.write(line)
            output.flush()
            on_line(line)
    return process.returncode


def last_lines(log: Path, count: int, width: int = 160) -> list[str]:
    """Give the last lines of a log for people: no empty ones, and none longer than `width` characters."""
    lines = [line.rstrip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines[-count:]]
