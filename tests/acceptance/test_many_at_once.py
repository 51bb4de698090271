"""Many people ask at once on both platforms, with the real model: what `benchmarks/bench_chat.py` measures holds."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.chat_places import HEARTBEAT_SECONDS, PING_SECONDS
from tests.acceptance.conftest import Docent

pytestmark = pytest.mark.models

QUESTIONS, CHANNELS = 8, 4
# Seconds after which Slack sends an event again and Discord drops an interaction. How much sooner it is done on a quiet
# machine, the benchmark tells.
PLATFORMS_WAIT = 3.0


def measured(docent: Docent, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_chat", "--json", *arguments],
        cwd=docent.home,
        env=docent.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_eight_questions_at_once_from_four_channels_are_acknowledged_and_answered_once(sample: Docent) -> None:
    arguments = ("--questions", str(QUESTIONS), "--channels", str(CHANNELS), "--at-once-only")
    run = measured(sample, *arguments)["at once"]

    assert (run["acknowledged"]["count"], run["acknowledged"]["missing"]) == (QUESTIONS, 0)
    assert run["received"]["missing"] == 0
    assert run["received"]["max"] < PLATFORMS_WAIT

    assert run["answered_once"] == QUESTIONS
    assert (run["answered_twice"], run["not_answered"]) == (0, 0)

    calls = [call for platform in run["calls"].values() for call in platform.values()]
    assert {"chat.update", "reactions.add"} <= set(run["calls"]["slack"])
    assert all(call["most"] <= call["allowed"] and call["refused"] == 0 for call in calls), run["calls"]

    for platform, interval in (("slack", PING_SECONDS), ("discord", HEARTBEAT_SECONDS)):
        assert run["heartbeats"][platform]["count"] > 0
        assert run["heartbeats"][platform]["max"] < PLATFORMS_WAIT, f"due every {interval} s"
