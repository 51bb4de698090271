"""A chat model that says what it is told to say, word by word."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Sequence

from core.errors import DocentError, ModelBusyError, ModelError, ModelTimeoutError
from core.inference.stop_strings import StopStrings
from core.models import ChatMessage, Sampling


class FakeChatModel:
    """Implements `core.ports.ChatModel` deterministically; `prompts` holds what it was asked, oldest first.

    reply: the answer when nothing is enqueued. piece_seconds: the time that each word takes. is_held: it says nothing
    until it is released.
    A word is a token; a message takes two more.
    """

    def __init__(
        self,
        reply: str = "The documents say so.",
        *,
        context_limit: int = 4096,
        queue_size: int = 32,
        answer_seconds: float = 120.0,
        piece_seconds: float = 0.0,
        is_held: bool = False,
    ) -> None:
        self.name = "fake"
        self.context_tokens = context_limit
        self.prompts: list[tuple[ChatMessage, ...]] = []
        self._reply = reply
        self._enqueued: deque[str | DocentError] = deque()
        self._queue_size = queue_size
        self._answer_seconds = answer_seconds
        self._piece_seconds = piece_seconds
        self._turn = asyncio.Lock()
        self._present = 0
        self._closed = False
        self._may_speak = asyncio.Event()
        if not is_held:
            self.release()

    def release(self) -> None:
        """Let it speak."""
        self._may_speak.set()

    @property
    def waiting(self) -> int:
        """The number of questions that wait for the model."""
        return max(0, self._present - 1)

    def enqueue(self, *answers: str | DocentError) -> None:
        """Set the next answers, in order; an error is raised in its turn."""
        self._enqueued.extend(answers)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Give the words of the messages and two for each message."""
        return sum(2 + len(message.content.split()) for message in messages)

    async def stream(self, messages: Sequence[ChatMessage], sampling: Sampling) -> AsyncGenerator[str, None]:
        """Yield the words of the next enqueued answer, or of the reply."""
        if self._present > self._queue_size:
            raise ModelBusyError(f"{self.waiting} questions wait for the chat model already; ask again later.")
        self._present += 1
        try:
            async with self._turn:
                tokens = await self.count_tokens(messages)
                if tokens + sampling.max_tokens > self.context_tokens:
                    raise ModelError(f"{tokens} + {sampling.max_tokens} tokens are more than {self.context_tokens}.")
                self.prompts.append(tuple(messages))
                answer = self._enqueued.popleft() if self._enqueued else self._reply
                if isinstance(answer, DocentError):
                    raise answer
                deadline = asyncio.get_running_loop().time() + self._answer_seconds
                stop = StopStrings(sampling.stop)
                await self._may_speak.wait()
                for word in re.findall(r"\s*\S+", answer)[: sampling.max_tokens]:
                    await asyncio.sleep(self._piece_seconds)
                    if self._closed:
                        break
                    if asyncio.get_running_loop().time() > deadline:
                        raise ModelTimeoutError(f"The answer took longer than {self._answer_seconds:g} s.")
                    if text := stop.feed(word):
                        yield text
                    if stop.reached:
                        return
                if self._closed:
                    raise ModelError("The chat model was closed.")
                if rest := stop.flush():
                    yield rest
        finally:
            self._present -= 1

    async def close(self) -> None:
        """End the streams in flight with ModelError, and all that come."""
        self._closed = True
