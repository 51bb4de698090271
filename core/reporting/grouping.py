"""Puts questions together that ask for the same, by their embeddings and the words that they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ports import Embeddings
from core.retrieval.lexical import question_terms

# The mean distance up to which two groups are one, and the share of the words in it; chosen in benchmarks/README.md.
THRESHOLD = 0.74
_WORDS = 0.3


def groups_of(
    texts: Sequence[str], vectors: Embeddings, threshold: float = THRESHOLD, language: str = "english"
) -> list[list[int]]:
    """Give groups of indexes, each in order, the group of the first text first.

    vectors: one of length 1 for each text. Texts that differ in nothing but case and signs are one question.
    """
    # Imported late, as below: it takes half a second, and few commands need it.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    same: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        same.setdefault(" ".join(re.findall(r"\w+", text.casefold())) or text, []).append(index)
    alike = list(same.values())
    if len(alike) < 2:
        return alike
    first = [indexes[0] for indexes in alike]
    words = _shared([frozenset(question_terms(texts[index], language)) for index in first])
    distances = 1 - (1 - _WORDS) * (vectors[first] @ vectors[first].T) - _WORDS * words
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(np.maximum(distances, 0), checks=False), "average")
    groups: dict[int, list[int]] = {}
    for label, indexes in zip(fcluster(tree, threshold, "distance"), alike, strict=True):
        groups.setdefault(int(label), []).extend(indexes)
    return sorted(map(sorted, groups.values()))


def most_central(indexes: Sequence[int], vectors: Embeddings) -> int:
    """Give the one of these indexes whose vector is nearest to all of them together; the first one of equals."""
    chosen = vectors[list(indexes)]
    return indexes[int(np.argmax(np.round(chosen @ chosen.sum(axis=0), 5)))]


def _shared(terms: Sequence[frozenset[str]]) -> NDArray[Any]:
    """Give how far each two share their terms: the cosine of the sets, 0 where one is empty."""
    from scipy.sparse import csr_array

    places = {term: place for place, term in enumerate(sorted(frozenset().union(*terms)))}
    rows = [row for row, found in enumerate(terms) for _ in found]
    columns = [places[term] for found in terms for term in found]
    weights = [1 / np.sqrt(len(found)) for found in terms for _ in found]
    matrix = csr_array((weights, (rows, columns)), shape=(len(terms), max(1, len(places))), dtype=np.float32)
    return np.asarray((matrix @ matrix.T).toarray())
