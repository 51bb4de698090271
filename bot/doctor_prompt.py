"""`python -m bot.doctor_prompt`: asks the configured chat model for a few words and prints its speed."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import aclosing

from bot.wording import error_line
from core.errors import DocentError
from core.inference.factory import build_chat_model
from core.models import ChatMessage, Sampling
from core.settings import CoreSettings, load_settings

_PROMPT = ChatMessage("user", "Count from one to ten.")
_TOKENS = 16


async def prompt() -> str:
    """Give one line on what the model did. Raises DocentError when it can't answer."""
    model = build_chat_model(load_settings(CoreSettings))
    if model is None:
        return "no model"
    started = time.perf_counter()
    first: float | None = None
    pieces = 0
    try:
        async with aclosing(model.stream([_PROMPT], Sampling(max_tokens=_TOKENS))) as answer:
            async for _ in answer:
                first = first or time.perf_counter()
                pieces += 1
    finally:
        await model.close()
    if first is None:
        return f"{model.name} answered with nothing"
    rate = (pieces - 1) / (time.perf_counter() - first) if pieces > 1 else 0.0
    return f"{model.name} loads and gives its first token in {first - started:.1f} s, then {rate:.0f} tokens/s"


def main() -> int:
    """Print the line; exit status 2 with the error's line on stderr."""
    try:
        print(asyncio.run(prompt()))
    except DocentError as error:
        print(error_line(error), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
