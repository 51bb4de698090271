"""Sends requests to Discord: waits out limits and lost connections, translates what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import Route

from bot.platforms.discord.errors import refused
from core.errors import PlatformError

log = structlog.get_logger()

_TRIES = 4
# Longer pauses mean that the address is banned for a while: people are better told that nothing comes.
_LONGEST_PAUSE = 90.0


class Rest:
    """The REST interface through whichever client is logged in; one that is lost is waited for.

    patience: seconds that a request waits for a client to log in (again).
    """

    def __init__(self, patience: float = 120.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._patience = patience
        self._sleep = sleep
        self._client: discord.Client | None = None
        self._logged_in = asyncio.Event()

    def use(self, client: discord.Client | None) -> None:
        """Send through this client from now on; None: wait for the next one."""
        self._client = client
        if client is None:
            self._logged_in.clear()
        else:
            self._logged_in.set()

    async def __call__(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        body: dict[str, Any] | None = None,
        *,
        repeatable: bool = True,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request; ids fill the placeholders of the path. Gives the answer's JSON, {} for none.

        repeatable: sending it twice does no harm, so it may be sent again when the connection broke.
        Raises RefusedError for what Discord refuses, PlatformError when it can't be reached.
        """
        what = f"{method} {path}"
        arguments: dict[str, Any] = ({} if body is None else {"json": body}) | (
            {"params": dict(query)} if query else {}
        )
        for tried in range(1, _TRIES + 1):
            client = await self._client_for(what)
            try:
                answer = await client.http.request(Route(method, path, **ids), **arguments)
            except discord.HTTPException as error:
                pause = _pause(error, tried)
                if pause is None or tried == _TRIES:
                    raise refused(error, what) from error
                log.warning("discord asks to wait", request=what, status=error.status, seconds=pause)
            except (aiohttp.ClientError, OSError) as error:
                if not repeatable or tried == _TRIES:
                    raise PlatformError(f"Discord can't be reached for {what} ({error}); check the network.") from error
                pause = tried / 2
            except RuntimeError:
                # The library's client was closed while the request waited for a limit.
                if not client.is_closed():
                    raise
                pause = 0.0
            else:
                return answer if isinstance(answer, dict) else {}
            await self._sleep(pause)
        raise PlatformError(f"Discord's connection was lost {_TRIES} times during {what}; check the network.")

    async def _client_for(self, what: str) -> discord.Client:
        try:
            await asyncio.wait_for(self._logged_in.wait(), self._patience)
        except TimeoutError:
            raise PlatformError(
                f"Discord has not been connected for {self._patience:.0f} s, {what} can't be sent; see the log for why."
            ) from None
        assert self._client is not None  # what the event says
        return self._client


def _pause(error: discord.HTTPException, tried: int) -> float | None:
    """Give the seconds to wait before the next try, None when there should be none.

    The library itself waits for limits that carry `Via`, and repeats 500, 502 and 504; what is left comes here.
    """
    if error.status not in (429, 503):
        return None
    try:
        pause = float(error.response.headers.get("Retry-After", tried / 2))
    except ValueError:  # the header may hold a date
        pause = tried / 2
    return pause if pause <= _LONGEST_PAUSE else None
