"""Owns a loaded GGUF model: several prompts in, several answers out, step by step and in one thread.

In a step each answer gets a token, and what is left of the batch reads prompts: the weights pass through the CPU once
for all of them, which is what a step costs (continuous batching, https://www.usenix.org/conference/osdi22/presentation/yu).
"""

from __future__ import annotations

import codecs
import re
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.inference.chat_template import ChatTemplate
from core.inference.llama_context import Entry, LlamaContext
from core.inference.sequences import Sequences
from core.inference.speed import Meter
from core.inference.stop_strings import StopStrings
from core.models import ChatMessage, Sampling

# Tokens of a step. On a CPU larger batches are no faster (128 and 512 gave the same figures as 64), and this is how
# long a cancelled question goes on.
BATCH_TOKENS = 64

# Marks text that looks like one of the model's control tokens but stands in a message. NUL is in no real text.
GUARD = "\x00"


class Generation:
    """An answer that is being made. pieces: what came of it since somebody looked."""

    def __init__(self, prompt: Sequence[int], sampling: Sampling, sequence: int, known: int, stop: StopStrings) -> None:
        self.prompt = prompt
        self.max_tokens = sampling.max_tokens
        self.sequence = sequence
        self.unread = deque(prompt[known:])
        self.stop = stop
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.sampler: Any = None
        self.next: int | None = None  # chosen, and not yet read into the cache
        self.fresh = len(self.unread)
        self.count = 0
        self.started = time.perf_counter()
        self.first_token: float | None = None
        self.done = False
        self.pieces: list[str] = []


class LlamaEngine:
    """A GGUF model in memory. One thread may use it; `tokenize` may be called by others meanwhile."""

    def __init__(
        self, path: Path, *, threads: int, context_tokens: int, parallel: int = 1, lora_path: Path | None = None
    ) -> None:
        """Load the model at path with an optional LoRA adapter, for so many answers at a time.

        context_tokens: what a prompt with its answer may take.
        Raises ConfigurationError when llama.cpp can't be used or a file can't be loaded, and ModelError when there
        is not enough memory for the context.
        """
        self._llama = LlamaContext(
            path,
            threads=threads,
            context_tokens=context_tokens,
            sequences=parallel,
            batch_tokens=max(BATCH_TOKENS, parallel),
            lora_path=lora_path,
        )
        self._sequences = Sequences(parallel)
        self._running: list[Generation] = []
        self._template = ChatTemplate(self._llama.template, bos=self._llama.bos, eos=self._llama.eos)
        self._bos = self._llama.bos if self._llama.adds_bos else ""
        control = [
            self._llama.name_of(token) for token in range(self._llama.vocabulary_size) if self._llama.is_control(token)
        ]
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
        for index, part in enumerate(prompt.split(GUARD)):
            is_plain = index % 2 == 1
            if part or index == 0:
                tokens += self._llama.tokenize(part, add_special=add_bos and index == 0, parse_special=not is_plain)
        return tokens

    def is_end(self, token: int) -> bool:
        """Tell whether a token ends an answer."""
        return self._llama.is_end(token)

    def begin(self, prompt: Sequence[int], sampling: Sampling) -> Generation | None:
        """Take up a tokenized prompt that fits into context_tokens with its answer; None when it has to wait.

        What the cache holds of the prompt, from whichever text, is not read again.
        """
        place = self._sequences.place(prompt)
        if place is None:
            return None
        self._llama.share(place.source, place.sequence, place.known)
        stop = StopStrings((*sampling.stop, *self._template.stop))
        generation = Generation(prompt, sampling, place.sequence, place.known, stop)
        generation.sampler = self._llama.sampler(sampling)
        self._running.append(generation)
        return generation

    def step(self) -> None:
        """Go a step on with all answers: their `pieces` grow, and some may be `done`.

        Raises ModelError when llama.cpp fails: then all of them are lost, and new ones can begin.
        """
        entries, asked = self._entries()
        if not entries:
            return
        try:
            self._llama.decode(entries)
        except ModelError:
            for generation in list(self._running):
                self.drop(generation)
            self._sequences.clear()
            self._llama.clear()
            raise
        for generation, place in asked:
            self._take(generation, self._llama.sample(generation.sampler, place))

    def drop(self, generation: Generation) -> None:
        """End an answer, done or not; what was read of it stays for those who go on with it."""
        if generation not in self._running:
            return
        self._running.remove(generation)
        self._llama.free(generation.sampler)
        self._sequences.release(generation.sequence)
        if generation.first_token is not None:
            self.generation_meter.add(generation.count - 1, time.perf_counter() - generation.first_token)

    def close(self) -> None:
        """Free the model; the engine can't be used any more."""
        for generation in list(self._running):
            self.drop(generation)
        self._llama.close()

    def _entries(self) -> tuple[list[Entry], list[tuple[Generation, int]]]:
        """Give the tokens of the next step, and for which answers, and after which of these, a token is chosen."""
        entries: list[Entry] = []
        asked: list[tuple[Generation, int]] = []
        for generation in self._running:
            if generation.next is not None:
                asked.append((generation, len(entries)))
                entries.append(self._entry(generation, generation.next, is_asked=True))
                generation.next = None
        for generation in self._running:
            while generation.unread and len(entries) < BATCH_TOKENS:
                is_last = len(generation.unread) == 1
                if is_last:
                    asked.append((generation, len(entries)))
                entries.append(self._entry(generation, generation.unread.popleft(), is_asked=is_last))
        return entries, asked

    def _entry(self, generation: Generation, token: int, *, is_asked: bool) -> Entry:
        held = self._sequences.held(generation.sequence)
        held.append(token)
        return Entry(token, len(held) - 1, generation.sequence, is_asked)

    def _take(self, generation: Generation, token: int) -> None:
        """Take the next token of an answer."""
        now = time.perf_counter()
        generation.count += 1
        if generation.first_token is None:
            generation.first_token = now
            self.prompt_meter.add(generation.fresh, now - generation.started)
        if not self.is_end(token):
            generation.next = token
            text = generation.stop.feed(generation.decoder.decode(self._llama.piece(token)))
            if text:
                generation.pieces.append(text)
            if not generation.stop.reached and generation.count < generation.max_tokens:
                return
        if rest := generation.stop.flush():  # bytes of an unfinished character stay in the decoder and are dropped
            generation.pieces.append(rest)
        generation.done = True
        self.drop(generation)

    def _guarded(self, message: ChatMessage) -> ChatMessage:
        """Put guards around all that looks like a control token in a message."""
        content = message.content.replace(GUARD, "")
        return ChatMessage(message.role, self._control_texts.sub(rf"{GUARD}\g<0>{GUARD}", content))
