"""Owns what llama.cpp holds of a model: weights, vocabulary, and a cache in which several texts grow at once."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import ConfigurationError, ModelError
from core.inference.llama_binding import complaint, forget_complaints, load_binding
from core.models import Sampling


class Entry(NamedTuple):
    """A token to be read: where it stands in which sequence of the cache, and whether what may follow it is asked."""

    token: int
    position: int
    sequence: int
    is_asked: bool


class LlamaContext:
    """A model in memory. One thread may decode; `tokenize` may be called by others meanwhile."""

    def __init__(
        self,
        path: Path,
        *,
        threads: int,
        context_tokens: int,
        sequences: int,
        batch_tokens: int,
        lora_path: Path | None = None,
    ) -> None:
        """Load the model at path with an optional LoRA adapter.

        context_tokens: what each sequence may hold. batch_tokens: entries of one `decode` at most.
        Raises ConfigurationError when llama.cpp can't be used or a file can't be loaded, and ModelError when there
        is not enough memory for the context.
        """
        self._binding = load_binding()
        self._lock = threading.Lock()  # tokenize may run while close frees the vocabulary
        self._adapter: Any = None
        self._context: Any = None
        self._batch: Any = None
        forget_complaints()
        self._model = self._binding.llama_model_load_from_file(
            str(path).encode(), self._binding.llama_model_default_params()
        )
        if not self._model:
            raise ConfigurationError(
                f"llama.cpp can't load {path}: {complaint() or 'no reason given'}. "
                "Download it again or choose another model."
            )
        try:
            self._open(path, threads, context_tokens, sequences, batch_tokens)
            if lora_path:
                self._add(lora_path, path)
        except (ConfigurationError, ModelError):
            self.close()
            raise
        self._memory = self._binding.llama_get_memory(self._context)
        self._batch = self._binding.llama_batch_init(batch_tokens, 0, 1)
        self._vocabulary = self._binding.llama_model_get_vocab(self._model)
        self.vocabulary_size: int = self._binding.llama_vocab_n_tokens(self._vocabulary)
        template = self._binding.llama_model_chat_template(self._model, None)
        self.template: str | None = template.decode() if template else None
        self.bos = self.name_of(self._binding.llama_vocab_bos(self._vocabulary))
        self.eos = self.name_of(self._binding.llama_vocab_eos(self._vocabulary))
        self.adds_bos = bool(self._binding.llama_vocab_get_add_bos(self._vocabulary))

    def _open(self, path: Path, threads: int, context_tokens: int, sequences: int, batch_tokens: int) -> None:
        parameters = self._binding.llama_context_default_params()
        parameters.n_ctx = context_tokens * sequences
        parameters.n_batch = parameters.n_ubatch = batch_tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.n_seq_max = sequences
        parameters.kv_unified = False  # in a common cache each token would look at all that the others hold
        parameters.flash_attn_type = self._binding.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._context = self._binding.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise ModelError(
                f"Not enough memory for {path.name} with {context_tokens * sequences} tokens of context "
                f"({complaint() or 'no reason given'}); free some, lower PARALLEL or CONTEXT_TOKENS, or choose a "
                "smaller model."
            )

    def _add(self, lora_path: Path, path: Path) -> None:
        self._adapter = self._binding.llama_adapter_lora_init(self._model, str(lora_path).encode())
        if self._adapter:
            adapters = (self._binding.llama_adapter_lora_p_ctypes * 1)(self._adapter)
            if not self._binding.llama_set_adapters_lora(self._context, adapters, 1, (ctypes.c_float * 1)(1.0)):
                return
        raise ConfigurationError(f"llama.cpp can't add {lora_path} to {path.name}: {complaint()}")

    def tokenize(self, text: str, *, add_special: bool = False, parse_special: bool = False) -> list[int]:
        """Give the tokens of a text. Raises ModelError when the model is closed.

        add_special: with what the model wants around a text. parse_special: names of control tokens become those.
        """
        written = text.encode()
        room = len(written) + 8
        with self._lock:
            if not self._model:
                raise ModelError("The chat model is closed.")
            found = (self._binding.llama_token * room)()
            count = self._binding.llama_tokenize(
                self._vocabulary, written, len(written), found, room, add_special, parse_special
            )
        return list(found[:count])

    def name_of(self, token: int) -> str:
        """Give the name of a token, "" for a token that the model lacks (-1)."""
        if token < 0:
            return ""
        name: bytes = self._binding.llama_vocab_get_text(self._vocabulary, token)
        return name.decode(errors="replace")

    def is_control(self, token: int) -> bool:
        """Tell whether a token steers the model and stands for no text."""
        return bool(self._binding.llama_vocab_is_control(self._vocabulary, token))

    def is_end(self, token: int) -> bool:
        """Tell whether a token ends an answer."""
        return bool(self._binding.llama_vocab_is_eog(self._vocabulary, token))

    def piece(self, token: int) -> bytes:
        """Give the bytes that a token stands for; they may end within a character."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = self._binding.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def sampler(self, sampling: Sampling) -> Any:
        """Give a new sampler of llama.cpp's; `free` it at the end."""
        binding = self._binding
        chain = binding.llama_sampler_chain_init(binding.llama_sampler_chain_default_params())
        if sampling.temperature <= 0:
            links = [binding.llama_sampler_init_greedy()]
        else:
            links = [
                binding.llama_sampler_init_top_k(sampling.top_k),
                binding.llama_sampler_init_top_p(sampling.top_p, 1),
                binding.llama_sampler_init_min_p(sampling.min_p, 1),
                binding.llama_sampler_init_temp(sampling.temperature),
                binding.llama_sampler_init_dist(sampling.seed),
            ]
        for link in links:
            binding.llama_sampler_chain_add(chain, link)
        return chain

    def free(self, sampler: Any) -> None:
        """Free a sampler."""
        self._binding.llama_sampler_free(sampler)

    def decode(self, entries: Sequence[Entry]) -> None:
        """Read tokens, at most batch_tokens, into the cache. Raises ModelError; the cache is then in no known state."""
        batch = self._batch
        batch.n_tokens = len(entries)
        for place, entry in enumerate(entries):
            batch.token[place] = entry.token
            batch.pos[place] = entry.position
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = entry.sequence
            batch.logits[place] = entry.is_asked
        if failure := self._binding.llama_decode(self._context, batch):
            raise ModelError(f"llama.cpp failed (llama_decode gave {failure}); ask again, and see the log if it stays.")

    def sample(self, sampler: Any, place: int) -> int:
        """Choose the token that follows the entry in this place of the last `decode`."""
        return int(self._binding.llama_sampler_sample(sampler, self._context, place))

    def share(self, source: int, target: int, tokens: int) -> None:
        """Let a sequence begin with the first tokens of another one; what it held is gone."""
        if source != target:  # llama.cpp copies whole sequences only
            self._binding.llama_memory_seq_rm(self._memory, target, -1, -1)
            self._binding.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self._binding.llama_memory_seq_rm(self._memory, target, tokens, -1)

    def clear(self) -> None:
        """Empty the cache."""
        self._binding.llama_memory_clear(self._memory, False)

    def close(self) -> None:
        """Free everything; the context can't be used any more."""
        with self._lock:
            if self._context:
                self._binding.llama_free(self._context)
            if self._batch:
                self._binding.llama_batch_free(self._batch)
            if self._adapter:
                self._binding.llama_adapter_lora_free(self._adapter)
            if self._model:
                self._binding.llama_model_free(self._model)
            self._context = self._batch = self._adapter = self._model = None
