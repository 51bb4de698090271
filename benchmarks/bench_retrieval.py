"""Measures whether Docent finds the evidence higher up than the alternative does, over the same questions.

It prints R@1, R@5, R@10 and MRR of each system, then each system's difference from the baseline with its paired
bootstrap interval, and the ratio. Only answerable questions count. See README.md, "Retrieval".
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from core.errors import ConfigurationError
from core.evaluation.answers import parse_answers
from core.evaluation.metrics import ItemScore, paired_bootstrap, score_set
from core.evaluation.questions import EvaluationItem, parse_questions, parse_squad

REPOSITORY = Path(__file__).resolve().parent.parent
TUTORIAL_PYTHON = REPOSITORY / ".venv-bench" / "bin" / "python"


def write_squad(file: Path, folder: Path) -> tuple[Path, list[EvaluationItem]]:
    """Write a SQuAD file as a folder of one-paragraph documents; give that folder and the items."""
    squad = parse_squad(file.read_text(encoding="utf-8"), str(file))
    docs = folder / file.stem
    for document in squad.documents:
        path = docs / document.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, encoding="utf-8")
    return docs, list(squad.items)


def answerable_sample(items: Iterable[EvaluationItem], count: int | None, seed: int) -> list[EvaluationItem]:
    """Give the answerable items, or `count` of them drawn with the seed, in their order."""
    answerable = [item for item in items if item.answerable]
    if count is None or count >= len(answerable):
        return answerable
    places = random.Random(seed).sample(range(len(answerable)), count)
    return [answerable[place] for place in sorted(places)]


def write_batch(items: Sequence[EvaluationItem], file: Path) -> None:
    """Write the questions, and nothing of their gold, as both systems take them."""
    with file.open("w", encoding="utf-8") as lines:
        for item in items:
            history = [{"question": turn.question, "answer": turn.answer} for turn in item.history]
            print(json.dumps({"id": item.id, "question": item.question, "history": history}), file=lines)


def run_tutorial(python: Path, docs: Path, batch: Path, out: Path) -> Path:
    """Retrieve with the alternative in its own environment; give its answers file."""
    script = REPOSITORY / "benchmarks" / "tutorial_pipeline.py"
    subprocess.run([python, script, "--docs", docs, "--questions", batch, "--retrieval-only", "--out", out], check=True)
    return out


def run_docent(docs: Path, batch: Path, out: Path) -> Path:
    """Retrieve with Docent in a fresh home, without a chat model; give its answers file."""
    with tempfile.TemporaryDirectory(prefix="docent-", ignore_cleanup_errors=True) as home:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = {**kept, "DOCENT_HOME": home, "CHAT_MODEL": "none", "PYTHONPATH": str(REPOSITORY)}
        for command in (["ingest", str(docs)], ["ask", "--batch", str(batch), "--out", str(out)]):
            # In that home, because the working folder's .env is read too and may name a database that is in use.
            subprocess.run([sys.executable, "-m", "bot", *command], check=True, cwd=home, env=environment)
    return out


def retrieval_values(scores: Iterable[ItemScore]) -> dict[str, list[float]]:
    """Give each figure's value for each item."""
    scores = list(scores)
    recalls = {f"R@{count}": [float(one.hit_within(count)) for one in scores] for count in (1, 5, 10)}
    return {**recalls, "MRR": [one.reciprocal_rank for one in scores]}


def table(systems: dict[str, dict[str, list[float]]], baseline: str) -> str:
    """Lay out every system's figures, then what each has over the baseline."""
    figures = list(systems[baseline])
    width = max(len(f"{name} - {baseline}") for name in systems)
    lines = [" ".join([" " * width, *(f"{figure:^31}" for figure in figures)]).rstrip()]
    means = {
        name: {figure: sum(values[figure]) / len(values[figure]) for figure in figures}
        for name, values in systems.items()
    }
    for name in systems:
        lines.append(" ".join([f"{name:<{width}}", *(f"{means[name][figure]:^31.3f}" for figure in figures)]).rstrip())
    for name, values in systems.items():
        if name == baseline:
            continue
        cells = []
        for figure in figures:
            gap = paired_bootstrap(values[figure], systems[baseline][figure])
            ratio = f"x{means[name][figure] / means[baseline][figure]:.2f}" if means[baseline][figure] else "-"
            cells.append(f"{f'{gap.difference:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] {ratio}':^31}")
        lines.append(" ".join([f"{f'{name} - {baseline}':<{width}}", *cells]).rstrip())
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare retrievers over a question set.")
    over = parser.add_mutually_exclusive_group(required=True)
    over.add_argument("--questions", type=Path, help="question set in JSON lines; --docs names its documents")
    over.add_argument("--squad", type=Path, help="SQuAD-format JSON: its paragraphs become the documents")
    parser.add_argument("--docs", type=Path, help="folder of documents that --questions asks about")
    parser.add_argument("--sample", type=int, help="draw this many of the answerable questions")
    parser.add_argument("--seed", type=int, default=0, help="seed of that draw (0)")
    parser.add_argument("--docent", action="store_true", help="run Docent")
    parser.add_argument(
        "--tutorial",
        type=Path,
        nargs="?",
        const=TUTORIAL_PYTHON,
        metavar="PYTHON",
        help="run the alternative, with the Python of its environment (.venv-bench)",
    )
    parser.add_argument(
        "--passages",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="an answers file made before; may come several times",
    )
    parser.add_argument("--baseline", help="what the others are compared with (tutorial, else the first)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep documents, questions and answers in this folder")
    options = parser.parse_args()
    if options.questions and not options.docs and (options.docent or options.tutorial):
        parser.error("--docent and --tutorial with --questions need --docs")
    if not (options.docent or options.tutorial or options.passages or options.keep):
        parser.error("name a system: --docent, --tutorial or --passages")
    for named in options.passages:
        if not all(named.partition("=")):
            parser.error(f"--passages takes NAME=FILE, not {named!r}")
    return options


def main() -> None:
    """Write the questions, run the systems that are asked for, score all and print the table."""
    options = arguments()
    with ExitStack() as stack:
        keep = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retrieval-")))
        folder = keep.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if options.squad:
            docs, items = write_squad(options.squad, folder)
        else:
            text = options.questions.read_text(encoding="utf-8")
            docs, items = options.docs, list(parse_questions(text, str(options.questions)))
        asked = answerable_sample(items, options.sample, options.seed)
        if not asked:
            sys.exit(f"{options.squad or options.questions} holds no answerable question; retrieval can't be measured.")
        batch = folder / "questions.jsonl"
        write_batch(asked, batch)
        files = {name: Path(file) for name, _, file in (named.partition("=") for named in options.passages)}
        if options.tutorial:
            files["tutorial"] = run_tutorial(options.tutorial, docs.resolve(), batch, folder / "tutorial.jsonl")
        if options.docent:
            files["docent"] = run_docent(docs.resolve(), batch, folder / "docent.jsonl")
        systems = {
            name: retrieval_values(score_set(asked, parse_answers(file.read_text(encoding="utf-8"), str(file))))
            for name, file in files.items()
        }
    if systems:
        baseline = options.baseline or ("tutorial" if "tutorial" in systems else next(iter(systems)))
        if baseline not in systems:
            sys.exit(f"--baseline {baseline} is none of the systems: {', '.join(systems)}.")
        print(f"{len(asked)} answerable questions of {(options.squad or options.questions).name}")
        print(table(systems, baseline))


if __name__ == "__main__":
    try:
        main()
    except ConfigurationError as error:
        sys.exit(str(error))
