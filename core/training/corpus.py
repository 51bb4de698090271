"""A folder's chunks in memory, cut, embedded and searched as the product does it: training needs no database."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.answering.evidence import passage_of
from core.answering.units import units_of
from core.errors import IngestionError
from core.ingestion import loaders
from core.ingestion.chunking import CHUNKING_VERSION, chunk_document
from core.ingestion.listing import list_files
from core.ingestion.loaders import plain
from core.models import LoadedDocument, RetrievedChunk
from core.ports import Embedder, Embeddings, Passage
from core.retrieval.condense import Query
from core.retrieval.fusion import fuse
from core.retrieval.lexical import chunk_weights, query_weights, tokenize
from core.storage.search_store import Candidate

_DEPTH = 50
_EMBEDDING_BATCH = 256

logger = logging.getLogger(__name__)


class Corpus:
    """Documents as chunks with their embeddings (chunks x dimensions) and their words."""

    def __init__(self, chunks: Sequence[RetrievedChunk], embeddings: Embeddings) -> None:
        self.chunks = tuple(chunks)
        self._embeddings = embeddings
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, found in enumerate(self.chunks):
            for term, weight in chunk_weights(tokenize(found.chunk.search_text)).items():
                self._postings[term].append((place, weight))
        self._chunks_with = {term: len(places) for term, places in self._postings.items()}
        self._passages: dict[int, Passage] = {}
        self._by_document: dict[str, list[int]] = defaultdict(list)
        for place, found in enumerate(self.chunks):
            self._by_document[found.document].append(place)

    @classmethod
    def build(cls, documents: Iterable[tuple[str, LoadedDocument]], embedder: Embedder, cache: Path) -> Corpus:
        """Cut and embed documents, given as (path, document); `cache` is a folder that keeps the embeddings."""
        chunks: list[RetrievedChunk] = []
        for number, (path, document) in enumerate(documents):
            for chunk in chunk_document(document, embedder.count_tokens, max_tokens=embedder.max_tokens):
                chunks.append(RetrievedChunk(len(chunks), number, "training", path, document.title, chunk, 1.0, 0.0))
        return cls(chunks, _embedded([found.chunk.search_text for found in chunks], embedder, cache))

    def passage(self, chunk: RetrievedChunk) -> Passage:
        """Give a chunk as a reader sees it."""
        if chunk.id not in self._passages:
            self._passages[chunk.id] = passage_of(chunk, units_of(chunk))
        return self._passages[chunk.id]

    def of_document(self, path: str) -> list[RetrievedChunk]:
        """Give the chunks of one document."""
        return [self.chunks[place] for place in self._by_document[path]]

    def search(self, query: Query, embedding: Embeddings, limit: int) -> list[RetrievedChunk]:
        """Give the chunks that the product's first stage would find, best first; embedding: (dimensions,)."""
        similarities = self._embeddings @ embedding
        weights = query_weights(query.terms, self._chunks_with, len(self.chunks))
        words: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for place, inner in self._postings[term]:
                words[place] += weight * inner
        near = np.argsort(-similarities, kind="stable")[:_DEPTH].tolist()
        found = dict.fromkeys([*near, *sorted(words, key=lambda place: -words[place])[:_DEPTH]])
        candidates = [
            Candidate(
                replace(self.chunks[place], cosine_distance=1 - float(similarities[place])),
                float(words.get(place, 0.0)),
                self._embeddings[place],
            )
            for place in found
        ]
        return [candidate.retrieved for candidate in fuse(candidates)[:limit]]


def load_folder(folder: Path) -> Iterator[tuple[str, LoadedDocument]]:
    """Yield the documents of a folder that can be read, as (path, document)."""
    for path in list_files(folder, loaders.SUPPORTED):
        try:
            yield path, loaders.load(folder / path, path)
        except IngestionError as error:
            logger.info("%s is left out: %s", path, error)


def load_texts(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, LoadedDocument]]:
    """Yield plain texts, given as (path, text), as documents."""
    for path, text in texts:
        yield path, plain.parse(text, path)


def _embedded(texts: Sequence[str], embedder: Embedder, cache: Path) -> Embeddings:
    digest = hashlib.sha256("\0".join([embedder.name, str(CHUNKING_VERSION), *texts]).encode()).hexdigest()[:16]
    file = cache / f"{digest}.npy"
    if file.is_file():
        stored: Embeddings = np.load(file)
        return stored
    parts = []
    for start in range(0, len(texts), _EMBEDDING_BATCH):
        parts.append(embedder.embed(texts[start : start + _EMBEDDING_BATCH]))
        logger.info("%d of %d chunks embedded", min(start + _EMBEDDING_BATCH, len(texts)), len(texts))
    embeddings = np.concatenate(parts)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(file, embeddings)
    return embeddings
