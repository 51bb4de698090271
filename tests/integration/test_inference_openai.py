"""The client of OpenAI-compatible servers over real sockets, with the habits that such servers have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import ModelBusyError, ModelError
from core.inference.openai_compatible import OpenAICompatibleChatModel
from core.models import ChatMessage, Sampling
from tests.fakes.model_server import FakeModelServer, event

QUESTION = [ChatMessage("user", "Why?")]
HELLO = [event({"choices": [{"delta": {"content": "Hel"}}]}), event({"choices": [{"delta": {"content": "lo"}}]})]


@pytest.fixture
async def server() -> AsyncIterator[FakeModelServer]:
    async with FakeModelServer() as running:
        yield running


@pytest.fixture
async def model(server: FakeModelServer) -> AsyncIterator[OpenAICompatibleChatModel]:
    running = OpenAICompatibleChatModel(server.url, "small", "key-1")
    yield running
    await running.close()


async def answer(model: OpenAICompatibleChatModel, **sampling: Any) -> str:
    return "".join([piece async for piece in model.stream(QUESTION, Sampling(**sampling))])


async def test_the_request_carries_the_model_the_key_and_the_messages(
    server: FakeModelServer, model: OpenAICompatibleChatModel
) -> None:
    assert await answer(model) == "The documents say so."
    assert server.requests[0]["model"] == "small"
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Why?"}]
    assert server.headers[0]["Authorization"] == "Bearer key-1"


async def test_without_a_key_none_is_sent(server: FakeModelServer) -> None:
    model = OpenAICompatibleChatModel(f"{server.url}/v1/", "small")
    assert await answer(model) == "The documents say so."
    assert "Authorization" not in server.headers[0]
    await model.close()


@pytest.mark.parametrize(
    "events",
    [
        [*HELLO, b"data: [DONE]\n\n"],
        [b": keep-alive\n\n", HELLO[0], b": keep-alive\n\n", HELLO[1], b"data: [DONE]\n\n"],
        HELLO,
        [HELLO[0], HELLO[1].rstrip(b"\n")],
        [event({"choices": [{"delta": {"role": "assistant", "content": None}}]}), *HELLO],
        [event({"choices": [{"delta": {"reasoning_content": "Hm."}}]}), *HELLO],
        [*HELLO, event({"choices": [], "usage": {"prompt_tokens": 3}}), b"data: [DONE]\n\n"],
        [b"".join(HELLO).replace(b"\n", b"\r\n")],
        [bytes([byte]) for byte in b"".join(HELLO)],
    ],
    ids=["plain", "comments", "no [DONE]", "no last newline", "role", "reasoning", "usage", "crlf", "single bytes"],
)
async def test_every_kind_of_stream_is_read(
    server: FakeModelServer, model: OpenAICompatibleChatModel, events: list[bytes]
) -> None:
    server.events = events
    assert await answer(model) == "Hello"


async def test_a_server_that_does_not_stream_is_read_at_once(
    server: FakeModelServer, model: OpenAICompatibleChatModel
) -> None:
    server.body = '{\n "id": "1",\n "choices": [{"message": {"role": "assistant", "content": "Hello"}}]\n}'
    assert await answer(model) == "Hello"


async def test_an_empty_answer_has_no_pieces(server: FakeModelServer, model: OpenAICompatibleChatModel) -> None:
    server.body = '{"choices": [{"message": {"role": "assistant", "content": ""}}]}'
    assert [piece async for piece in model.stream(QUESTION, Sampling())] == []


async def test_an_error_within_the_stream_ends_it(server: FakeModelServer, model: OpenAICompatibleChatModel) -> None:
    server.events = [HELLO[0], event({"error": {"message": "out of memory"}})]
    with pytest.raises(ModelError, match="out of memory"):
        await answer(model)


@pytest.mark.parametrize(
    ("status", "body", "error", "hint"),
    [
        (401, '{"error": {"message": "bad key"}}', ModelError, "OPENAI_API_KEY"),
        (404, '{"error": "model not found"}', ModelError, "no model 'small'.*model not found"),
        (429, "slow down", ModelBusyError, "slow down.*again later"),
        (503, '{"error": {"message": "Loading model"}}', ModelBusyError, "Loading model"),
        (500, "oops", ModelError, "500: oops"),
        (520, "", ModelError, "520: no reason given"),
        (502, "", ModelError, "502: no reason given"),
        (200, "<html><body>Welcome</body></html>", ModelError, "<html>.*instead of a chat completion"),
        (200, "", ModelError, "instead of a chat completion"),
        (200, '{"models": []}', ModelError, "instead of a chat completion"),
        (200, '{"error": {"message": "no GPU"}}', ModelError, "no GPU"),
    ],
)
async def test_each_failure_is_one_helpful_line(
    server: FakeModelServer,
    model: OpenAICompatibleChatModel,
    status: int,
    body: str,
    error: type[ModelError],
    hint: str,
) -> None:
    server.status, server.body, server.content_type = status, body, "text/html"
    with pytest.raises(error, match=hint) as caught:
        await answer(model)
    assert "\n" not in str(caught.value)
    assert "key-1" not in str(caught.value)


async def test_no_server_is_one_helpful_line(unused_tcp_port: int) -> None:
    model = OpenAICompatibleChatModel(f"http://127.0.0.1:{unused_tcp_port}", "small")
    with pytest.raises(ModelError, match=r"No answer from .*start the server"):
        await answer(model)
    await model.close()


async def test_a_parameter_that_the_server_refuses_is_left_out_from_then_on(
    server: FakeModelServer, model: OpenAICompatibleChatModel
) -> None:
    server.refuses = {"top_k", "min_p"}
    assert await answer(model, temperature=1.0) == "The documents say so."
    assert await answer(model, temperature=1.0) == "The documents say so."
    assert [len({"top_k", "min_p"} & request.keys()) for request in server.requests] == [2, 1, 0, 0]


async def test_a_closed_stream_cuts_the_connection(server: FakeModelServer, model: OpenAICompatibleChatModel) -> None:
    server.reply, server.piece_seconds = "word " * 1000, 0.001
    stream = model.stream(QUESTION, Sampling(max_tokens=1000))
    await anext(stream)
    await stream.aclose()
    await asyncio.wait_for(server.disconnected.wait(), 10)


async def test_only_so_many_answers_are_asked_for_at_a_time(server: FakeModelServer) -> None:
    server.reply, server.piece_seconds = "word " * 1000, 0.001
    model = OpenAICompatibleChatModel(server.url, "small", parallel=2, queue_size=1)
    running = [model.stream(QUESTION, Sampling(max_tokens=1000)) for _ in range(2)]
    for stream in running:
        await anext(stream)
    waiting = asyncio.create_task(answer(model, max_tokens=1))
    while model.waiting != 1:
        await asyncio.sleep(0)
    with pytest.raises(ModelBusyError):
        await answer(model)
    assert len(server.requests) == 2
    await running[0].aclose()
    assert await waiting == "word"
    await running[1].aclose()
    await model.close()
