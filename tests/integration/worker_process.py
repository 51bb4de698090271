"""A worker in a process of its own, with an embedder that takes its time: python -m tests.integration.worker_process.

Arguments: the database's address, the seconds that each embedding takes, and a text whose embedding kills the process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence

from core.bootstrap import build_worker, open_core
from core.ports import Embeddings
from core.storage.worker import WorkerTimes
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder

# Signs of life quick enough for a test, slow enough for a busy machine.
TIMES = WorkerTimes(heartbeat=0.5, dead=3.0, look=0.5, grace=1.0)


class SlowEmbedder(FakeEmbedder):
    """Takes `seconds` for each call; dies of a text that holds `poison`, unless that is ""."""

    def __init__(self, seconds: float, poison: str = "") -> None:
        super().__init__()
        self.seconds = seconds
        self.poison = poison
        self.calls = 0

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Wait, then embed."""
        self.calls += 1
        if self.poison and any(self.poison in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        return super().embed(texts)


async def main(url: str, seconds: str, poison: str = "") -> None:
    """Work until killed."""
    async with open_core(settings_for(url), embedder=SlowEmbedder(float(seconds), poison)) as core:
        await build_worker(core, TIMES).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
