"""Measures what this machine can do with the configured models: chunks and tokens a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from statistics import median

from bot.findings import Finding
from core.errors import DocentError
from core.inference.factory import build_chat_model, build_embedder, build_reader
from core.models import ChatMessage, Sampling
from core.ports import ChatModel, Embedder, Passage, Reader
from core.settings import CoreSettings

# About as long as the chunks of a handbook; each begins with its own number, so that none is known from another.
_SENTENCE = "Whoever travels for the team books the hotel in the portal, keeps the receipt and hands it in by Friday. "
_SENTENCES = 8
_CHUNKS = 48
_READ_CHUNKS = 16
_ROUNDS = 3
_TOKENS = 48
_QUESTION = "How is a hotel paid for?"


@dataclass(frozen=True, slots=True)
class Written:
    """An answer: tokens of its prompt and of its own, seconds to the first one and in all."""

    prompt_tokens: int
    tokens: int
    first: float
    seconds: float


async def measure(settings: CoreSettings) -> list[Finding]:
    """Load the configured models and give a finding for each: how fast it is here."""
    try:
        embedder, reader, model = build_embedder(settings), build_reader(settings), build_chat_model(settings)
    except DocentError as error:
        return [Finding("speed", False, str(error))]
    try:
        return await speeds(embedder, reader, model, settings.parallel)
    except DocentError as error:
        return [Finding("speed", False, str(error))]
    finally:
        if model is not None:
            await model.close()


async def speeds(embedder: Embedder, reader: Reader | None, model: ChatModel | None, parallel: int) -> list[Finding]:
    """Give how fast each model is, after one round that is not counted. Raises DocentError when one fails."""
    findings = [await _embedding(embedder)]
    if reader is not None:
        findings.append(await _reading(reader))
    if model is not None:
        findings.append(await _writing(model, parallel))
    return findings


async def _embedding(embedder: Embedder) -> Finding:
    texts = [_text(number) for number in range(_CHUNKS)]
    seconds = await _seconds(lambda: embedder.embed(texts))
    tokens = median(embedder.count_tokens(texts))
    rate = len(texts) / seconds
    return Finding("speed of the embedder", None, f"{embedder.name} embeds {rate:.0f} chunks/s of {tokens:.0f} tokens")


async def _reading(reader: Reader) -> Finding:
    passages = [Passage(f"Travel {number}", (("", _text(number)),)) for number in range(_READ_CHUNKS)]
    seconds = await _seconds(lambda: reader.read(_QUESTION, passages))
    detail = f"{len(passages)} chunks, as many as for a question, in {1000 * seconds:.0f} ms"
    return Finding("speed of the reader", None, detail)


async def _seconds(work: Callable[[], object]) -> float:
    """Give the median seconds of work that blocks, after one round that is not counted."""
    took = []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        await asyncio.to_thread(work)
        took.append(time.perf_counter() - started)
    return median(took[1:])


async def _writing(model: ChatModel, parallel: int) -> Finding:
    await _written(model, 0)
    alone = [await _written(model, number) for number in range(1, _ROUNDS + 1)]
    read = median(answer.prompt_tokens / answer.first for answer in alone)
    write = median((answer.tokens - 1) / max(answer.seconds - answer.first, 1e-9) for answer in alone)
    one = median(answer.seconds for answer in alone)
    started = time.perf_counter()
    await asyncio.gather(*(_written(model, _ROUNDS + 1 + number) for number in range(parallel)))
    together = time.perf_counter() - started
    detail = (
        f"{model.name} reads {read:.0f} and writes {write:.0f} tokens/s; "
        f"an answer from {alone[0].prompt_tokens} tokens takes {one:.1f} s, {parallel} at once {together:.1f} s"
    )
    return Finding("speed of the chat model", None, detail)


async def _written(model: ChatModel, number: int) -> Written:
    messages = _messages(number)
    prompt_tokens = await model.count_tokens(messages)
    started = time.perf_counter()
    first: float | None = None
    tokens = 0
    async with aclosing(model.stream(messages, Sampling(max_tokens=_TOKENS))) as pieces:
        async for _ in pieces:
            first = first or time.perf_counter() - started
            tokens += 1
    seconds = time.perf_counter() - started
    return Written(prompt_tokens, tokens, first or seconds, seconds)


def _messages(number: int) -> Sequence[ChatMessage]:
    return [ChatMessage("user", f"{_text(number)}\n\nTell in your own words what a traveller does.")]


def _text(number: int) -> str:
    return f"{number}. " + _SENTENCE * _SENTENCES
