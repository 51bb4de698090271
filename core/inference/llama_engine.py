"""Owns a loaded GGUF model: prompt in, text out, step by step and in one thread."""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from core.errors import ConfigurationError, ModelError
from core.inference.chat_template import ChatTemplate
from core.inference.cpu import shorten_spinning
from core.inference.speed import Meter
from core.inference.stop_strings import StopStrings
from core.models import ChatMessage, Sampling

logger = logging.getLogger(__name__)

# Tokens of the prompt that are read between two looks at the checkpoint. On a CPU larger batches are no faster
# (128 and 512 gave the same figures as 64), and this is how long a cancelled question goes on.
BATCH_TOKENS = 64

# Marks text that looks like one of the model's control tokens but stands in a message. NUL is in no real text.
GUARD = "\x00"

_complaints: deque[str] = deque(maxlen=20)  # the last errors that llama.cpp logged; only read when loading fails


class LlamaEngine:
    """A GGUF model in memory. One thread may generate; `tokenize` may be called by others meanwhile."""

    def __init__(self, path: Path, *, threads: int, context_tokens: int, lora_path: Path | None = None) -> None:
        """Load the model at path with an optional LoRA adapter.

        Raises ConfigurationError when llama.cpp can't be used or the file can't be loaded, and ModelError when there
        is not enough memory for the context.
        """
        self._binding = _load_binding()
        self._llama = self._load(path, threads, context_tokens, lora_path)
        self._vocabulary = self._binding.llama_model_get_vocab(self._llama.model)
        self._lock = threading.Lock()  # tokenize may run while close frees the vocabulary
        self._closed = False
        bos = self._text_of(self._llama.token_bos())
        self._template = ChatTemplate(
            self._llama.metadata.get("tokenizer.chat_template"), bos=bos, eos=self._text_of(self._llama.token_eos())
        )
        self._bos = bos if self._binding.llama_vocab_get_add_bos(self._vocabulary) else ""
        control = [self._text_of(token) for token in range(self._llama.n_vocab()) if self._is_control(token)]
        longest_first = sorted(filter(None, control), key=len, reverse=True)
        self._control_texts = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self.prompt_meter = Meter()
        self.generation_meter = Meter()

    def tokenize(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Render messages through the chat template and give the tokens of the prompt.

        Text in a message that looks like a control token stays text: a document can't end its own message.
        Raises ModelError when the template refuses the messages or the model is closed.
        """
        prompt = self._template.render([self._guarded(message) for message in messages])
        add_bos = bool(self._bos) and not prompt.startswith(self._bos)
        tokens: list[int] = []
        with self._lock:
            if self._closed:
                raise ModelError("The chat model is closed.")
            for index, part in enumerate(prompt.split(GUARD)):
                is_plain = index % 2 == 1
                if part or index == 0:
                    tokens += self._llama.tokenize(part.encode(), add_bos=add_bos and index == 0, special=not is_plain)
        return tokens

    def generate(self, prompt: Sequence[int], sampling: Sampling, checkpoint: Callable[[], None]) -> Iterator[str]:
        """Yield pieces of the answer to a tokenized prompt.

        checkpoint is called between all steps; whatever it raises ends the generation and leaves the model ready for
        the next one. What the cache holds of the prompt from earlier calls is not read again.
        Raises ModelError when llama.cpp fails.
        """
        try:
            yield from self._generate(list(prompt), sampling, checkpoint)
        except RuntimeError as error:  # what the binding raises when decoding fails
            self._llama.reset()  # what the cache holds is uncertain now
            raise ModelError(f"llama.cpp failed ({error}); ask again, and see the log if it stays.") from error

    def is_end(self, token: int) -> bool:
        """Tell whether a token ends an answer."""
        return bool(self._binding.llama_vocab_is_eog(self._vocabulary, token))

    def close(self) -> None:
        """Free the model; the engine can't be used any more."""
        with self._lock:
            self._closed = True
            self._llama.close()

    def _generate(self, prompt: list[int], sampling: Sampling, checkpoint: Callable[[], None]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        stop = StopStrings((*sampling.stop, *self._template.stop))
        started = time.perf_counter()
        fresh = len(prompt) - self._read_in_batches(prompt, checkpoint)
        checkpoint()
        self._llama.set_seed(sampling.seed)
        tokens = self._llama.generate(
            prompt, temp=sampling.temperature, top_k=sampling.top_k, top_p=sampling.top_p, min_p=sampling.min_p
        )
        count = 0
        first_token = None
        with contextlib.closing(tokens):
            try:
                for count, token in enumerate(tokens, start=1):
                    if first_token is None:
                        first_token = time.perf_counter()
                        self.prompt_meter.add(fresh, first_token - started)
                    if self.is_end(token):
                        break
                    text = stop.feed(decoder.decode(self._piece(token)))
                    if text:
                        yield text
                    if stop.reached or count == sampling.max_tokens:
                        break
                    checkpoint()
            finally:
                if first_token is not None:
                    self.generation_meter.add(count - 1, time.perf_counter() - first_token)
        if rest := stop.flush():  # bytes of an unfinished character stay in the decoder and are dropped
            yield rest

    def _read_in_batches(self, prompt: list[int], checkpoint: Callable[[], None]) -> int:
        """Bring all but the last batch of the prompt into the cache; give the tokens that it held before.

        Each call of `generate` reads what the cache lacks of the prompt that it is given.
        """
        cached = self._llama.input_ids[: min(self._llama.n_tokens, len(prompt))]
        different = np.nonzero(cached != np.asarray(prompt[: len(cached)]))[0]
        known = int(different[0]) if different.size else len(cached)
        for end in range(known + BATCH_TOKENS, len(prompt), BATCH_TOKENS):
            checkpoint()
            with contextlib.closing(self._llama.generate(prompt[:end], temp=0.0)) as tokens:
                next(tokens)
        return known

    def _load(self, path: Path, threads: int, context_tokens: int, lora_path: Path | None) -> Any:
        import jinja2

        _complaints.clear()
        try:
            llama = self._binding.Llama(
                str(path),
                n_ctx=context_tokens,
                n_batch=BATCH_TOKENS,
                n_ubatch=BATCH_TOKENS,
                n_threads=threads,
                n_threads_batch=threads,
                lora_path=str(lora_path) if lora_path else None,
                verbose=False,
            )
        except (ValueError, RuntimeError, MemoryError, jinja2.TemplateError) as error:
            reason = _complaint() or str(error)
            if "context" in str(error) or isinstance(error, MemoryError):
                raise ModelError(
                    f"Not enough memory for {path.name} with {context_tokens} tokens of context ({reason}); "
                    "free some, lower CONTEXT_TOKENS or choose a smaller model."
                ) from None
            raise ConfigurationError(
                f"llama.cpp can't load {path}: {reason}. Download it again or choose another model."
            ) from None
        # The binding compares the adapter with None where it is a null pointer, and goes on without it.
        if lora_path and not llama._lora_adapter:
            llama.close()
            raise ConfigurationError(f"llama.cpp can't add {lora_path} to {path.name}: {_complaint()}")
        return llama

    def _guarded(self, message: ChatMessage) -> ChatMessage:
        """Put guards around all that looks like a control token in a message."""
        content = message.content.replace(GUARD, "")
        return ChatMessage(message.role, self._control_texts.sub(rf"{GUARD}\g<0>{GUARD}", content))

    def _is_control(self, token: int) -> bool:
        return bool(self._binding.llama_vocab_is_control(self._vocabulary, token))

    def _text_of(self, token: int) -> str:
        """Give the name of a token, "" for a token that the model lacks (-1)."""
        return (
            self._binding.llama_vocab_get_text(self._vocabulary, token).decode(errors="replace") if token >= 0 else ""
        )

    def _piece(self, token: int) -> bytes:
        """Give the bytes that a token stands for; they may end within a character."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = self._binding.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length


@cache
def _load_binding() -> ModuleType:
    """Import llama_cpp with its chatter sent to our log, or raise ConfigurationError."""
    shorten_spinning()
    try:
        import llama_cpp
        import llama_cpp._internals
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"llama-cpp-python can't be used here ({error}); install it again, or set CHAT_MODEL=none."
        ) from None

    # With verbose=False the binding points file descriptors 1 and 2 of the whole process to /dev/null while it loads,
    # and so swallows what other threads print. The log callback makes that needless.
    for module in (llama_cpp.llama, llama_cpp._internals):
        vars(module)["suppress_stdout_stderr"] = _leave_output_alone
    llama_cpp.llama_log_set(_log_callback(llama_cpp), ctypes.c_void_p(0))
    binding: ModuleType = llama_cpp
    return binding


def _complaint() -> str:
    """Give the first error that llama.cpp logged, without the names of its functions."""
    return re.sub(r"^\w+: (error loading model: )?", "", _complaints[0]).rstrip(".") if _complaints else ""


def _leave_output_alone(disable: bool = True) -> contextlib.nullcontext[None]:
    return contextlib.nullcontext()


@cache  # llama.cpp keeps the bare address, so the object has to stay
def _log_callback(llama_cpp: ModuleType) -> Any:
    error_level = 4  # GGML_LOG_LEVEL_ERROR in ggml.h

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def log(level: int, text: bytes, user_data: object) -> None:
        line = text.decode("utf-8", errors="replace").strip()
        if level == error_level and line:
            _complaints.append(line)
        logger.debug("%s", line)

    return log
