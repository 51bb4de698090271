"""`docent doctor`: every check with a mark, what was found and how to mend it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from bot.doctor import examine
from bot.doctor_bench import measure
from bot.settings import BotSettings
from core.settings import CoreSettings, load_settings

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}


async def run(arguments: argparse.Namespace) -> int:
    """Print the findings; exit status 1 when a check failed."""
    settings = load_settings(CoreSettings)
    findings = await examine(settings, load_settings(BotSettings))
    if arguments.bench:
        findings += await measure(settings)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark, style = _MARKS[finding.ok]
            line = Text.assemble((f"{mark} {finding.name}: ", style), _printable(finding.detail))
            # Not wrapped: a link or a command that is cut in two can't be copied.
            console.print(line, soft_wrap=True)
            if finding.remedy:
                console.print(Text(f"  → {_printable(finding.remedy)}"), soft_wrap=True)
    return 1 if any(finding.ok is False for finding in findings) else 0


def _printable(text: str) -> str:
    """Give a text in one line: strangers may have named what is in it, such as a server."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
