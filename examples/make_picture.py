"""Draws a real answer as examples/answer.svg, the picture in the README.

make run   # once, so that the sample handbook is in
.venv/bin/python examples/make_picture.py
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from rich.console import Console

from bot.terminal import THEME, rendered
from core.bootstrap import open_core
from core.models import Question, Turn
from core.settings import CoreSettings, load_settings

PICTURE = Path(__file__).parent / "answer.svg"
QUESTIONS = ("How many vacation days do employees get?", "and for contractors?", "is there a dental plan?")


async def main() -> None:
    """Ask in one conversation and save what the terminal shows."""
    console = Console(record=True, width=100, force_terminal=True, highlight=False, theme=THEME, file=io.StringIO())
    history: tuple[Turn, ...] = ()
    async with open_core(load_settings(CoreSettings)) as core:
        for question in QUESTIONS:
            console.print(f'$ docent ask --conversation demo "{question}"', style="bold green")
            answer = await core.answerer.answer(Question(question, history))
            console.print(rendered(answer))
            history = (*history, Turn(question, answer.text))
            console.print()
    console.save_svg(str(PICTURE), title="docent")


if __name__ == "__main__":
    asyncio.run(main())
