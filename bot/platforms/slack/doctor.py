"""Asks Slack whether tokens, scopes and channels are as Docent needs them; changes nothing and opens no socket."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.findings import Finding
from bot.platforms.slack import findings
from bot.settings import BotSettings

# The scope with which the bot may ask for its channels of each sort.
_READABLE_WITH = {"channels:read": "public_channel", "groups:read": "private_channel"}
_PAGE = 200
_MOST_PAGES = 10


async def examine_slack(settings: BotSettings, seconds: int = 10) -> list[Finding]:
    """Give the findings on Slack, the most basic first. seconds: how long each answer may take."""
    # One try a call: who waits for a doctor would rather hear that nothing answers.
    client = AsyncWebClient(
        _revealed(settings.slack_bot_token), base_url=settings.slack_api_url, timeout=seconds, retry_handlers=[]
    )
    official = settings.slack_api_url == BotSettings.model_fields["slack_api_url"].default
    identity: _Answer | None = None
    found = findings.bot_token_at_sight(_revealed(settings.slack_bot_token), official=official)
    if found is None:
        try:
            identity = await _answer(client.auth_test())
        except _NoAnswerError as silence:
            return [findings.no_answer(findings.BOT, settings.slack_api_url, str(silence))]
        found = findings.bot_token(identity.error, identity.body)
    all_found = [found, await _connection(settings, client, official=official)]
    if identity is None or not found.ok:
        return all_found
    return [
        *all_found,
        findings.scopes(identity.scopes),
        await _channels(settings, client, identity),
        findings.app_settings(socket_mode=settings.slack_app_token is not None),
    ]


async def _connection(settings: BotSettings, client: AsyncWebClient, *, official: bool) -> Finding:
    """Check the way by which events come: Socket Mode or, without an app-level token, signed requests."""
    token = _revealed(settings.slack_app_token)
    if not token:
        return findings.signed_requests() if settings.slack_signing_secret else findings.no_connection()
    fault = findings.app_token_at_sight(token, official=official)
    if fault is not None:
        return fault
    try:
        # Only the address of a socket is asked for: on one that were open, Slack would deliver events.
        return findings.socket_mode((await _answer(client.apps_connections_open(app_token=token))).error)
    except _NoAnswerError as silence:
        return findings.no_answer(findings.CONNECTION, settings.slack_api_url, str(silence))


async def _channels(settings: BotSettings, client: AsyncWebClient, identity: _Answer) -> Finding:
    """Check where the bot is, as far as its scopes allow to ask."""
    granted = _READABLE_WITH.keys() if identity.scopes is None else identity.scopes & _READABLE_WITH.keys()
    unknown = sorted(_READABLE_WITH.keys() - granted)
    names: list[str] = []
    cursor = ""
    try:
        for _ in range(_MOST_PAGES if granted else 0):
            answer = await _answer(
                client.users_conversations(
                    types=[_READABLE_WITH[scope] for scope in sorted(granted)],
                    exclude_archived=True,
                    limit=_PAGE,
                    cursor=cursor,
                )
            )
            if answer.error:
                return findings.channels_refused(answer.error)
            names += [findings.channel_name(channel) for channel in answer.body.get("channels", [])]
            cursor = (answer.body.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                break
    except _NoAnswerError as silence:
        return findings.no_answer(findings.CHANNELS, settings.slack_api_url, str(silence))
    return findings.channels(names, findings.bot_name(identity.body), unknown, more=bool(cursor))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Slack answered. error: its code, "" for none. scopes: those of the token, None when it did not tell."""

    body: dict[str, Any]
    error: str
    scopes: frozenset[str] | None


class _NoAnswerError(Exception):
    """A call got no answer, or none of Slack's API; the message says why in a few words."""


async def _answer(call: Awaitable[AsyncSlackResponse]) -> _Answer:
    """Give Slack's answer, also when it refuses. Raises _NoAnswerError."""
    try:
        response: Any = await call
    except SlackApiError as refusal:
        response = refusal.response
    except TimeoutError:
        raise _NoAnswerError("it took too long") from None
    except aiohttp.ClientConnectorError as error:
        raise _NoAnswerError(str(error)) from None
    except (aiohttp.ClientError, OSError) as error:
        raise _NoAnswerError(type(error).__name__) from None
    except AttributeError as error:
        # slack_sdk 3.47 takes for granted that whoever answers 200 answers with a JSON object.
        raise _NoAnswerError("what answers there is not Slack's API") from error
    body = getattr(response, "data", None)
    if not isinstance(body, dict) or "ok" not in body:
        status = getattr(response, "status_code", None) or getattr(response, "status", "unknown")
        raise _NoAnswerError(f"HTTP status {status}")
    told = response.headers.get("x-oauth-scopes")
    scopes = None if told is None else frozenset(scope.strip() for scope in told.split(","))
    return _Answer(body, "" if body["ok"] else str(body.get("error", "unknown")), scopes)


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
