"""What the two searches need of a chunk's text, as pgvector reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.ports import Embeddings
from core.retrieval.lexical import chunk_weights, sparse, tokenize
from core.storage.tables import LEXICAL_DIMENSIONS


@dataclass(frozen=True, slots=True)
class IndexedText:
    """Made of a chunk's search_text alone, so that chunks with the same content_hash share it.

    embedding: a vector's literal. terms: sorted. weights: a sparsevec's literal.
    """

    embedding: str
    terms: tuple[str, ...]
    weights: str


def index_text(search_text: str, embedding: Embeddings, language: str) -> IndexedText:
    """Give what is stored beside a search_text; embedding: shape (dimensions,)."""
    weights = chunk_weights(tokenize(search_text, language))
    return IndexedText(vector_text(embedding.tolist()), tuple(sorted(weights)), sparse_text(weights))


def vector_text(values: Iterable[float]) -> str:
    """Give a vector as pgvector reads it; nine digits tell any two 32-bit floats apart."""
    return "[" + ",".join(f"{value:.9g}" for value in values) + "]"


def sparse_text(weights: Mapping[str, float]) -> str:
    """Give term weights as pgvector reads a sparsevec: {1-based dimension:value,...}/dimensions."""
    placed = sorted(sparse(weights, LEXICAL_DIMENSIONS).items())
    return "{" + ",".join(f"{place + 1}:{value:.6g}" for place, value in placed) + f"}}/{LEXICAL_DIMENSIONS}"
