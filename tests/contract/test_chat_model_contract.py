"""What every chat model promises (core.ports.ChatModel): the bundled one, one behind a server, and the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from core.errors import ModelBusyError, ModelError, ModelTimeoutError
from core.inference.llama_cpp import LlamaCppChatModel
from core.inference.model_files import BUNDLED_CHAT_MODEL
from core.inference.openai_compatible import OpenAICompatibleChatModel
from core.models import ChatMessage, Sampling
from tests.fakes import FakeChatModel
from tests.fakes.model_server import FakeModelServer

QUESTION = [ChatMessage("user", "Count from 1 to 500.")]
LONG_ANSWER = "Here it is: " + ", ".join(str(number) for number in range(1, 501))
Build = Callable[..., Any]


@pytest.fixture(params=[pytest.param("bundled", marks=pytest.mark.models), "server", "fake"])
async def build(request: pytest.FixtureRequest) -> AsyncIterator[Build]:
    """Give a function that builds a chat model with the arguments that all share; they are closed at the end."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(FakeModelServer(LONG_ANSWER, piece_seconds=0.002))

        def build_one(**limits: Any) -> Any:
            model: Any
            if request.param == "bundled":
                model = LlamaCppChatModel(BUNDLED_CHAT_MODEL.path, **{"context_limit": 1024} | limits)
            elif request.param == "server":
                model = OpenAICompatibleChatModel(server.url, "small", parallel=1, **limits)
            else:
                model = FakeChatModel(LONG_ANSWER, piece_seconds=0.002, **limits)
            stack.push_async_callback(model.close)
            return model

        yield build_one


async def answer(model: Any, messages: list[ChatMessage] = QUESTION, **sampling: Any) -> str:
    return "".join([piece async for piece in model.stream(messages, Sampling(**{"max_tokens": 8} | sampling))])


async def is_waiting(model: Any, questions: int) -> None:
    while model.waiting != questions:
        await asyncio.sleep(0.001)


async def test_an_answer_comes_in_pieces(build: Build) -> None:
    pieces = [piece async for piece in build().stream(QUESTION, Sampling(max_tokens=12))]
    assert len(pieces) > 3
    assert all(pieces)
    assert "1" in "".join(pieces)


async def test_an_answer_has_no_more_tokens_than_asked_for(build: Build) -> None:
    model = build()
    short = await answer(model, max_tokens=3)
    long = await answer(model, max_tokens=30)
    assert 0 < len(short) < len(long)
    assert long.startswith(short)


async def test_without_temperature_the_same_question_gets_the_same_answer(build: Build) -> None:
    model = build()
    assert await answer(model) == await answer(model)


async def test_the_answer_ends_before_a_stop_string(build: Build) -> None:
    model = build()
    whole = await answer(model, max_tokens=20)
    stop = whole[7:10]
    assert await answer(model, max_tokens=20, stop=(stop,)) == whole[: whole.index(stop)]


async def test_more_text_counts_more_tokens(build: Build) -> None:
    model = build()
    count = await model.count_tokens(QUESTION)
    longer = await model.count_tokens([*QUESTION, ChatMessage("assistant", "1, 2"), *QUESTION])
    assert 0 < count < longer
    assert await model.count_tokens(QUESTION) == count


async def test_a_closed_stream_leaves_the_model_to_the_next_question(build: Build) -> None:
    model = build()
    stream = model.stream(QUESTION, Sampling(max_tokens=900))
    await anext(stream)
    await stream.aclose()
    assert "1" in await answer(model)


async def test_a_cancelled_task_leaves_the_model_to_the_next_question(build: Build) -> None:
    model = build()
    task = asyncio.create_task(answer(model, max_tokens=900))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "1" in await answer(model)


async def test_a_full_queue_refuses_at_once(build: Build) -> None:
    model = build(queue_size=1)
    running = model.stream(QUESTION, Sampling(max_tokens=900))
    await anext(running)
    waiting = asyncio.create_task(answer(model))
    await is_waiting(model, 1)
    with pytest.raises(ModelBusyError, match="1 questions wait"):
        await answer(model)
    await running.aclose()
    assert "1" in await waiting


async def test_a_cancelled_question_gives_its_place_in_the_queue_back(build: Build) -> None:
    model = build(queue_size=1)
    running = model.stream(QUESTION, Sampling(max_tokens=900))
    await anext(running)
    cancelled = asyncio.create_task(answer(model))
    await is_waiting(model, 1)
    cancelled.cancel()
    await is_waiting(model, 0)
    waiting = asyncio.create_task(answer(model))
    await is_waiting(model, 1)
    await running.aclose()
    assert "1" in await waiting


async def test_several_questions_are_all_answered(build: Build) -> None:
    model = build()
    answers = await asyncio.gather(*(answer(model) for _ in range(3)))
    assert len(set(answers)) == 1


async def test_an_answer_past_the_time_limit_ends_with_an_error(build: Build) -> None:
    model = build(answer_seconds=0.01)
    with pytest.raises(ModelTimeoutError, match=r"0\.01 s"):
        await answer(model, max_tokens=900)


async def test_a_prompt_that_does_not_fit_is_refused_with_numbers(build: Build) -> None:
    model = build(context_limit=512)
    messages = [ChatMessage("user", "word " * 600)]
    tokens = await model.count_tokens(messages)
    with pytest.raises(ModelError, match=rf"{tokens}\b.*\b8\b.*\b512\b"):
        await answer(model, messages)
    assert "1" in await answer(model)


async def test_closing_ends_streams_in_flight_and_all_that_come(build: Build) -> None:
    model = build()
    running = model.stream(QUESTION, Sampling(max_tokens=900))
    await anext(running)
    waiting = asyncio.create_task(answer(model))
    await model.close()
    with pytest.raises(ModelError, match="closed"):
        async for _ in running:
            pass
    with pytest.raises(ModelError, match="closed"):
        await waiting
    with pytest.raises(ModelError, match="closed"):
        await answer(model)


async def test_the_event_loop_runs_on_while_the_model_answers(build: Build) -> None:
    model = build()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await answer(model, [ChatMessage("user", "Some words. " * 100 + QUESTION[0].content)], max_tokens=20)
    ticking.cancel()
    assert ticks > 10
