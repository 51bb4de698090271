"""Makes as many chunks as are wanted out of real ones, so that their neighbours and their words stay plausible.

A made chunk lies between a real one and one of its neighbours, and is then moved the way that leads from another one
to a neighbour of that:
    embedding = unit(A + w (B - A) + u (D - C)),  w in 0 to .5, u in 0 to .8
where B is one of the 50 nearest of A, and D of C.
Its text is the beginning of A's followed by the end of B's, in the same shares. Row N is the same for the same seed,
however many there are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.ingest_runs import Server, docent_ingest
from core.ports import Embeddings

BLOCK = 10_000
DOCUMENT = 10
# Collections and their share of the chunks; each is a run of the real documents, so it has matters of its own.
SHARES = {"hundredth": 0.01, "tenth": 0.1, "half": 0.5, "rest": 0.39}
NEIGHBOURS = 50
_MIXED, _MOVED = 0.5, 0.8


@dataclass(frozen=True)
class Corpus:
    """Real chunks in the order of their documents: what is searched of each, and embeddings of shape (chunks, d)."""

    texts: Sequence[str]
    embeddings: Embeddings


@dataclass(frozen=True)
class Block:
    """Made chunks in the order of their rows; each DOCUMENT of them are one document. first: the number of its first.

    collections: of shape (rows,), places in SHARES.
    """

    first: int
    texts: list[str]
    embeddings: Embeddings
    collections: np.ndarray


def read_corpus(file: Path, folder: Path, postgres: Server) -> Corpus:
    """Give the chunks of a folder as `docent ingest` makes them; they are kept in a file for the next time."""
    if not file.exists():
        print(f"embedding {folder}", file=sys.stderr, flush=True)
        with postgres.database("corpus") as url:
            docent_ingest(postgres, url, folder)
            with psycopg.connect(url) as connection:
                rows = connection.execute(
                    "SELECT c.search_text, c.embedding::text FROM chunks c "
                    "JOIN documents d ON d.id = c.document_id ORDER BY d.path, c.ordinal"
                ).fetchall()
        save_corpus(file, [row[0] for row in rows], np.array([json.loads(row[1]) for row in rows], dtype=np.float32))
    with np.load(file) as saved:
        return Corpus(json.loads(saved["texts"].tobytes()), saved["embeddings"])


def save_corpus(file: Path, texts: list[str], embeddings: Embeddings) -> None:
    """Write a corpus as `read_corpus` reads it."""
    with file.open("wb") as out:
        np.savez(out, texts=np.frombuffer(json.dumps(texts).encode(), dtype=np.uint8), embeddings=embeddings)


class Mixer:
    """Makes blocks of chunks out of a corpus."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self._corpus = corpus
        self._seed = seed
        self._words = [text.split() for text in corpus.texts]
        self._near = nearest(corpus.embeddings, min(NEIGHBOURS, len(corpus.texts) - 1))

    def block(self, number: int, rows: int = BLOCK) -> Block:
        """Give the first rows of block `number`."""
        chance = np.random.default_rng((self._seed, number))
        real = self._corpus.embeddings
        count = len(real)
        starts = chance.integers(0, count, BLOCK // DOCUMENT)
        # A document's chunks follow each other as those of a real one do.
        a = ((starts[:, None] + np.arange(DOCUMENT)) % count).ravel()
        c = chance.integers(0, count, BLOCK)
        b, d = (self._near[some, chance.integers(0, self._near.shape[1], BLOCK)] for some in (a, c))
        mixed = chance.uniform(0, _MIXED, BLOCK).astype(np.float32)
        moved = chance.uniform(0, _MOVED, BLOCK).astype(np.float32)
        vectors = real[a] + mixed[:, None] * (real[b] - real[a]) + moved[:, None] * (real[d] - real[c])
        bounds = np.cumsum(list(SHARES.values())) * count
        collections = np.searchsorted(bounds, np.repeat(starts, DOCUMENT), side="right").clip(max=len(SHARES) - 1)
        texts = [self._text(*parts) for parts in zip(a[:rows], b[:rows], mixed[:rows], strict=True)]
        return Block(number * BLOCK, texts, unit(vectors)[:rows], collections[:rows])

    def _text(self, a: int, b: int, share: float) -> str:
        one, other = self._words[a], self._words[b]
        return " ".join(one[: round((1 - share) * len(one))] + other[len(other) - round(share * len(other)) :])


def unit(vectors: np.ndarray) -> Embeddings:
    """Scale each row to length 1."""
    scaled: Embeddings = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def nearest(vectors: Embeddings, count: int) -> np.ndarray:
    """Give the places of the nearest others of each vector, in no order: shape (vectors, count)."""
    places = []
    for start in range(0, len(vectors), 1000):
        similar = vectors[start : start + 1000] @ vectors.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -np.inf
        places.append(np.argpartition(-similar, count - 1, axis=1)[:, :count])
    return np.concatenate(places)
