"""What `docent doctor` says of Slack: from what was found out there to what to click, without any input or output."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from bot.findings import Finding, listed

BOT, CONNECTION, SCOPES, CHANNELS, SETTINGS = (
    "Slack",
    "Slack connection",
    "Slack scopes",
    "Slack channels",
    "Slack app settings",
)

# What each scope of the manifest is for.
PURPOSES = {
    "app_mentions:read": "to hear mentions",
    "channels:history": "to hear follow-ups in public channels",
    "channels:read": "to know public channels",
    "chat:write": "to answer",
    "commands": "for the slash command",
    "groups:history": "to hear follow-ups in private channels",
    "groups:read": "to know private channels",
    "im:history": "to hear direct messages",
    "im:write": "to write first in a direct message",
    "mpim:history": "to hear group messages",
    "mpim:read": "to know group messages",
    "reactions:write": "to show that a question was seen",
    "users:read": "to know workspace admins where PLATFORM_ADMINS is on",
}

_APP = "api.slack.com/apps > your app"
_COPY = f"{_APP} > Install App: copy the Bot User OAuth Token (xoxb-...) into SLACK_BOT_TOKEN."
_REINSTALL = f"{_APP} > Install App > Reinstall, and put the new Bot User OAuth Token into SLACK_BOT_TOKEN."
_GENERATE = (
    f"{_APP} > Basic Information > App-Level Tokens: generate one with connections:write and put it (xapp-...) "
    "into SLACK_APP_TOKEN."
)
_LATER = "Run `docent doctor` again in a minute; slack-status.com tells whether Slack itself has trouble."
_BOT_REMEDIES = {
    "invalid_auth": _COPY,
    "not_authed": _COPY,
    "not_allowed_token_type": _COPY,
    "account_inactive": _REINSTALL,
    "token_expired": _REINSTALL,
    "token_revoked": _REINSTALL,
}
_APP_REMEDIES = dict.fromkeys((*_BOT_REMEDIES, "missing_scope", "no_permission"), _GENERATE)
_PASSING = {"fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"}

_SENDABLE = re.compile(r"[!-~]+")


def manifest() -> dict[str, Any]:
    """Give the app as it should be: the file that people paste when they create it."""
    path = Path(__file__).with_name("manifest.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def bot_token_at_sight(token: str, *, official: bool) -> Finding | None:
    """Give what is wrong with the bot token ("" for none) without asking; official: Slack's own servers are asked."""
    if not token:
        return Finding(BOT, False, "SLACK_BOT_TOKEN is missing", _COPY)
    return _misshapen(BOT, "SLACK_BOT_TOKEN", token, "xoxb-" if official else "", _COPY)


def app_token_at_sight(token: str, *, official: bool) -> Finding | None:
    """Give what is wrong with the app-level token without asking."""
    return _misshapen(CONNECTION, "SLACK_APP_TOKEN", token, "xapp-" if official else "", _GENERATE)


def _misshapen(name: str, variable: str, token: str, prefix: str, remedy: str) -> Finding | None:
    if not _SENDABLE.fullmatch(token):
        return Finding(name, False, f"{variable} holds a blank or a character that no token has", remedy)
    # https://docs.slack.dev/authentication/tokens
    if prefix and not re.fullmatch(rf"{prefix}[\w-]{{10,}}", token):
        return Finding(name, False, f"{variable} has the wrong shape, it should look like {prefix}...", remedy)
    return None


def no_answer(name: str, url: str, reason: str) -> Finding:
    """Say that Slack can't be asked."""
    return Finding(
        name,
        False,
        f"{url} gives no answer ({reason})",
        "Check the network, a proxy (HTTPS_PROXY) and SLACK_API_URL, which should end in /api/.",
    )


def bot_token(error: str, answer: dict[str, Any]) -> Finding:
    """Say what auth.test answered. error: Slack's code, "" for none."""
    if error:
        return Finding(BOT, False, f"Slack refuses SLACK_BOT_TOKEN with {error}", _remedy(error, _BOT_REMEDIES))
    if not answer.get("bot_id"):
        return Finding(BOT, False, "SLACK_BOT_TOKEN is the token of a person, not of the bot", _COPY)
    return Finding(
        BOT, True, f"SLACK_BOT_TOKEN is valid: {bot_name(answer)} in {answer.get('team')} ({answer.get('url')})"
    )


