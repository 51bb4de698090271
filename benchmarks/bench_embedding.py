"""Measures how fast chunks are embedded, and what the fast way costs in finding evidence.

The bundled embedder embeds the chunks of a folder in three ways: by sentence-transformers (what LangChain calls), by
Docent's own network in float32, and as Docent ships it, with products in bfloat16 where the CPU has them. See
README.md, "Embedding".
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np

from benchmarks.machine import busy, machine, versions
from core.evaluation.answers import GivenChunk
from core.evaluation.metrics import hit_rank
from core.evaluation.questions import EvaluationItem, parse_questions
from core.inference.model_files import BUNDLED_EMBEDDER
from core.inference.sentence_transformers import BATCH_TEXTS, SentenceTransformerEmbedder
from core.inference.workers import use_every_core
from core.ingestion.chunking import chunk_document
from core.ports import Embeddings
from core.training.corpus import load_folder

REPOSITORY = Path(__file__).resolve().parent.parent
DEEPEST = 10
Embed = Callable[[Sequence[str]], Embeddings]


def library() -> Embed:
    """Give sentence-transformers' own way."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BUNDLED_EMBEDDER.path.parent), device="cpu")

    def embed(texts: Sequence[str]) -> Embeddings:
        use_every_core()
        vectors = model.encode(list(texts), batch_size=BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    return embed


def docent(*, float32: bool = False) -> Embed:
    """Give Docent's way, as shipped or in float32 on any CPU."""
    embedder = SentenceTransformerEmbedder(BUNDLED_EMBEDDER.path.parent)
    with patch("core.inference.bert.multiplies_bfloat16", return_value=False) if float32 else nullcontext():
        embedder.load()
    return embedder.embed


def found_at(
    items: Sequence[EvaluationItem], chunks: Sequence[GivenChunk], vectors: Embeddings, embed: Embed
) -> list[int | None]:
    """Give for each question the rank of the first chunk with its evidence among the nearest ten, None without one."""
    similarities = embed([item.question for item in items]) @ vectors.T
    nearest = np.argsort(-similarities, axis=1)[:, :DEEPEST]
    return [hit_rank(item, [chunks[place] for place in row]) for item, row in zip(items, nearest, strict=True)]


def recall(ranks: Sequence[int | None], deepest: int) -> float:
    """Give the share of the questions whose evidence is among the first."""
    return sum(rank is not None and rank <= deepest for rank in ranks) / len(ranks)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Embed the chunks of a folder in three ways.")
    parser.add_argument("folder", type=Path, nargs="?", default=REPOSITORY / "examples" / "handbook", metavar="FOLDER")
    parser.add_argument("--questions", type=Path, default=REPOSITORY / "examples" / "questions.jsonl", metavar="SET")
    parser.add_argument("--texts", type=int, default=256, metavar="N", help="chunks of a timed round (256)")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of chunks (0)")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    counter = SentenceTransformerEmbedder(BUNDLED_EMBEDDER.path.parent)
    chunks = [
        (path, chunk)
        for path, document in load_folder(options.folder)
        for chunk in chunk_document(document, counter.count_tokens, max_tokens=counter.max_tokens)
    ]
    texts = [chunk.search_text for _, chunk in chunks]
    given = [GivenChunk(path, chunk.search_text) for path, chunk in chunks]
    every = parse_questions(options.questions.read_text(encoding="utf-8"), str(options.questions))
    items = [item for item in every if item.answerable]
    sample = random.Random(options.seed).sample(texts, min(options.texts, len(texts)))
    ways = {"sentence-transformers": library(), "Docent, float32": docent(float32=True), "Docent": docent()}
    before = busy()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for embed in ways.values():
        embed(sample[:BATCH_TEXTS])  # unmeasured
    for _ in range(options.repeat):
        for name, embed in ways.items():
            started = time.perf_counter()
            embed(sample)
            seconds[name].append(time.perf_counter() - started)
    slowest = median(seconds["sentence-transformers"])
    print(f"machine: {machine()}\nbusy: {before} at the beginning, {busy()} at the end")
    print("versions: " + ", ".join(f"{name} {number}" for name, number in versions(("torch",)).items()))
    print(f"{len(texts):,} chunks, {len(items)} questions, {options.repeat} rounds of {len(sample)} chunks\n")
    print("| way | chunks/s | ratio | least cosine to the first | R@1 | R@5 | R@10 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    exact: Embeddings | None = None
    for name, embed in ways.items():
        vectors = embed(texts)
        exact = vectors if exact is None else exact
        ranks = found_at(items, given, vectors, embed)
        found = " | ".join(f"{recall(ranks, deepest):.3f}" for deepest in (1, 5, DEEPEST))
        middle = median(seconds[name])
        nearness = float((vectors * exact).sum(axis=1).min())
        print(f"| {name} | {len(sample) / middle:.0f} | {slowest / middle:.2f} | {nearness:.5f} | {found} |")


if __name__ == "__main__":
    main()
