"""Which messages that don't mention Docent count as questions, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from core.errors import ConfigurationError

Mode = Literal["mention", "thread", "all"]


@dataclass(frozen=True, slots=True)
class Listening:
    """`mention`: only what mentions Docent; `thread`: also follow-ups where it takes part; `all`: every message."""

    default: Mode = "thread"
    channels: Mapping[str, Mode] = field(default_factory=dict)

    def mode(self, channel: str) -> Mode:
        """Give what counts in a channel."""
        return self.channels.get(channel, self.default)


def parse_listening(setting: str) -> Listening:
    """Read SLACK_LISTEN, such as "thread" or "mention,C123=all". Raises ConfigurationError."""
    default: Mode = "thread"
    channels: dict[str, Mode] = {}
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        channel, given, mode = entry.rpartition("=")
        if mode.strip() not in get_args(Mode) or (given and not channel.strip()):
            raise ConfigurationError(
                f"SLACK_LISTEN has {entry!r}; write mention, thread or all, for one channel C123=all."
            )
        if given:
            channels[channel.strip()] = cast(Mode, mode.strip())
        else:
            default = cast(Mode, mode.strip())
    return Listening(default, channels)
