import asyncio
import contextlib

import pytest

from bot import supervision
from bot.messages import Desk
from bot.supervision import Supervisor
from core.errors import PlatformError


class FlakyPlatform:
    """Fails a number of times, then runs until cancelled."""

    name = "flaky"
    state = "connected"
    starts = 0

    def __init__(self, failures: int, error: Exception) -> None:
        self._failures = failures
        self._error = error

    def __call__(self) -> "FlakyPlatform":
        self.starts += 1
        return self

    async def run(self, desk: Desk) -> None:
        if self.starts <= self._failures:
            raise self._error
        await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_FIRST_WAIT", 0.01)


async def supervised(supervisor: Supervisor, seconds: float = 0.2) -> dict[str, str]:
    task = asyncio.create_task(supervisor.run())
    await asyncio.sleep(seconds)
    states = supervisor.states
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return states


@pytest.mark.parametrize("error", [PlatformError("bad token"), AttributeError("'NoneType' has no 'close'")])
async def test_a_platform_that_fails_is_started_again_beside_the_others(error: Exception) -> None:
    flaky, steady = FlakyPlatform(2, error), FlakyPlatform(0, error)
    states = await supervised(Supervisor({"discord": flaky, "slack": steady}, desk=None))  # type: ignore[arg-type]
    assert states == {"discord": "connected", "slack": "connected"}
    assert (flaky.starts, steady.starts) == (3, 1)


async def test_the_reason_of_a_failure_is_shown_and_tries_grow_rarer() -> None:
    broken = FlakyPlatform(99, PlatformError("bad token"))
    states = await supervised(Supervisor({"slack": broken}, desk=None), 0.35)  # type: ignore[arg-type]
    assert states == {"slack": "failed: bad token"}
    assert 3 <= broken.starts <= 7, "waits of 10, 20, 40, 80, 160 ms"
