"""The `docent` command as people run it: a process of its own, with the real models and the embedded Postgres."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "handbook"


@dataclass(frozen=True)
class Docent:
    """Runs `docent` with one DOCENT_HOME, away from any .env."""

    home: Path

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DOCENT_HOME": str(self.home),
            "DOCS_DIR": str(SAMPLE),
            "HF_HUB_OFFLINE": "1",
            "LOG_LEVEL": "WARNING",
            **variables,
        }

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.home,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def json(self, *arguments: str, **variables: str) -> Any:
        done = self.run(*arguments, "--json", **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def fresh() -> Iterator[Docent]:
    """A DOCENT_HOME with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="docent-home-", ignore_cleanup_errors=True) as home:
        yield Docent(Path(home))


@pytest.fixture(scope="session")
def sample() -> Iterator[Docent]:
    """A DOCENT_HOME with the sample handbook ingested."""
    with tempfile.TemporaryDirectory(prefix="docent-home-", ignore_cleanup_errors=True) as home:
        docent = Docent(Path(home))
        summary = docent.json("ingest", str(SAMPLE))
        assert summary["failed"] == []
        yield docent
