"""Any sentence-transformers CrossEncoder as a reader: each quotable piece is scored on its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ConfigurationError, ModelError
from core.inference.cpu import prepare_torch
from core.inference.sentence_transformers import first_line
from core.inference.workers import use_every_core
from core.ports import Passage, Reading

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH_PAIRS = 32


class CrossEncoderReader:
    """Implements `core.ports.Reader` with a model that gives one score, a logit, for a question and a text."""

    is_calibrated = False

    def __init__(self, name_or_path: str) -> None:
        """Note the model: a folder, or a name on the hub (fetched at first use unless HF_HUB_OFFLINE is set)."""
        self._source = name_or_path
        self._loading = threading.RLock()

    def load(self) -> None:
        """Load the model now. Raises ConfigurationError."""
        with self._loading:
            _ = self._library

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Score each piece under its heading (see `core.ports.Reader`)."""
        import torch

        self.load()
        pairs = [
            (question, ". ".join(part for part in (passage.heading, lead, words) if part))
            for passage in passages
            for lead, words in passage.pieces
        ]
        if not pairs:
            return [np.empty(0, dtype=np.float32) for _ in passages]
        use_every_core()
        try:
            logits = self._library.predict(
                pairs, batch_size=_BATCH_PAIRS, show_progress_bar=False, activation_fn=torch.nn.Identity()
            )
        except RuntimeError as error:  # PyTorch's, for instance out of memory
            raise ModelError(f"RERANKER {self._source} failed on {len(pairs)} texts: {error}") from error
        ends = np.cumsum([len(passage.pieces) for passage in passages])[:-1]
        return [part.astype(np.float32) for part in np.split(np.asarray(logits), ends)]

    @cached_property
    def _library(self) -> CrossEncoder:
        prepare_torch()
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(self._source, device="cpu", local_files_only=Path(self._source).is_dir())
        except (OSError, ValueError, KeyError) as error:  # no such model, no network, a damaged file
            raise ConfigurationError(
                f"RERANKER {self._source} can't be loaded: {first_line(error)}; give `bundled`, `none`, a folder, "
                "or a name on the hub that sentence-transformers knows as a CrossEncoder."
            ) from None
        if model.num_labels != 1:
            raise ConfigurationError(
                f"RERANKER {self._source} gives {model.num_labels} scores a pair; choose a model that gives one."
            )
        return model
