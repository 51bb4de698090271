"""The chat model in this process: one thread owns llama.cpp, a bounded queue feeds it, answers stream out."""

from __future__ import annotations

import asyncio
import atexit
import math
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future
from pathlib import Path

from core.errors import ConfigurationError, DocentError, ModelBusyError, ModelError, ModelTimeoutError
from core.inference.cpu import physical_cores
from core.inference.gguf_header import read_header
from core.inference.llama_engine import Generation, LlamaEngine
from core.inference.merging import merged
from core.inference.speed import Speed
from core.models import ChatMessage, Sampling

_at_work: set[LlamaCppChatModel] = set()


@atexit.register
def _stop_all() -> None:
    """Stop the models that nobody has closed: freeing one while its thread still computes would crash the exit."""
    for model in list(_at_work):
        model.stop()


class LlamaCppChatModel:
    """A GGUF model on this machine's CPU; implements `core.ports.ChatModel`.

    Nothing is loaded before the first use. Use it from any event loop; it never blocks one.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 0,
        context_limit: int = 0,
        parallel: int = 1,
        queue_size: int = 32,
        answer_seconds: float = 120.0,
        lora_path: Path | None = None,
        merged_path: Path | None = None,
    ) -> None:
        """Read the file's header, not the model.

        threads: 0 for the physical cores. context_limit: tokens of prompt and answer at most, 0 for all that the model
        was trained with. parallel: answers that are made at a time. queue_size: questions that may wait meanwhile.
        answer_seconds: time limit of one answer, from when the model starts on it. merged_path: the file in which the
        model and its adapter become one, see `core.inference.merging`; None loads them one beside the other.
        Raises ConfigurationError for a file that is no chat model.
        """
        header = read_header(path)
        if header.kind != "model" or header.architecture == "clip" or header.architecture.endswith("bert"):
            raise ConfigurationError(
                f"{path} holds no chat model but {header.kind} weights ({header.architecture or 'unknown'}); "
                "point CHAT_MODEL to a language model."
            )
        if lora_path and (kind := read_header(lora_path).kind) != "adapter":
            raise ConfigurationError(f"{lora_path} holds no LoRA adapter but a {kind}; give one for {path.name}.")
        trained = header.context_length or context_limit or 2048
        self.name = path.stem
        self.context_tokens = min(context_limit, trained) if context_limit else trained
        self._path = path
        self._threads = threads or physical_cores()
        self._parallel = parallel
        self._queue_size = queue_size
        self._answer_seconds = answer_seconds
        self._lora_path = lora_path
        self._merged_path = merged_path

        self._changed = threading.Condition()  # guards all below
        self._engine: Future[LlamaEngine] | None = None  # None: no worker
        self._worker: threading.Thread | None = None
        self._waiting: deque[_Request] = deque()
        self._running: dict[_Request, Generation] = {}
        self._closed = False

    @property
    def waiting(self) -> int:
        """The number of questions that wait for the model."""
        return len(self._waiting)

    @property
    def tokens_per_second(self) -> Speed:
        """How fast the model was in its last answers: reading prompts (what was not cached) and writing."""
        engine = self._engine
        if engine is None or not engine.done() or engine.exception():
            return Speed(None, None)
        meters = engine.result()
        return Speed(meters.prompt_meter.tokens_per_second, meters.generation_meter.tokens_per_second)

    async def load(self) -> None:
        """Load the model now, so that the first question needn't wait. Raises ConfigurationError or ModelError."""
        await self._loaded()

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Give the tokens of the messages rendered through the model's own chat template."""
        engine = await self._loaded()
        return len(await asyncio.to_thread(engine.tokenize, messages))

    async def stream(self, messages: Sequence[ChatMessage], sampling: Sampling) -> AsyncGenerator[str, None]:
        """Yield pieces of the answer; see `core.ports.ChatModel.stream`."""
        request = _Request(messages, sampling)
        self._submit(request)
        try:
            while (piece := await request.pieces.get()) is not None:
                if isinstance(piece, DocentError):
                    raise piece
                yield piece
        finally:
            self._withdraw(request)

    async def close(self) -> None:
        """Free the model; streams in flight end with ModelError."""
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """Do what close does, and block until it is done (no longer than one step of the model takes)."""
        with self._changed:
            self._closed = True
            worker = self._worker
            self._changed.notify()
        if worker:
            worker.join()

    async def _loaded(self) -> LlamaEngine:
        with self._changed:
            future = self._start()
        return await asyncio.wrap_future(future)

    def _start(self) -> Future[LlamaEngine]:
        """Start the worker unless it runs, and give its engine-to-be. The caller holds the lock."""
        if self._closed:
            raise ModelError("The chat model is closed.")
        if self._engine is None:
            self._engine = Future()
            self._engine.set_running_or_notify_cancel()  # a caller who gives up must not cancel it for the others
            self._worker = threading.Thread(
                target=self._work, args=(self._engine,), name=f"llama.cpp {self.name}", daemon=True
            )
            self._worker.start()
            _at_work.add(self)
        return self._engine

    def _submit(self, request: _Request) -> None:
        with self._changed:
            if len(self._waiting) + len(self._running) >= self._parallel + self._queue_size:
                raise ModelBusyError(
                    f"{len(self._waiting)} questions wait for the chat model already; "
                    "ask again later or raise QUEUE_SIZE."
                )
            self._start()
            self._waiting.append(request)
            self._changed.notify()

    def _withdraw(self, request: _Request) -> None:
        request.withdrawn = True
        with self._changed:
            if request in self._waiting:
                self._waiting.remove(request)

    # From here on: the worker's thread.

    def _work(self, loading: Future[LlamaEngine]) -> None:
        """Load the model, make answers until closed, free the model."""
        farewell: DocentError = ModelError(
            "The chat model stopped unexpectedly; ask again, and see the log if it stays."
        )
        engine = None
        try:
            path, lora_path = self._path, self._lora_path
            if lora_path and self._merged_path:
                path, lora_path = merged(path, lora_path, self._merged_path), None
            engine = LlamaEngine(
                path,
                threads=self._threads,
                context_tokens=self.context_tokens,
                parallel=self._parallel,
                lora_path=lora_path,
            )
            loading.set_result(engine)
            while self._has_work():
                self._take_up(engine)
                self._go_on(engine)
            farewell = ModelError("The chat model was closed.")
        except DocentError as error:  # from loading; the next use tries again
            farewell = error
        finally:
            self._say_farewell(farewell)
            if not loading.done():
                loading.set_exception(farewell)
            if engine:
                engine.close()

    def _has_work(self) -> bool:
        """Wait for a request unless answers are being made; False when the model is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._running or self._waiting or self._closed)
            return not self._closed

    def _take_up(self, engine: LlamaEngine) -> None:
        """Begin the answers to requests that wait, first come, first served, as long as there is room for one more."""
        while len(self._running) < self._parallel:
            with self._changed:
                request = self._waiting[0] if self._waiting else None
            if request is None:
                return
            try:
                prompt = engine.tokenize(request.messages)
                self._check_fit(len(prompt), request.sampling.max_tokens)
                generation = engine.begin(prompt, request.sampling)
            except DocentError as error:
                request.send(error)
                self._withdraw(request)
                continue
            if generation is None:
                return
            request.deadline = time.monotonic() + self._answer_seconds
            with self._changed:
                self._running[request] = generation
                if request in self._waiting:
                    self._waiting.remove(request)

    def _go_on(self, engine: LlamaEngine) -> None:
        """Make a step with all answers, and send what came of it; end those nobody waits for or that take too long."""
        for request, generation in list(self._running.items()):
            if request.withdrawn or time.monotonic() > request.deadline:
                engine.drop(generation)
                too_long = ModelTimeoutError(
                    f"The answer took longer than {self._answer_seconds:g} s; raise ANSWER_SECONDS, lower MAX_TOKENS "
                    "or choose a smaller model."
                )
                self._end(request, None if request.withdrawn else too_long)
        try:
            engine.step()
        except ModelError as error:
            for request in list(self._running):
                self._end(request, error)
        for request, generation in list(self._running.items()):
            for piece in generation.pieces:
                request.send(piece)
            generation.pieces.clear()
            if generation.done:
                self._end(request, None)

    def _end(self, request: _Request, last: DocentError | None) -> None:
        with self._changed:
            del self._running[request]
        request.send(last)

    def _check_fit(self, prompt_tokens: int, max_tokens: int) -> None:
        if prompt_tokens + max_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt has {prompt_tokens} tokens, and with {max_tokens} for the answer that is more than the "
                f"{self.context_tokens} of {self.name}; lower CONTEXT_TOKENS, HISTORY_TOKENS or MAX_TOKENS."
            )

    def _say_farewell(self, farewell: DocentError) -> None:
        """Tell all who wait that no answer will come, and let the next use start a new worker."""
        with self._changed:
            abandoned = [*self._running, *self._waiting]
            self._waiting.clear()
            self._running.clear()
            self._engine = self._worker = None
            _at_work.discard(self)
        for request in abandoned:
            request.send(farewell)


class _Request:
    """A question on its way through the worker, and the way back to the event loop that waits for it."""

    def __init__(self, messages: Sequence[ChatMessage], sampling: Sampling) -> None:
        self.messages = messages
        self.sampling = sampling
        self.pieces: asyncio.Queue[str | DocentError | None] = asyncio.Queue()  # None: the answer is complete
        self.withdrawn = False
        self.deadline = math.inf
        self._loop = asyncio.get_running_loop()

    def send(self, piece: str | DocentError | None) -> None:
        """Hand a piece to the loop, from the worker's thread."""
        try:
            self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)
        except RuntimeError:  # the loop was closed without closing the stream
            self.withdrawn = True
