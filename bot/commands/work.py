"""`docent work`: takes ingest work off the queue, for more machines than the one that serves."""

from __future__ import annotations

import argparse
import asyncio

from bot import wording
from bot.opening import open_docent
from bot.signals import stopped
from core.bootstrap import build_worker
from core.ending import end


async def run(arguments: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT; what is in work then goes back to the queue."""
    async with open_docent(answers=False) as core, stopped() as stop:
        print(wording.WORKING, flush=True)
        worker = asyncio.create_task(build_worker(core).run())
        ending = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({worker, ending}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end([worker, ending])
    return 0
