"""Keeps the exact nearest rows of some vectors while blocks of rows go by, over all rows and over each collection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.search_corpus import SHARES, Block
from core.ports import Embeddings

EVERYTHING = "everything"
GROUPS = (EVERYTHING, *SHARES)


class Exact:
    """The `count` nearest rows of each vector so far. Ids are the database's: the row's number and one."""

    def __init__(self, vectors: Embeddings, count: int, groups: Sequence[str] = GROUPS) -> None:
        self._vectors = vectors
        self._count = count
        self._ids = {name: np.zeros((len(vectors), count), dtype=np.int64) for name in groups}
        self._distances = {name: np.full((len(vectors), count), np.inf) for name in groups}

    def add(self, block: Block) -> None:
        """Look at more rows."""
        distances = 1 - self._vectors @ block.embeddings.T
        for name in self._ids:
            is_in = block.collections == GROUPS.index(name) - 1
            columns = np.arange(len(block.texts)) if name == EVERYTHING else np.flatnonzero(is_in)
            ids = np.broadcast_to(block.first + 1 + columns, (len(distances), len(columns)))
            near = np.concatenate([self._distances[name], distances[:, columns]], axis=1)
            near_ids = np.concatenate([self._ids[name], ids], axis=1)
            best = np.argpartition(near, self._count - 1, axis=1)[:, : self._count]
            best = np.take_along_axis(best, np.argsort(np.take_along_axis(near, best, axis=1), axis=1), axis=1)
            self._distances[name] = np.take_along_axis(near, best, axis=1)
            self._ids[name] = np.take_along_axis(near_ids, best, axis=1)

    def nearest(self, name: str = EVERYTHING) -> list[list[int]]:
        """Give the ids of each vector's nearest rows in a group, nearest first; fewer where there are fewer."""
        return [[int(one) for one in ids if one] for ids in self._ids[name]]

    def distances(self) -> np.ndarray:
        """Give the cosine distances of the nearest rows of all: shape (vectors, count)."""
        return self._distances[EVERYTHING]


def quantiles(distances: np.ndarray, place: int) -> list[float]:
    """Give the 10th, 50th and 90th percentile of the distances to the neighbour at a place, 0 for the nearest."""
    return [float(value) for value in np.quantile(distances[:, place], (0.1, 0.5, 0.9))]


def within(vectors: Embeddings, among: Embeddings, count: int) -> np.ndarray:
    """Give the cosine distances of each vector's nearest among others, nearest first: shape (vectors, count)."""
    return np.sort(1 - vectors @ among.T, axis=1)[:, :count]


def recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]], count: int = 10) -> float:
    """Give the share of the exact nearest `count` that are among the first `count` found, on average."""
    shares = [
        len(set(some[:count]) & set(best[:count])) / len(best[:count])
        for some, best in zip(found, exact, strict=True)
        if best
    ]
    return float(np.mean(shares)) if shares else 1.0
