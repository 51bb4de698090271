"""Names the configuration that makes answers, so that an answer of another one is never given again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import core
from core.settings import CoreSettings

# They say where things are, how long they are kept, who may come in and how many: not how a question is answered.
_OF_NO_MATTER = {
    "docent_home",
    "database_url",
    "docs_dir",
    "ingest_roots",
    "max_file_mb",
    "file_seconds",
    "hf_endpoint",
    "hf_token",
    "openai_api_key",
    "parallel",
    "queue_size",
    "reuse_answers",
    "retention_days",
}
# Those that may name a file or a folder of weights.
_WEIGHTS = ("chat_model", "chat_adapter", "embedder", "reranker")


def configuration_of(settings: CoreSettings, models: Sequence[str]) -> str:
    """Give 64 hexadecimal digits that change with all that an answer depends on besides question and documents.

    These are the settings, the weights that they name (by size and clock), and the core's own code, which holds the
    prompts, the way documents are cut and the checksums of bundled weights. models: the names of those that run.
    """
    told = {name: str(value) for name, value in settings if name not in _OF_NO_MATTER}
    weights = [fact for name in _WEIGHTS for fact in _weights(Path(told[name]).expanduser())]
    whole = json.dumps([told, list(models), weights, _digest(_code())], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _weights(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and clock (ns) of a file, or of the files in a folder; nothing for what is no path."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            stat = file.stat()
            yield str(file.resolve()), stat.st_size, stat.st_mtime_ns


def _code() -> Iterator[Path]:
    root = Path(core.__file__).parent
    return (path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".txt"))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
