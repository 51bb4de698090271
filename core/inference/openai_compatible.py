"""A chat model on a server that speaks OpenAI's chat completions: Ollama, LM Studio, llama.cpp, vLLM, and others."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from core.errors import ConfigurationError, ModelBusyError, ModelError, ModelTimeoutError
from core.inference.sse import EventReader
from core.inference.stop_strings import StopStrings
from core.models import ChatMessage, Sampling

CONNECT_SECONDS = 10.0
DETAIL_CHARACTERS = 200
TEMPLATE_TOKENS = 8  # of a chat template for each message, and as many to open the answer
BYTES_PER_TOKEN = 3
# Parameters that not every server knows; one that a server complains about is left out from then on.
OPTIONAL = ("temperature", "top_k", "top_p", "min_p", "seed", "stop")


class OpenAICompatibleChatModel:
    """A model on a server; implements `core.ports.ChatModel`. Belongs to one event loop."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        context_limit: int = 8192,
        parallel: int = 4,
        queue_size: int = 32,
        answer_seconds: float = 120.0,
    ) -> None:
        """Note the address (with or without /v1); nothing is asked of the server yet.

        context_limit: tokens of prompt and answer at most. parallel: answers that the server makes at a time.
        queue_size: questions that may wait beside those. answer_seconds: time limit of one answer, counted from its
        request. Raises ConfigurationError for an address that is no http(s) URL.
        """
        self.name = model
        self.context_tokens = context_limit
        self._url = completions_url(base_url)
        self._api_key = api_key
        self._parallel = parallel
        self._queue_size = queue_size
        self._answer_seconds = answer_seconds
        self._places = asyncio.Semaphore(parallel)
        self._present = 0  # questions that are answered or wait
        self._refused: set[str] = set()  # parameters that the server doesn't take
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """The number of questions that wait for a place."""
        return max(0, self._present - self._parallel)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Estimate the tokens of the messages, rather too many than too few, for the server's tokenizer isn't known.

        Counted are UTF-8 bytes / 3, rounded up (English has about 4 bytes a token, most other scripts 3 or more), and
        8 tokens of template for each message and for the opening of the answer.
        """
        content = sum(math.ceil(len(message.content.encode()) / BYTES_PER_TOKEN) for message in messages)
        return content + TEMPLATE_TOKENS * (len(messages) + 1)

    async def stream(self, messages: Sequence[ChatMessage], sampling: Sampling) -> AsyncGenerator[str, None]:
        """Yield pieces of the answer; see `core.ports.ChatModel.stream`."""
        if self._present >= self._parallel + self._queue_size:
            raise ModelBusyError(
                f"{self.waiting} questions wait for {self._url} already; ask again later or raise QUEUE_SIZE."
            )
        self._present += 1
        try:
            await self._check_fit(messages, sampling)
            async with self._places, aclosing(self._answer(messages, sampling)) as answer:
                stop = StopStrings(sampling.stop)  # not every server cuts at stop strings, or takes more than four
                async for piece in answer:
                    if text := stop.feed(piece):
                        yield text
                    if stop.reached:
                        return
                if rest := stop.flush():
                    yield rest
        finally:
            self._present -= 1

    async def close(self) -> None:
        """Close all connections; streams in flight end with ModelError."""
        self._closed = True
        if self._session:
            await self._session.close()

    async def _check_fit(self, messages: Sequence[ChatMessage], sampling: Sampling) -> None:
        tokens = await self.count_tokens(messages)
        if tokens + sampling.max_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt has about {tokens} tokens, and with {sampling.max_tokens} for the answer that is more "
                f"than {self.context_tokens}; lower CONTEXT_TOKENS, HISTORY_TOKENS or MAX_TOKENS."
            )

    async def _answer(self, messages: Sequence[ChatMessage], sampling: Sampling) -> AsyncGenerator[str, None]:
        """Send the request and yield the pieces of its answer as the server sends them."""
        deadline = asyncio.get_running_loop().time() + self._answer_seconds
        response = await self._request(messages, sampling, deadline)
        try:
            async with aclosing(self._events(response, deadline)) as events:
                async for event in events:
                    if event == "[DONE]":
                        return
                    yield self._piece_of(event)
        finally:
            response.close()  # cuts a connection that still carries an answer, and so the server stops

    async def _events(self, response: aiohttp.ClientResponse, deadline: float) -> AsyncGenerator[str, None]:
        """Yield the events of a stream, or the whole body when the server doesn't stream."""
        reader = EventReader()
        is_stream = False
        while chunk := await self._read(response, deadline):
            for event in reader.feed(chunk):
                is_stream = True
                yield event
        for event in reader.flush():
            is_stream = True
            yield event
        if not is_stream:
            yield reader.other

    async def _request(
        self, messages: Sequence[ChatMessage], sampling: Sampling, deadline: float
    ) -> aiohttp.ClientResponse:
        """Send the request, again without what the server says it doesn't know, and give the good response."""
        self._check_open()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._api_key}"} if self._api_key else None,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                trust_env=urlsplit(self._url).hostname not in {"localhost", "127.0.0.1", "::1"},  # proxies
            )
        while True:
            body = request_body(self.name, messages, sampling, self._refused)
            async with self._guard(deadline):
                response = await self._session.post(self._url, json=body)
                if response.ok:
                    return response
                async with response:
                    detail = await response.text(errors="replace")
            refused = refused_parameters(response.status, detail, body)
            if not refused:
                raise status_error(response.status, detail, self._url, self.name)
            self._refused |= refused

    async def _read(self, response: aiohttp.ClientResponse, deadline: float) -> bytes:
        """Give the next bytes of the response, b"" at its end."""
        async with self._guard(deadline):
            return await response.content.readany()

    @asynccontextmanager
    async def _guard(self, deadline: float) -> AsyncIterator[None]:
        """Keep the time limit of what is awaited inside, and translate the errors of the connection."""
        self._check_open()
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except aiohttp.ClientError as error:
            self._check_open()
            raise ModelError(
                f"No answer from {self._url} ({error or type(error).__name__}); start the server or mend CHAT_MODEL."
            ) from None
        except TimeoutError:
            raise ModelTimeoutError(
                f"The answer took longer than {self._answer_seconds:g} s; raise ANSWER_SECONDS, lower MAX_TOKENS or "
                "choose a smaller model."
            ) from None

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The chat model is closed.")

    def _piece_of(self, event: str) -> str:
        """Give the text in a part of a completion, or in a whole one."""
        try:
            completion = json.loads(event)
        except json.JSONDecodeError:
            completion = None
        match completion:
            case {"error": error} if error:
                raise ModelError(f"{self._url} failed: {shorten(json.dumps(error, ensure_ascii=False))}")
            case {"choices": [{"delta": {"content": str(text)}}, *_]} | {
                "choices": [{"message": {"content": str(text)}}, *_]
            }:
                return text
            case {"choices": _}:  # a role, the usage, the reason of the end
                return ""
        raise ModelError(f"{self._url} answers with {shorten(event)!r} instead of a chat completion; check CHAT_MODEL.")


