"""Calls of Slack's Web API: rate limits are waited for, refusals become PlatformError, lost answers are told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from core.errors import PlatformError

Method = Callable[..., Awaitable[AsyncSlackResponse]]

_REINSTALL = "install the app again and put its new token into SLACK_BOT_TOKEN"
# With one of these, no call will ever succeed again.
_LOST = {
    "account_inactive": _REINSTALL,
    "invalid_auth": "check SLACK_BOT_TOKEN and SLACK_APP_TOKEN",
    "not_authed": "set SLACK_BOT_TOKEN",
    "token_expired": _REINSTALL,
    "token_revoked": _REINSTALL,
}
_REMEDIES = {
    "channel_not_found": "invite the app into that channel",
    "is_archived": "unarchive the channel or ask elsewhere",
    "missing_scope": "install the app again with the scopes of bot/platforms/slack/manifest.json",
    "not_allowed_token_type": "SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-",
    "not_in_channel": "invite the app into that channel",
    "restricted_action": "let the app post there in the channel's settings",
    "restricted_action_thread_locked": "unlock the thread or ask elsewhere",
}
_TRIES = 3
# Slack says itself that part of the work may have been done.
_UNSURE = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}


class SlackRefusedError(PlatformError):
    """Slack refused a call. code: its own word for why."""

    def __init__(self, method: str, code: str, remedy: str = "") -> None:
        super().__init__(f"Slack refused {method} with {code}; {remedy or _remedy(code)}.")
        self.code = code

    @property
    def is_final(self) -> bool:
        """True when the token is of no use any more."""
        return self.code in _LOST


class SlackUnreachableError(PlatformError):
    """A call got no answer: nobody knows whether it was done."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"Slack did not answer {method} ({reason}); check the network and SLACK_API_URL.")


class SlackCalls:
    """Slack's Web API with one token.

    on_lost is told once a token is of no use any more. pause: seconds before a call without an answer is repeated.
    """

    def __init__(self, token: str, url: str, on_lost: Callable[[PlatformError], None], pause: float = 1.0) -> None:
        # The library's own handler repeats what got no answer, and posts twice.
        self.api = AsyncWebClient(token, base_url=url, retry_handlers=[_patience()])
        self.impatient = AsyncWebClient(token, base_url=url, retry_handlers=[])
        self._on_lost = on_lost
        self._pause = pause

    async def once(self, method: Method, **arguments: Any) -> AsyncSlackResponse:
        """Make a call. Raises SlackRefusedError, SlackUnreachableError."""
        name = getattr(method, "__name__", "a call").replace("_", ".")
        try:
            return await method(**arguments)
        except SlackApiError as error:
            failure = _failure(name, error.response)
            if isinstance(failure, SlackRefusedError) and failure.is_final:
                self._on_lost(failure)
            raise failure from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUnreachableError(name, type(error).__name__) from None

    async def repeated(self, method: Method, **arguments: Any) -> AsyncSlackResponse:
        """Make a call that does no harm when it is made twice. Raises as `once` does."""
        for attempt in range(1, _TRIES):
            try:
                return await self.once(method, **arguments)
            except SlackUnreachableError:
                await asyncio.sleep(self._pause * attempt)
        return await self.once(method, **arguments)

    async def respond(self, url: str, body: dict[str, Any]) -> None:
        """Answer a command or a press through its response_url. Raises as `once` does."""
        hook = AsyncWebhookClient(url, retry_handlers=[_patience()])
        try:
            response = await hook.send_dict(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUnreachableError("response_url", type(error).__name__) from None
        if response.status_code != 200:
            raise SlackRefusedError("response_url", response.body or str(response.status_code))


def _patience() -> AsyncRateLimitErrorRetryHandler:
    return AsyncRateLimitErrorRetryHandler(max_retry_count=10)


def _remedy(code: str) -> str:
    return _LOST.get(code) or _REMEDIES.get(code) or "see https://docs.slack.dev/reference/methods"


def _failure(method: str, response: object) -> PlatformError:
    """Give the error for an answer that is none; a page of a broken gateway has no code."""
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if not code or code in _UNSURE:
        status = getattr(response, "status_code", None) or getattr(response, "status", "no status")
        return SlackUnreachableError(method, code or f"HTTP {status}")
    remedy = ""
    if code == "missing_scope" and isinstance(data, dict):
        remedy = f"it needs {data.get('needed')}: {_remedy(code)}"
    return SlackRefusedError(method, code, remedy)
