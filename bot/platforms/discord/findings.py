"""What `docent doctor` says of Discord: from what was found out there to what to click, without any input or output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.findings import Finding, listed
from bot.platforms.discord.permissions import ALL_NEEDED, VIEW

Json = Mapping[str, Any]

BOT, APPLICATION, CONTENT, SERVERS, COMMANDS, PERMISSIONS, GATEWAY = (
    "Discord",
    "Discord application",
    "Discord message content",
    "Discord servers",
    "Discord commands",
    "Discord permissions",
    "Discord gateway",
)

_PORTAL = "discord.com/developers/applications > your application"
_RESET = f"{_PORTAL} > Bot > Reset Token, and put the new token into DISCORD_TOKEN."
_LATER = "Run `docent doctor` again in a minute; discordstatus.com tells whether Discord itself has trouble."
_READS_CONTENT = 1 << 18 | 1 << 19  # granted to a verified application, or switched on for a small one
_ALLOW = "Server Settings > Roles > Docent's role, or the channel's Edit Channel > Permissions: allow them."
_SHOW = "Where it should answer: Edit Channel > Permissions > add Docent's role with View Channel."
_MOST_GAPS = 4
_SENDABLE = re.compile(r"[!-~]+")
_SHAPE = re.compile(r"[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}")


@dataclass(frozen=True, slots=True)
class Server:
    """What was found in one server: its channels with the permissions that are missing there, or a refusal to tell."""

    name: str
    channels: Sequence[tuple[str, tuple[str, ...]]] = ()
    refusal: str = ""


def token_at_sight(token: str, *, official: bool) -> Finding | None:
    """Give what is wrong with the token without asking, None for nothing; official: Discord's own servers are asked."""
    if not _SENDABLE.fullmatch(token):
        return Finding(BOT, False, "DISCORD_TOKEN holds a blank or a character that no token has", _RESET)
    if official and not _SHAPE.fullmatch(token):
        return Finding(
            BOT, False, "DISCORD_TOKEN has the wrong shape, it should look like three parts joined by dots", _RESET
        )
    return None


def no_answer(name: str, url: str, reason: str, variable: str = "DISCORD_API_URL") -> Finding:
    """Say that Discord can't be asked."""
    return Finding(name, False, f"{url} gives no answer ({reason})", f"Check the network, a firewall and {variable}.")


def refused(name: str, what: str, status: int) -> Finding:
    """Say that Discord refused a question. what: such as "GET /users/@me"."""
    if status == 401:
        return Finding(name, False, "Discord does not accept DISCORD_TOKEN (401)", _RESET)
    remedy = _LATER if status == 429 or status >= 500 else "Check DISCORD_API_URL, which should end in /api/v10."
    return Finding(name, False, f"Discord refuses {what} with status {status}", remedy)


def bot(user: Json) -> Finding:
    """Say whose token it is."""
    return Finding(BOT, True, f"DISCORD_TOKEN is valid: {user.get('username')}")


def invite(application: str) -> str:
    """Give the link by which an application is invited with all that Docent needs."""
    scopes = "bot+applications.commands"
    return f"https://discord.com/oauth2/authorize?client_id={application}&scope={scopes}&permissions={ALL_NEEDED}"


def application(found: Json) -> Finding:
    """Say whether the application's settings keep commands or invitations away."""
    if found.get("interactions_endpoint_url"):
        return Finding(
            APPLICATION,
            False,
            "commands and buttons are sent to an Interactions Endpoint URL and not to Docent",
            f"{_PORTAL} > General Information: empty Interactions Endpoint URL.",
        )
    if found.get("bot_require_code_grant"):
        return Finding(
            APPLICATION,
            False,
            "Requires OAuth2 Code Grant is on: nobody can invite it by a link",
            f"{_PORTAL} > Bot: switch Requires OAuth2 Code Grant off.",
        )
    return Finding(APPLICATION, True, f"{found.get('name')} ({found['id']}) gets commands and can be invited")


def message_content(found: Json) -> Finding:
    """Say whether the application may read all messages; it works without."""
    if int(found.get("flags") or 0) & _READS_CONTENT:
        return Finding(CONTENT, True, "on: follow-ups in threads need no mention")
    return Finding(
        CONTENT,
        None,
        "off, and not needed: commands, mentions and direct messages work; follow-ups in threads need a mention",
        f"To do without that mention: {_PORTAL} > Bot > Privileged Gateway Intents > Message Content Intent.",
    )