def completions_url(base_url: str) -> str:
    """Give the address of the chat completions below a base address with or without `/v1` or another version.

    Raises ConfigurationError when it is no http(s) URL.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"CHAT_MODEL: {base_url!r} is no http(s) address; write openai:URL#MODEL.")
    base = parts._replace(query="", fragment="").geturl().rstrip("/").removesuffix("/chat/completions")
    has_version = any(re.fullmatch(r"v\d+\w*", part) for part in urlsplit(base).path.split("/"))
    return f"{base}/chat/completions" if has_version else f"{base}/v1/chat/completions"


def request_body(
    model: str, messages: Sequence[ChatMessage], sampling: Sampling, refused: Collection[str]
) -> dict[str, Any]:
    """Give the JSON of a request, without the parameters that the server has refused."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "stream": True,
        "max_completion_tokens" if "max_tokens" in refused else "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
    }
    if sampling.temperature > 0:
        body |= {"top_k": sampling.top_k, "top_p": sampling.top_p, "min_p": sampling.min_p, "seed": sampling.seed}
    if sampling.stop:
        body["stop"] = list(sampling.stop[:4])  # OpenAI takes four
    return {key: value for key, value in body.items() if key not in refused}


def refused_parameters(status: int, detail: str, body: Mapping[str, Any]) -> set[str]:
    """Give the parameters of a request that the server complains about and that it may do without."""
    if status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return set()
    refused = {name for name in OPTIONAL if name in body and re.search(rf"\b{name}\b", detail)}
    if "max_tokens" in body and "max_completion_tokens" in detail:  # OpenAI's new name for it
        refused.add("max_tokens")
    return refused


def status_error(status: int, detail: str, url: str, model: str) -> ModelError:
    """Give the error that an HTTP status means, with the server's own words."""
    said = f"{status}: {shorten(detail) or 'no reason given'}"
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return ModelBusyError(f"{url} is busy ({said}); ask again later.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ModelError(f"{url} refuses the key ({said}); set OPENAI_API_KEY.")
    if status == HTTPStatus.NOT_FOUND:
        return ModelError(f"{url} has no model {model!r}, or is no chat server ({said}); check CHAT_MODEL.")
    return ModelError(f"{url} failed ({said}); see the server's log.")


def shorten(text: str) -> str:
    """Give a server's message in one line: the `message` of a JSON error, else the text, cut to a readable length."""
    try:
        match json.loads(text):
            case {"error": {"message": str(message)}} | {"error": str(message)} | {"message": str(message)}:
                text = message
    except json.JSONDecodeError:
        pass  # then it is plain text
    return " ".join(text.split())[:DETAIL_CHARACTERS]
