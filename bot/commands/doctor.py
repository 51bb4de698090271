"""`docent doctor`: every check with a mark, what was found and how to mend it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from bot.doctor import examine
from bot.settings import BotSettings
from core.settings import CoreSettings, load_settings

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}


async def run(arguments: argparse.Namespace) -> int:
    """Print the findings; exit status 1 when a check failed."""
    findings = await examine(load_settings(CoreSettings), load_settings(BotSettings))
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark, style = _MARKS[finding.ok]
            console.print(Text(f"{mark} {finding.name}: ", style=style), Text(finding.detail), sep="")
            if finding.remedy:
                console.print(Text(f"  → {finding.remedy}"))
    return 1 if any(finding.ok is False for finding in findings) else 0