def servers(names: Sequence[str], link: str, *, chosen: int | None, is_in_chosen: bool) -> Finding:
    """Say in which servers the bot is. chosen: DISCORD_GUILD_ID. link: see `invite`."""
    if not names:
        return Finding(SERVERS, False, "in none", f"Open {link} and choose your server.")
    if chosen and not is_in_chosen:
        return Finding(
            SERVERS,
            False,
            f"in {len(names)}: {listed(names)}, but not in DISCORD_GUILD_ID {chosen}",
            "Set DISCORD_GUILD_ID to the id of one of them (Developer Mode, right click on the server > Copy Server "
            f"ID), leave it empty, or open {link} and choose that server.",
        )
    return Finding(SERVERS, True, f"in {len(names)}: {listed(names)}")


def commands(wanted: Sequence[Json], registered: Sequence[Json], where: str) -> Finding:
    """Compare the registered commands with those that Docent registers. where: "for all servers" or "in" one."""
    known = {str(command["name"]): command for command in registered}
    missing = [_typed(command) for command in wanted if command["name"] not in known]
    changed = [
        _typed(command)
        for command in wanted
        if command["name"] in known and _form(known[str(command["name"])]) != _form(command)
    ]
    if not missing and not changed:
        return Finding(
            COMMANDS, True, f"{listed([_typed(command) for command in wanted], len(wanted))} are registered {where}"
        )
    faults = [f"not registered {where}: {listed(missing, len(missing))}"] if missing else []
    faults += [f"registered {where} by another version: {listed(changed)}"] if changed else []
    return Finding(
        COMMANDS, False, "; ".join(faults), "Start `docent serve` anew: it registers them, or logs why it may not."
    )


def commands_hidden(server: str, link: str) -> Finding:
    """Say that the commands of one server may not be seen."""
    return Finding(
        COMMANDS,
        False,
        f"Discord lets it have no commands in {server}",
        f"Open {link} and choose that server: this gives the scope applications.commands.",
    )


def permissions(found: Sequence[Server], servers: int) -> Finding:
    """Say in few words where which permissions are missing. servers: in how many the bot is, looked at or not."""
    gaps = [gap for server in found for gap in _gaps(server)]
    closed = [f"#{channel} ({server.name})" for server in found for channel in _closed(server)]
    unseen = [f"{server.name} ({server.refusal})" for server in found if server.refusal]
    said = [f"missing {gap}" for gap in gaps[:_MOST_GAPS]]
    if len(gaps) > _MOST_GAPS:
        said.append(f"and {len(gaps) - _MOST_GAPS} more gaps")
    if closed:
        said.append(f"can't see {listed(closed)}")
    if unseen:
        said.append(f"can't look into {listed(unseen)}")
    if not said:
        said.append(f"all that is needed in {sum(len(server.channels) for server in found)} channels")
    if len(found) < servers:
        said.append(f"only {len(found)} of {servers} servers were looked at")
    remedy = " ".join(sentence for sentence, wanted in ((_ALLOW, gaps), (_SHOW, closed)) if wanted)
    if gaps or any(server.channels and len(_closed(server)) == len(server.channels) for server in found):
        return Finding(PERMISSIONS, False, "; ".join(said), remedy)
    # A channel that is closed to the bot is closed to many people too, mostly on purpose.
    return Finding(PERMISSIONS, None if closed or unseen else True, "; ".join(said), remedy)


def gateway(host: str, status: int) -> Finding:
    """Say whether the gateway's host answers at all; status: of its answer to a plain request, which it refuses."""
    if status >= 500:
        return Finding(GATEWAY, False, f"{host} answers with status {status}", _LATER)
    return Finding(GATEWAY, True, f"{host} answers (no session was opened)")


def _typed(command: Json) -> str:
    return f"/{command['name']}"


def _form(command: Json) -> tuple[Any, ...]:
    """Give what people see of a command; what is false or empty may be left out."""
    options = [
        (
            option["name"],
            option.get("description"),
            option["type"],
            bool(option.get("required")),
            bool(option.get("autocomplete")),
        )
        for option in command.get("options") or []
    ]
    return command.get("description"), options


def _closed(server: Server) -> list[str]:
    return [channel for channel, missing in server.channels if VIEW in missing]


def _gaps(server: Server) -> list[str]:
    """Give what is missing in the channels that the bot sees, those that lack the same together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for channel, missing in server.channels:
        if missing and VIEW not in missing:
            alike.setdefault(missing, []).append(channel)
    seen = len(server.channels) - len(_closed(server))
    return [
        f"{listed(missing, len(missing))} in {_places(channels, seen)} of {server.name}"
        for missing, channels in alike.items()
    ]


def _places(channels: Sequence[str], seen: int) -> str:
    if len(channels) == seen > 1:
        return f"all {seen} channels"
    return listed([f"#{channel}" for channel in channels], 3)
