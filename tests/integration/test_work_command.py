"""`docent work` as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot import wording
from core.bootstrap import open_core
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder


async def test_it_works_until_it_is_asked_to_stop(migrated_url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": migrated_url, "DOCENT_HOME": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "work", env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip() == wording.WORKING
        async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
            run_id = await core.runs.request("gone", str(tmp_path / "gone"), requested_by="watch", enqueue=True)
            async with asyncio.timeout(60):
                while (run := await core.runs.get(run_id)) is None or run.finished_at is None:
                    await asyncio.sleep(0.1)
        assert run.status == "failed"
        assert run.owner.endswith(f":{process.pid}")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
