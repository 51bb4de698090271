"""A conversation in the terminal, remembered in Postgres like any other."""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import replace

from bot import wording
from bot.links import NO_LINKS, Links
from bot.terminal import show_answer
from core.bootstrap import Core
from core.errors import QuestionError
from core.models import ConversationKey, Question

_KEY = ConversationKey(platform="cli", channel="terminal")


async def converse(core: Core, links: Links = NO_LINKS) -> None:
    """Read questions line by line and answer them until an empty line or the end of input."""
    print(wording.CHAT_OPENING)
    question: Question | None = None
    while (line := await _read_line("\n> ")).strip():
        if line.strip() == "/forget":
            print(wording.forgotten(await core.conversations.forget(_KEY)))
            continue
        if line.strip() != "/anew":
            question = Question(line, await core.conversations.turns(_KEY))
        elif question is None:
            print(wording.NOTHING_TO_ASK_ANEW)
            continue
        else:
            question = replace(question, fresh=True)
        try:
            answer = await show_answer(core.reusing, question, links=links)
        except QuestionError as error:
            print(wording.error_line(error))
            continue
        if answer.small_talk is None:
            await core.reusing.keep(answer, await core.conversations.add(_KEY, answer))


async def _read_line(prompt: str) -> str:
    """Read one line off the event loop; "" at the end of input.

    A daemon thread does it: reading can't be cancelled, and it must not keep the process from stopping.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def deliver(line: str) -> None:
        if not future.done():
            future.set_result(line)

    def read() -> None:
        print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, line)

    threading.Thread(target=read, daemon=True, name="docent-input").start()
    return await future
