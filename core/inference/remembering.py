"""Remembers the embeddings of texts that were embedded lately: of questions, and of pieces that are weighed again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from core.ports import Embedder, Embeddings

# Some 2 kB each with the bundled embedder: 16 MB in all.
_TEXTS = 8192


class RememberingEmbedder:
    """Implements `core.ports.Embedder` by another one, whose last embeddings it keeps. texts: how many.

    Not for ingesting: a text is indexed once, and would only push out what is asked for again.
    """

    def __init__(self, embedder: Embedder, texts: int = _TEXTS) -> None:
        self._embedder = embedder
        self._most = texts
        self._known: OrderedDict[str, Embeddings] = OrderedDict()  # the one that was used last comes last
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What the index records."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """The width of a vector."""
        return self._embedder.dimensions

    @property
    def max_tokens(self) -> int:
        """The tokens of one text that are seen."""
        return self._embedder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Give the number of tokens of each text."""
        return self._embedder.count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts, each new one once: see `core.ports.Embedder`. Raises ModelError."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            # A row of its own: a view would keep all of its batch.
            found.update((text, row.copy()) for text, row in zip(new, self._embedder.embed(new), strict=True))
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return np.stack([found[text] for text in texts]) if texts else self._embedder.embed([])
