"""How a person uses an application command: which ones they see, and what their client sends."""

from __future__ import annotations

from typing import Any

from bot.simulate.discord_commands import BOOLEAN, INTEGER, NESTED, NUMBER, STRING
from bot.simulate.discord_errors import Json, NotPossibleError
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_state import DiscordState

BOT_DIRECT_MESSAGE = 1
PYTHON_TYPES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    NUMBER: (int, float),
}


def visible_command(state: DiscordState, user: User, channel: Channel, name: str, *, forced: bool = False) -> Json:
    """Give the registered command that a person picks, the guild's own before a global one.

    forced: hand it over even to a member without its default_member_permissions, as an administrator's override
    in the guild's settings would. Raises NotPossibleError when it isn't registered, or is hidden from them.
    """
    scopes = [None] if channel.guild is None else [channel.guild.id, None]
    found = [command for scope in scopes for command in state.commands.get(scope, {}).values()]
    command = next((command for command in found if command["name"] == name), None)
    if command is None:
        raise NotPossibleError(
            f"/{name} is not registered here; there is {sorted(c['name'] for c in found) or 'none'}."
        )
    if channel.guild is None:
        contexts = command.get("contexts")
        if command.get("dm_permission") is False or (contexts and BOT_DIRECT_MESSAGE not in contexts):
            raise NotPossibleError(f"/{name} is not offered in direct messages.")
        return command
    permissions = state.permissions(user, channel)
    if Permission.USE_APPLICATION_COMMANDS not in permissions:
        raise NotPossibleError(f"{user.name} may not use application commands in #{channel.name}.")
    needed = command["default_member_permissions"]
    hidden = needed is not None and (
        Permission(int(needed)) not in permissions if int(needed) else Permission.ADMINISTRATOR not in permissions
    )
    if hidden and not forced:
        raise NotPossibleError(f"/{name} is hidden from {user.name}: default_member_permissions is {needed}.")
    return command


def given_options(command: Json, path: list[str], values: dict[str, Any], *, focused: str | None = None) -> list[Json]:
    """Give the options of an interaction, in the command's own order, nested along the path of subcommands.

    values: option name -> value. focused: the option that a person is typing in; others may then be missing.
    Raises NotPossibleError for what Discord's client would not send.
    """
    options: list[Json] = command["options"]
    if path:
        inner = next((option for option in options if option["name"] == path[0] and option["type"] in NESTED), None)
        if inner is None:
            raise NotPossibleError(f"/{command['name']} has no subcommand {path[0]}.")
        nested = given_options(inner | {"options": inner.get("options") or []}, path[1:], values, focused=focused)
        return [{"type": inner["type"], "name": inner["name"], "options": nested}]
    unknown = set(values) - {option["name"] for option in options}
    if unknown:
        raise NotPossibleError(f"/{command['name']} has no option {', '.join(sorted(unknown))}.")
    given: list[Json] = []
    for option in options:
        name = option["name"]
        if name in values:
            if name != focused:
                _check_value(option, values[name])
            entry = {"type": option["type"], "name": name, "value": values[name]}
            given.append(entry | {"focused": True} if name == focused else entry)
        elif option.get("required") and focused is None:
            raise NotPossibleError(f"/{command['name']} wants the option {name}.")
    return given


def _check_value(option: Json, value: Any) -> None:
    """Raise NotPossibleError for a value that Discord's client would not take."""
    name = option["name"]
    kinds = PYTHON_TYPES.get(option["type"])
    if kinds is None:
        raise NotPossibleError(f"Option {name} is of type {option['type']}, which is not simulated.")
    if not isinstance(value, kinds) or (isinstance(value, bool) and option["type"] != BOOLEAN):
        raise NotPossibleError(f"Option {name} does not take {value!r}.")
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise NotPossibleError(f"Option {name} offers {[choice['value'] for choice in choices]}, not {value!r}.")
    if isinstance(value, str) and not (option.get("min_length") or 0) <= len(value) <= (
        option.get("max_length") or 6000
    ):
        raise NotPossibleError(f"Option {name} does not take {len(value)} characters.")
