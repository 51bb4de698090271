"""The registry of application commands: what Discord accepts and what it gives back."""

from __future__ import annotations

import re
from typing import Any

from bot.simulate.discord_errors import Json, refusal
from bot.simulate.discord_state import DiscordState
from bot.simulate.discord_validation import Form, Path

# https://discord.com/developers/docs/interactions/application-commands
NAME = re.compile(r"[-_'\w]{1,32}")
OPTIONS = 25
COMMANDS = 100
CREATES_A_DAY = 200
CHARACTERS_IN_ALL = 8000
CHAT_INPUT = 1
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, NUMBER = 1, 2, 3, 4, 5, 10
NESTED = (SUB_COMMAND, SUB_COMMAND_GROUP)
WITH_CHOICES = (STRING, INTEGER, NUMBER)


class CommandRegistry:
    """Keeps the commands of a state as the REST interface changes them."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state
        self._created: dict[int | None, int] = {}

    def replace(self, guild_id: int | None, wanted: list[Json]) -> list[Json]:
        """Overwrite all commands of a guild (None: the global ones); a name that stays keeps its id.

        Raises ApiError 50035, 30032 or 30034.
        """
        if len(wanted) > COMMANDS:
            raise refusal(30032)
        form = Form()
        names: set[tuple[Any, Any]] = set()
        for index, command in enumerate(wanted):
            check_command(form, (index,), command)
            key = (command.get("type", CHAT_INPUT), command.get("name"))
            if key in names:
                form.fault((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
            names.add(key)
        form.raise_faults()
        before = self._state.commands.get(guild_id, {})
        kept = [self._stored(guild_id, command, before) for command in wanted]
        self._state.commands[guild_id] = {int(command["id"]): command for command in kept}
        return kept

    def add(self, guild_id: int | None, command: Json) -> Json:
        """Create a command, or overwrite the one of its name. Raises ApiError 50035 or 30034."""
        form = Form()
        check_command(form, (), command)
        form.raise_faults()
        commands = self._state.commands.setdefault(guild_id, {})
        stored = self._stored(guild_id, command, commands)
        commands[int(stored["id"])] = stored
        return stored

    def change(self, guild_id: int | None, command_id: int, changes: Json) -> Json:
        """Change a command. Raises ApiError 10063 or 50035."""
        command = self.get(guild_id, command_id) | changes
        form = Form()
        check_command(form, (), command)
        form.raise_faults()
        command["version"] = str(self._state.snowflakes.next())
        self._state.commands[guild_id][command_id] = command
        return command

    def get(self, guild_id: int | None, command_id: int) -> Json:
        """Give one command. Raises ApiError 10063."""
        command = self._state.commands.get(guild_id, {}).get(command_id)
        if command is None:
            raise refusal(10063)
        return command

    def remove(self, guild_id: int | None, command_id: int) -> None:
        """Delete a command. Raises ApiError 10063."""
        self.get(guild_id, command_id)
        del self._state.commands[guild_id][command_id]

    def _stored(self, guild_id: int | None, command: Json, before: dict[int, Json]) -> Json:
        kind = command.get("type") or CHAT_INPUT
        known = next((old for old in before.values() if (old["type"], old["name"]) == (kind, command["name"])), None)
        if known is None:
            self._created[guild_id] = self._created.get(guild_id, 0) + 1
            if self._created[guild_id] > CREATES_A_DAY:
                raise refusal(30034)
        stored: Json = {
            "id": known["id"] if known else str(self._state.snowflakes.next()),
            "application_id": str(self._state.bot.id),
            "version": str(self._state.snowflakes.next()),
            "type": kind,
            "name": command["name"],
            "name_localizations": command.get("name_localizations"),
            "description": command.get("description") or "",
            "description_localizations": command.get("description_localizations"),
            "options": command.get("options") or [],
            "default_member_permissions": command.get("default_member_permissions"),
            "nsfw": bool(command.get("nsfw")),
        }
        if guild_id is None:
            stored["dm_permission"] = command.get("dm_permission") is not False
            stored["contexts"] = command.get("contexts")
            stored["integration_types"] = command.get("integration_types") or [0]
        else:
            stored["guild_id"] = str(guild_id)
        return stored


def check_command(form: Form, path: Path, command: Json) -> None:
    """Note the faults of one command payload."""
    if (command.get("type") or CHAT_INPUT) == CHAT_INPUT:
        _check_names(form, path, command)
        _check_options(form, (*path, "options"), command.get("options") or [])
    else:
        form.text((*path, "name"), command.get("name"), most=32, least=1)
        if command.get("description"):
            form.fault(
                (*path, "description"),
                "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED",
                "Context menu commands cannot have description",
            )
    if _characters(command) > CHARACTERS_IN_ALL:
        form.fault(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({CHARACTERS_IN_ALL})")
    permissions = command.get("default_member_permissions")
    if permissions is not None and not str(permissions).isdigit():
        form.fault((*path, "default_member_permissions"), "NUMBER_TYPE_COERCE", f'Value "{permissions}" is not int.')


def _check_names(form: Form, path: Path, item: Json) -> None:
    name = item.get("name")
    if not isinstance(name, str) or not name:
        form.fault((*path, "name"), "BASE_TYPE_REQUIRED", "This field is required")
    elif not NAME.fullmatch(name):
        form.fault((*path, "name"), "STRING_TYPE_REGEX", "String value did not match validation regex.")
    elif name != name.lower():
        form.fault((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.text((*path, "description"), item.get("description"), most=100, least=1)


def _check_options(form: Form, path: Path, options: list[Json]) -> None:
    form.at_most(path, options, OPTIONS)
    optional = False
    names: set[str] = set()
    for index, option in enumerate(options):
        here = (*path, index)
        _check_names(form, here, option)
        if option.get("name") in names:
            form.fault(path, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        names.add(str(option.get("name")))
        if option.get("type") not in range(1, 12):
            form.fault((*here, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {tuple(range(1, 12))}.")
        if option.get("required") and optional:
            form.fault(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not option.get("required")
        if option.get("type") in NESTED:
            _check_options(form, (*here, "options"), option.get("options") or [])
        _check_choices(form, here, option)


def _check_choices(form: Form, path: Path, option: Json) -> None:
    choices: list[Json] = option.get("choices") or []
    form.at_most((*path, "choices"), choices, OPTIONS)
    for index, choice in enumerate(choices):
        form.text((*path, "choices", index, "name"), choice.get("name"), most=100, least=1)
        if isinstance(choice.get("value"), str):
            form.text((*path, "choices", index, "value"), choice["value"], most=100, least=1)
    if option.get("autocomplete") and (choices or option.get("type") not in WITH_CHOICES):
        form.fault(
            path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Autocomplete goes with text and numbers without choices"
        )


def _characters(item: Json) -> int:
    """Count what Discord adds up for a command: names, descriptions and choice values, nested ones too."""
    own = len(str(item.get("name") or "")) + len(str(item.get("description") or ""))
    choices = sum(len(str(c.get("name") or "")) + len(str(c.get("value") or "")) for c in item.get("choices") or [])
    return own + choices + sum(_characters(option) for option in item.get("options") or [])
