"""Decides whether chunks that are made now can live beside those in the index."""

from __future__ import annotations

from core.errors import ConfigurationError
from core.ingestion.chunking import CHUNKING_VERSION
from core.ports import Embedder
from core.storage.index_store import IndexSettings
from core.storage.tables import DEFAULT_EMBEDDING_DIMENSIONS


def settings_of(embedder: Embedder, language: str) -> IndexSettings:
    """Give what an index made now is made with."""
    return IndexSettings(embedder.name, embedder.dimensions, language, CHUNKING_VERSION)


def check_match(stored: IndexSettings | None, wanted: IndexSettings) -> None:
    """Raise ConfigurationError when questions and stored chunks would be embedded, or read as words, differently.

    stored: None for an index that was never filled.
    """
    if stored is None:
        if wanted.dimensions != DEFAULT_EMBEDDING_DIMENSIONS:
            raise ConfigurationError(
                f"Embedder {wanted.embedder} gives {wanted.dimensions} dimensions but chunks.embedding has "
                f"{DEFAULT_EMBEDDING_DIMENSIONS}; ingest with --rebuild to make room for it."
            )
    elif stored.dimensions != wanted.dimensions:
        raise ConfigurationError(
            f"Embedder {wanted.embedder} gives {wanted.dimensions} dimensions but chunks.embedding has "
            f"{stored.dimensions} (made by {stored.embedder}); restore EMBEDDER or re-ingest with --rebuild."
        )
    elif stored.embedder != wanted.embedder:
        raise ConfigurationError(
            f"The index was made by embedder {stored.embedder}, not {wanted.embedder}: their vectors can't be "
            "compared; restore EMBEDDER or re-ingest with --rebuild."
        )
    elif stored.language != wanted.language:
        raise ConfigurationError(
            f"The index was made with SEARCH_LANGUAGE={stored.language}, not {wanted.language}; "
            "restore it or re-ingest with --rebuild."
        )
