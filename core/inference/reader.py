"""The reader: one small cross-encoder that says where in the chunks the answer stands, and whether it does at all.

It sees a question and a chunk together and gives every token of the chunk a log-weight against "not here" (0). Summed
over a piece they tell how well the piece answers, over a chunk how well the chunk does, and over all chunks whether
there is an answer: one softmax over all tokens of all chunks and one more for "nowhere", as extractive readers have
it for SQuAD 2.0 [1], and over several passages as in [2]. `core.training.reader` trains it; its card says on what.

[1] https://arxiv.org/abs/1806.03822 (Rajpurkar, Jia, Liang: Know What You Don't Know)
[2] https://arxiv.org/abs/1710.10723 (Clark, Gardner: Simple and Effective Multi-Paragraph Reading Comprehension)
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ConfigurationError, ModelError
from core.inference.bert import BertNetwork, batches, load_network, load_tokenizer, padded_length
from core.inference.workers import in_worker, side_by_side, worker_count
from core.ports import UNREAD, Passage, Reading

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

WEIGHTS = "reader.safetensors"
QUESTION_TOKENS = 80
TOKENS = 336
# Weights that stay the embedder's own: they are not trained, and not stored a second time.
SHARED = ("embeddings.word_embeddings.weight",)
_NO_PIECE = -1


@dataclass(frozen=True, slots=True)
class Layout:
    """Question and passage as tokens: ids, types (0 question, 1 passage), pieces (a piece's number, else -1).

    asked: 1 for a token of the passage that stands in the question, too, else 0.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    asked: tuple[int, ...]
    pieces: tuple[int, ...]


def lay_out(question: Sequence[int], passage: Sequence[tuple[Sequence[int], int]], ends: tuple[int, int]) -> Layout:
    """Join the tokens of a question and of a passage's parts, given as (tokens, number of the piece or -1).

    ends: the ids of [CLS] and [SEP]. A long question keeps its end, where people ask; a long passage its
    beginning.
    """
    first, last = ends
    question = question[-QUESTION_TOKENS:]
    known = set(question)
    ids = [first, *question, last]
    types, asked, pieces = [0] * len(ids), [0] * len(ids), [_NO_PIECE] * len(ids)
    for tokens, piece in passage:
        for token in tokens[: TOKENS - 1 - len(ids)]:
            ids.append(token)
            types.append(1)
            asked.append(int(token in known))
            pieces.append(piece)
    return Layout((*ids, last), (*types, 1), (*asked, 0), (*pieces, _NO_PIECE))


def parts_of(passage: Passage) -> list[tuple[str, int]]:
    """Give a passage's texts in order with the number of their piece, -1 for what only gives meaning."""
    parts = [(passage.heading, _NO_PIECE)]
    before = ""
    for number, (lead, words) in enumerate(passage.pieces):
        if lead and lead != before and (number == 0 or lead != passage.pieces[number - 1][1]):
            parts.append((lead, _NO_PIECE))
        before = lead
        parts.append((words, number))
    return parts


class ReaderNetwork:
    """The network: a BERT with one more embedding (token asked for or not) and a weight for each token's state."""

    def __init__(self, bert: BertNetwork, asked: Tensor, head: Tensor) -> None:
        """asked: (2, width). head: (width + 1,), the last is the bias."""
        self.bert = bert
        self.asked = asked
        self.head = head

    def weigh(self, layouts: Sequence[Layout], *, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Give the log-weight of each token (texts x tokens) and the number of its piece (the same shape, -1: none)."""
        import torch
        from torch.nn import functional

        longest = padded_length(max(len(layout.ids) for layout in layouts))

        def padded(rows: Sequence[Sequence[int]], filler: int) -> Tensor:
            return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])

        ids = padded([layout.ids for layout in layouts], 0)
        types = padded([layout.types for layout in layouts], 0)
        asked = padded([layout.asked for layout in layouts], 0)
        pieces = padded([layout.pieces for layout in layouts], _NO_PIECE)
        is_text = padded([[1] * len(layout.ids) for layout in layouts], 0).bool()
        states = self.bert.embed(ids, types) + functional.embedding(asked, self.asked)
        states = self.bert.run(states, is_text, dropout=dropout)
        return (states.float() * self.head[:-1]).sum(-1) + self.head[-1], pieces


class EvidenceReader:
    """Implements `core.ports.Reader`; safe to call from several threads, loaded at first use."""

    is_calibrated = True

    def __init__(self, folder: Path, embedder_folder: Path) -> None:
        """Note where the weights are; the word embeddings are those of the embedder that it was trained from."""
        self._folder = folder
        self._embedder_folder = embedder_folder
        self._loading = threading.RLock()

    def load(self) -> None:
        """Load the model now, so that the first question needn't wait. Raises ConfigurationError."""
        with self._loading:
            _ = self._tokenizer, self._network

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Give for each passage the log-weight of each of its pieces against "not here" (see `core.ports.Reader`)."""
        import torch

        self.load()
        layouts = self._layouts(question, passages)
        readings: list[Reading] = [np.empty(0, dtype=np.float32)] * len(passages)

        def read(batch: Sequence[int]) -> None:
            with torch.inference_mode():
                weights, pieces = self._network.weigh([layouts[index] for index in batch])
            for row, index in enumerate(batch):
                readings[index] = sums(weights[row].numpy(), pieces[row].numpy(), len(passages[index].pieces))

        try:
            side_by_side(read, list(batches([len(layout.ids) for layout in layouts], worker_count())))
        except RuntimeError as error:  # PyTorch's, for instance out of memory
            raise ModelError(f"The reader failed on {len(passages)} passages: {error}") from error
        return readings

    def _layouts(self, question: str, passages: Sequence[Passage]) -> list[Layout]:
        parts = [parts_of(passage) for passage in passages]
        texts = [question, *(text for each in parts for text, _ in each)]
        encoded = iter(self._tokenizer.encode_batch_fast(texts, add_special_tokens=False))
        asked = next(encoded).ids
        ends = special_tokens(self._tokenizer)
        return [lay_out(asked, [(next(encoded).ids, piece) for _, piece in each], ends) for each in parts]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return load_tokenizer(self._embedder_folder / "tokenizer.json")

    @cached_property
    def _network(self) -> ReaderNetwork:
        return in_worker(lambda: load_reader_network(self._folder, self._embedder_folder))


def sums(weights: np.ndarray, pieces: np.ndarray, count: int) -> Reading:
    """Sum exp(log-weights) over each piece, as a logarithm; a piece that was not seen weighs next to nothing."""
    found = np.full(count, UNREAD, dtype=np.float32)
    for piece in range(count):
        inside = weights[pieces == piece]
        if inside.size:
            top = inside.max()
            found[piece] = top + np.log(np.exp(inside - top).sum())
    return found


def special_tokens(tokenizer: Tokenizer) -> tuple[int, int]:
    """Give the ids of the token that opens a text and of the one that closes it. Raises ConfigurationError."""
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    if first is None or last is None:
        raise ConfigurationError("The tokenizer is no BERT's: it has no [CLS] or no [SEP]; restore the bundled model.")
    return first, last


def load_reader_network(folder: Path, embedder_folder: Path) -> ReaderNetwork:
    """Load a trained reader. Raises ConfigurationError for a missing or damaged file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
        bert = load_network(embedder_folder)
        asked, head = stored.pop("asked"), stored.pop("head")
        return ReaderNetwork(bert.with_weights(stored).for_inference(), asked, head)
    except (OSError, KeyError, SafetensorError) as error:
        raise ConfigurationError(
            f"The reader in {folder} can't be loaded ({error}); restore the file, or set RERANKER=none."
        ) from None