def bot_name(answer: dict[str, Any]) -> str:
    """Give the bot as people mention it, from auth.test."""
    return f"@{answer.get('user', 'docent')}"


def socket_mode(error: str) -> Finding:
    """Say what apps.connections.open answered."""
    if error == "missing_scope":
        return Finding(CONNECTION, False, "SLACK_APP_TOKEN lacks the scope connections:write", _GENERATE)
    if error:
        remedy = _remedy(error, _APP_REMEDIES)
        return Finding(CONNECTION, False, f"Slack refuses SLACK_APP_TOKEN with {error}", remedy)
    return Finding(CONNECTION, True, "SLACK_APP_TOKEN is valid and has connections:write (Socket Mode)")


def signed_requests() -> Finding:
    """Say what can be said of HTTP mode from here."""
    return Finding(
        CONNECTION,
        None,
        "SLACK_SIGNING_SECRET is set (HTTP mode); whether it is right shows with Slack's first request",
        f"{_APP} > Basic Information > App Credentials has it; Slack must reach /slack/events at WEB_HOST:WEB_PORT "
        "over https.",
    )


def no_connection() -> Finding:
    """Say that events have no way to come."""
    return Finding(
        CONNECTION,
        False,
        "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP mode) is set",
        _GENERATE,
    )


def scopes(granted: Collection[str] | None) -> Finding:
    """Compare the granted scopes with the manifest's. granted: None when Slack did not tell."""
    wanted: list[str] = manifest()["oauth_config"]["scopes"]["bot"]
    if granted is None:
        return Finding(SCOPES, None, f"Slack did not tell the granted ones; needed are {', '.join(wanted)}")
    missing = [f"{scope} ({PURPOSES[scope]})" for scope in wanted if scope not in granted]
    if not missing:
        return Finding(SCOPES, True, f"all {len(wanted)} of the manifest are granted")
    return Finding(
        SCOPES,
        False,
        f"missing: {', '.join(missing)}",
        f"{_APP} > OAuth & Permissions > Scopes > Bot Token Scopes: add them, then reinstall the app on the same page.",
    )


def channel_name(channel: dict[str, Any]) -> str:
    """Give a channel as people know it."""
    return f"#{channel.get('name', channel.get('id', ''))}{' (private)' if channel.get('is_private') else ''}"


def channels(names: Sequence[str], bot: str, unknown: Sequence[str], *, more: bool = False) -> Finding:
    """Say in which channels the bot is; more: and in others.

    unknown: the scopes without which some could not be asked for.
    """
    hidden = f"; without {listed(unknown)} not all can be asked for" if unknown else ""
    if names:
        return Finding(CHANNELS, True, f"in {len(names)}{' or more' if more else ''}: {listed(names)}{hidden}")
    return Finding(
        CHANNELS,
        None if unknown else False,
        f"in none, only direct messages and commands reach it{hidden}",
        f"Write /invite {bot} in a channel in which people should ask.",
    )


def channels_refused(error: str) -> Finding:
    """Say that the channels can't be asked for."""
    return Finding(CHANNELS, False, f"Slack refuses users.conversations with {error}", _remedy(error, {}))


def app_settings(*, socket_mode: bool) -> Finding:
    """Say what no token of ours can ask for, and where to look; the manifest tells how it should be."""
    wanted = manifest()
    commands = ", ".join(command["command"] for command in wanted["features"]["slash_commands"])
    events = ", ".join(wanted["settings"]["event_subscriptions"]["bot_events"])
    how = "Socket Mode is on" if socket_mode else "all three have the address of /slack/events, Socket Mode is off"
    return Finding(
        SETTINGS,
        None,
        "the API does not tell of slash commands, event subscriptions and interactivity: compare them yourself",
        f"{_APP} > App Manifest against bot/platforms/slack/manifest.json: Slash Commands has {commands}; "
        f"Event Subscriptions has the bot events {events}; Interactivity is on; {how}.",
    )


def _remedy(error: str, remedies: dict[str, str]) -> str:
    if error in _PASSING:
        return _LATER
    return remedies.get(error, f"Look {error} up at docs.slack.dev/reference/methods.")
