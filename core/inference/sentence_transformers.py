"""The embedder in this process: any model that sentence-transformers can load, on all cores, loaded at first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ConfigurationError, ModelError
from core.inference.bert import BertEncoder, is_plain_bert, load_tokenizer, read_json, uncut
from core.inference.cpu import prepare_torch
from core.inference.workers import use_every_core
from core.ports import Embeddings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BATCH_TEXTS = 32
MOST_TOKENS = 8192  # for models that know no limit


class SentenceTransformerEmbedder:
    """A sentence-transformers model; implements `core.ports.Embedder`.

    A folder with a plain BERT (the bundled model) runs without importing sentence-transformers, and its tokens are
    counted without PyTorch; see `core.inference.bert`.
    """

    def __init__(self, name_or_path: str | Path, *, name: str = "") -> None:
        """Note the model: a folder, or a name on the hub (fetched at first use unless HF_HUB_OFFLINE is set)."""
        self.name = name or str(name_or_path)
        self._source = str(name_or_path)
        self._folder = Path(name_or_path)
        self._is_bert = is_plain_bert(self._folder)
        self._loading = threading.RLock()  # two threads at first use load once

    @cached_property
    def dimensions(self) -> int:
        """The length of a vector. Raises ConfigurationError when the model can't be loaded."""
        if self._is_bert:
            return int(read_json(self._folder / "config.json")["hidden_size"])
        dimensions = self._library.get_embedding_dimension()
        if dimensions is None:
            raise ConfigurationError(f"EMBEDDER {self._source} gives vectors of no fixed length; choose another model.")
        return dimensions

    @cached_property
    def max_tokens(self) -> int:
        """The tokens that the model looks at; the rest of a text is cut. Raises ConfigurationError like dimensions."""
        if self._is_bert:
            longest = read_json(self._folder / "config.json")["max_position_embeddings"]
            return int(read_json(self._folder / "sentence_bert_config.json").get("max_seq_length") or longest)
        return int(min(self._library.max_seq_length or MOST_TOKENS, MOST_TOKENS))

    def load(self) -> None:
        """Load the model now, so that the first text needn't wait. Raises ConfigurationError."""
        with self._loading:
            _ = self._tokenizer, self._encoder if self._is_bert else self._library

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Give the number of tokens of each text as the model would see it uncut, special tokens included."""
        return [len(ids) for ids in self._token_ids(texts)]

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts: shape (len(texts), dimensions), float32, each row of length 1.

        Raises ConfigurationError when the model can't be loaded and ModelError when it fails.
        """
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        try:
            return self._embed_with_bert(texts) if self._is_bert else self._embed_with_library(texts)
        except RuntimeError as error:  # PyTorch's, for instance out of memory
            raise ModelError(f"The embedder {self.name} failed on {len(texts)} texts: {error}") from error

    def _embed_with_bert(self, texts: Sequence[str]) -> Embeddings:
        with self._loading:
            encoder = self._encoder
        most = self.max_tokens
        ids = (found if len(found) <= most else [*found[: most - 1], found[-1]] for found in self._token_ids(texts))
        return encoder.encode(list(ids))

    def _embed_with_library(self, texts: Sequence[str]) -> Embeddings:
        with self._loading:
            library = self._library
        use_every_core()
        vectors = library.encode(
            list(texts), batch_size=BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors.astype(np.float32, copy=False)

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        with self._loading:
            tokenizer = self._tokenizer
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        file = self._folder / "tokenizer.json"
        if file.is_file():
            return load_tokenizer(file)
        # Set, so that the library neither warns nor gives up its threads when a process is forked later.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
        from tokenizers import Tokenizer

        used = self._library.tokenizer
        return uncut(Tokenizer.from_str(getattr(used, "backend_tokenizer", used).to_str()))

    @cached_property
    def _encoder(self) -> BertEncoder:
        from safetensors import SafetensorError

        try:
            return BertEncoder(self._folder)
        except (OSError, KeyError, SafetensorError) as error:
            raise ConfigurationError(
                f"EMBEDDER {self._source} can't be loaded: {first_line(error)}; fetch the model again."
            ) from None

    @cached_property
    def _library(self) -> SentenceTransformer:
        prepare_torch()
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # of weights that load in a second
        try:
            return SentenceTransformer(self._source, device="cpu", local_files_only=self._folder.is_dir())
        except (OSError, ValueError, KeyError) as error:  # no such model, no network, a damaged file
            raise ConfigurationError(
                f"EMBEDDER {self._source} can't be loaded: {first_line(error)}; "
                "give `bundled`, a folder, or a name on the hub that sentence-transformers knows."
            ) from None


def first_line(error: Exception) -> str:
    """Give the first line of what a library says, short enough for one of ours."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200].rstrip(".")
