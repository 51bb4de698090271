"""Brings git checkouts up to date before their folders are ingested; never asks anyone anything."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from bot.wording import printable
from core.errors import ConfigurationError

_SECONDS = 120.0
_REASON_CHARACTERS = 200
# Hooks and the file system monitor are programs that the checkout's configuration could start.
_COMMAND = (
    "git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "pull", "--ff-only", "--no-rebase", "--no-recurse-submodules", "--quiet",
)  # fmt: skip
_CREDENTIALS = re.compile(r"(?<=://)[^@/\s]+@")


class PullError(ConfigurationError):
    """A checkout could not be pulled; the message is git's last line."""


def checkout_of(folder: Path, roots: Sequence[Path]) -> Path | None:
    """Give the git checkout that a folder is or lies in, as long as it lies under one of the roots itself."""
    for place in (folder, *folder.parents):
        if not any(place.is_relative_to(root) for root in roots):
            return None
        if (place / ".git").exists():
            return place
    return None


async def pull(checkout: Path, seconds: float = _SECONDS) -> None:
    """Fast-forward a checkout to its upstream. Raises PullError when that can't be done within the seconds."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            cwd=checkout,
            env=_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            # Without a terminal ssh can't ask either; and git's own children can be ended with it.
            start_new_session=True,
        )
    except OSError as error:
        raise PullError(f"git can't be started ({error.strerror}); install it, or set GIT_PULL=off.") from error
    try:
        async with asyncio.timeout(seconds):
            _, said = await process.communicate()
    except TimeoutError as error:
        raise PullError(f"git pull took more than {seconds:g} s; look at the network and the server.") from error
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        raise PullError(_reason(said.decode(errors="replace")) or f"git ended with status {process.returncode}")


def _environment() -> dict[str, str]:
    asking = {"DISPLAY", "SSH_ASKPASS", "WAYLAND_DISPLAY"}
    kept = {name: value for name, value in os.environ.items() if name not in asking}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _reason(said: str) -> str:
    """Give the line that tells most, without credentials."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return printable(_CREDENTIALS.sub("", (telling or lines or [""])[0]))[:_REASON_CHARACTERS]
