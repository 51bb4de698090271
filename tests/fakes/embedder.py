"""An embedder without a model: texts that share words are near each other."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from core.ports import Embeddings


class FakeEmbedder:
    """Implements `core.ports.Embedder`: each word adds to one place of the vector, chosen by its checksum.

    A word is a token; a text takes two more, as with BERT.
    """

    def __init__(self, dimensions: int = 384, max_tokens: int = 256, name: str = "fake") -> None:
        self.name = name
        self.dimensions = dimensions
        self.max_tokens = max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Give the words of each text and two."""
        return [2 + len(_words(text)) for text in texts]

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts by the words that they begin with; a text without words points in a direction of its own."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in _words(text)[: self.max_tokens - 2] or [""]:
                vector[zlib.crc32(word.encode()) % self.dimensions] += 1.0
            vector /= np.linalg.norm(vector)
        return vectors


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
