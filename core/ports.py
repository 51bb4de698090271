"""The seams of the core: what an embedder, a chat model and the stores promise, whoever implements them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.models import ChatMessage, Sampling

Embeddings = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into unit vectors; safe to call from several threads, blocking (call it off the event loop)."""

    @property
    def name(self) -> str:
        """What the index records, such as "all-MiniLM-L6-v2"."""
        ...

    @property
    def dimensions(self) -> int:
        """The width of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """The tokens of one text that are seen, special tokens included."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Give the number of tokens of each text as the model would see it uncut, special tokens included."""
        ...

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts: shape (len(texts), dimensions), float32, each row of length 1. Raises ModelError."""
        ...


class ChatModel(Protocol):
    """Streams an answer to a prompt; inference never runs on the caller's event loop."""

    @property
    def name(self) -> str:
        """What answers are signed with."""
        ...

    @property
    def context_tokens(self) -> int:
        """The tokens of one prompt and its answer together, at most."""
        ...

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Give the tokens of the messages rendered through the model's own chat template."""
        ...

    def stream(self, messages: Sequence[ChatMessage], sampling: Sampling) -> AsyncGenerator[str, None]:
        """Yield pieces of the answer as they are made; closing the generator cancels the generation.

        Raises ModelBusyError when the queue is full, ModelTimeoutError past the time limit,
        ModelError when the prompt plus sampling.max_tokens does not fit or the model fails.
        """
        ...

    async def close(self) -> None:
        """Free the model; streams in flight end with ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as a reader sees it: its heading, and its quotable pieces in order as (what leads them, their words)."""

    heading: str
    pieces: tuple[tuple[str, str], ...]


Reading = NDArray[np.float32]
# The log-odds of a piece that a reader has not seen: next to nothing, and finite.
UNREAD = -1e4


class Reader(Protocol):
    """Says where in passages the answer to a question stands; safe to call from several threads, blocking.

    is_calibrated: its log-odds are on the scale for which the probability of an answer was fitted.
    """

    is_calibrated: bool

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Give for each passage an array of shape (its pieces,): the log-odds of each piece against "not here".

        Log-odds of a passage, or of all, are the logarithm of the sum of exp over their pieces.
        Raises ModelError.
        """
        ...
