"""Measures what it costs to keep an index true to a folder, against LangChain's indexing API over PGVector.

The folder is copied and ingested; then again with nothing changed, with one sentence of one file changed, with one file
moved, and with many files removed. Both sides take turns, each in a database of its own in the same Postgres, each time
as a process of its own, as people run them. See README.md, "Ingesting".
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from benchmarks.ingest_pictures import steps_picture
from benchmarks.ingest_runs import REPOSITORY, Server, docent_ingest, server, watched
from benchmarks.ingest_tables import DOCENT, LANGCHAIN, Figures, Results, steps_table
from benchmarks.machine import busy, machine, versions

ALTERNATIVE_PYTHON = REPOSITORY / ".venv-bench" / "bin" / "python"
ALTERNATIVE = REPOSITORY / "benchmarks" / "tutorial_ingest.py"
# What the tutorials' loader reads; only these are copied, for both.
READ_BY_BOTH = {".md", ".txt"}
SENTENCE = re.compile(r"^(?![#>|*+\-\d`]).{40,}?[a-z]{3}\.(?=\s)", re.MULTILINE)
FENCED = re.compile(r"\A---\n.*?\n---\n|^```.*?^```", re.MULTILINE | re.DOTALL)

Ingest = Callable[[Path], Figures]


def copied(source: Path, folder: Path, limit: int | None) -> list[Path]:
    """Copy the files of a folder, or the first so many of them; give the copies."""
    names = sorted(path.relative_to(source) for path in source.rglob("*") if path.suffix in READ_BY_BOTH)
    for name in names[:limit]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)
    if not names:
        sys.exit(f"{source} holds no {' or '.join(sorted(READ_BY_BOTH))} file; name a folder of documents.")
    return [folder / name for name in names[:limit]]


def steps(files: list[Path], sentences: int, removed: int, chance: random.Random) -> Iterator[str]:
    """Change the folder a step at a time and yield what was done to it."""
    yield f"first ingest, {len(files)} documents"
    yield "nothing changed"
    candidates = [file for file in files if changed(file.read_text(encoding="utf-8")) is not None]
    for file in chance.sample(candidates, min(sentences, len(candidates))):
        text = changed(file.read_text(encoding="utf-8"))
        if text is not None:
            file.write_text(text, encoding="utf-8")
            yield "one sentence of one file changed"
    moved = chance.choice(files)
    (moved.parent / "moved").mkdir()
    moved.rename(moved.parent / "moved" / moved.name)
    yield "one file moved"
    # A third is the most that goes without a question.
    gone = chance.sample(sorted(set(files) - {moved}), min(removed, (len(files) - 1) // 3))
    for file in gone:
        file.unlink()
    yield f"{len(gone)} files removed"


def changed(text: str) -> str | None:
    """Give a page with one sentence said otherwise, about in its middle; None when it has no sentence."""
    fenced = [match.span() for match in FENCED.finditer(text)]
    found = [
        match.end() - 1
        for match in SENTENCE.finditer(text)
        if not any(start <= match.start() < end for start, end in fenced)
    ]
    if not found:
        return None
    place = found[len(found) // 2]
    return f"{text[:place]}, as was agreed again this week{text[place:]}"


def docent(postgres: Server, url: str) -> Ingest:
    """Give what ingests a folder with Docent."""

    def ingest(folder: Path) -> Figures:
        run = docent_ingest(postgres, url, folder)
        # The summary's chunks_kept leaves out those of unchanged files, at which an ingest doesn't look.
        embedded = run.output["chunks_embedded"]
        return Figures(run.seconds, run.output["seconds"], embedded, postgres.count(url, "chunks") - embedded)

    return ingest


def langchain(postgres: Server, url: str, python: Path, found: dict[str, str]) -> Ingest:
    """Give what ingests a folder with LangChain; its versions are put into `found`."""

    def ingest(folder: Path) -> Figures:
        command = [str(python), str(ALTERNATIVE), str(folder), "--database-url", url]
        run = watched(command, postgres, dict(os.environ), REPOSITORY)
        found.update(run.output["versions"])
        embedded = run.output["embedded"]
        kept = postgres.count(url, "langchain_pg_embedding") - embedded
        return Figures(run.seconds, run.output["seconds"], embedded, kept)

    return ingest


def is_there(python: Path) -> bool:
    """Tell whether the alternative's environment is set up."""
    try:
        return subprocess.run([python, ALTERNATIVE, "--help"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def measure(options: argparse.Namespace, alternative: Path | None, found: dict[str, str]) -> tuple[Results, str]:
    """Do every step with both sides as often as asked for; give the figures, and the version of Postgres."""
    results: Results = defaultdict(lambda: defaultdict(list))
    with server() as postgres:
        # Once unmeasured, so that both find their packages and the model in the system's cache.
        for number in range(-1, options.repeat):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-docs-")))
                files = copied(options.folder, folder, 1 if number < 0 else options.limit)
                name = f"run_{number + 1}"
                sides = {DOCENT: docent(postgres, stack.enter_context(postgres.database(f"docent_{name}")))}
                if alternative:
                    url = stack.enter_context(postgres.database(f"langchain_{name}"))
                    sides[LANGCHAIN] = langchain(postgres, url, alternative, found)
                if number < 0:
                    for ingest in sides.values():
                        ingest(folder)
                    continue
                for step in steps(files, options.sentences, options.remove, random.Random(options.seed + number)):
                    for side, ingest in sides.items():
                        print(f"{side}: {step}", file=sys.stderr, flush=True)
                        results[step][side].append(ingest(folder))
        return results, postgres.version()


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Ingest a folder and its changes, against LangChain's indexing API.")
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=REPOSITORY / "examples" / "handbook",
        metavar="FOLDER",
        help="documents; only Markdown and text files are taken (the sample handbook)",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N files")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="all of it N times, each from the start (1)")
    parser.add_argument("--sentences", type=int, default=3, metavar="N", help="in N files one after the other (3)")
    parser.add_argument("--remove", type=int, default=100, metavar="N", help="files, a third of all at most (100)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of files (0)")
    parser.add_argument(
        "--alternative",
        type=Path,
        default=ALTERNATIVE_PYTHON,
        metavar="PYTHON",
        help="the Python of LangChain's environment (.venv-bench)",
    )
    parser.add_argument("--docent-only", action="store_true", help="leave LangChain out")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the seconds")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    return parser.parse_args(given)


def main() -> None:
    """Measure and print."""
    options = arguments()
    alternative = None if options.docent_only or not is_there(options.alternative) else options.alternative
    before, found = busy(), versions(("torch", "tokenizers", "psycopg"))
    their_versions: dict[str, str] = {}
    results, postgres = measure(options, alternative, their_versions)
    conditions = {
        "machine": machine(),
        "busy": f"{before} at the beginning, {busy()} at the end",
        "postgres": postgres,
        DOCENT: ", ".join(f"{name} {number}" for name, number in found.items()),
        LANGCHAIN: ", ".join(f"{name} {number}" for name, number in their_versions.items()) or "not measured",
    }
    if options.picture:
        options.picture.write_text(steps_picture(results, conditions), encoding="utf-8")
    if options.json:
        print(json.dumps({"conditions": conditions, "steps": results}, indent=2, default=asdict))
        return
    print("\n".join(f"{name}: {words}" for name, words in conditions.items()))
    print(f"\n{steps_table(results)}")
    if not alternative and not options.docent_only:
        print(
            f"\nLangChain was not measured: {options.alternative} lacks its packages. Set it up as "
            'benchmarks/README.md says under "The alternative", or name another Python with --alternative.'
        )


if __name__ == "__main__":
    main()
