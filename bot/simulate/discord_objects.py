"""What a simulated Discord is made of: users, guilds, channels, messages, interactions."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, IntFlag

from bot.simulate.discord_errors import Json
from bot.simulate.discord_permissions import Permission

DISCORD_EPOCH_MS = 1_420_070_400_000
BARE_LINK = re.compile(r"(?<!<)https?://[^\s<>]+")


class Snowflakes:
    """Hands out ids that carry their time and always grow."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Give the next id."""
        now = (time.time_ns() // 1_000_000 - DISCORD_EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def snowflake_time(snowflake: int) -> datetime:
    """Give the time that an id was made, in UTC."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000, tz=UTC)


class ChannelKind(IntEnum):
    """The channel types that are simulated."""

    TEXT = 0
    DIRECT = 1
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12


class MessageKind(IntEnum):
    """The message types that are simulated."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20


class MessageFlag(IntFlag):
    """The message flags that matter to a text bot."""

    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


class InteractionKind(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class CallbackKind(IntEnum):
    """How the bot answered first."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, eq=False)
class User:
    """A person or a bot."""

    id: int
    name: str
    bot: bool = False
    accepts_direct_messages: bool = True

    @property
    def mention(self) -> str:
        """The text that mentions this user."""
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Role:
    """A role of a guild."""

    id: int
    name: str
    permissions: Permission = Permission.NONE
    mentionable: bool = False


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild; roles does not hold @everyone."""

    user: User
    roles: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Guild:
    """A guild; the id of @everyone is the guild's own."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Channel:
    """A text channel, a thread (parent and owner set) or a direct message (recipient set, guild None)."""

    id: int
    kind: ChannelKind
    name: str = ""
    guild: Guild | None = None
    overwrites: dict[int, tuple[Permission, Permission]] = field(default_factory=dict)
    parent: Channel | None = None
    owner: User | None = None
    archived: bool = False
    locked: bool = False
    members: set[int] = field(default_factory=set)
    recipient: User | None = None

    @property
    def is_thread(self) -> bool:
        """True for public and private threads."""
        return self.kind in (ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whom a message really mentions, after allowed_mentions and permissions."""

    everyone: bool = False
    here: bool = False
    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ping:
    """One notification that a message of the bot causes.

    target: the role or user id; None for everyone and here. edited: the mention came by an edit, which
    highlights the message for its readers but sends no push.
    """

    kind: str
    target: int | None
    message_id: int
    channel_id: int
    edited: bool = False


@dataclass(slots=True, eq=False)
class Interaction:
    """Something a person did to the bot, and how it was answered.

    sent_at: seconds on the server's clock. acknowledged_after: seconds until the first callback was accepted.
    too_late: a callback came after the deadline. source: the message whose component was used.
    original: the response that `@original` names. choices, modal: what was answered with.
    """

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel: Channel
    data: Json
    sent_at: float
    name: str
    source: Message | None = None
    acknowledged_after: float | None = None
    too_late: bool = False
    callback: CallbackKind | None = None
    original: Message | None = None
    messages: list[Message] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A message as it stands; deleted ones stay in the store, marked.

    interaction: what it responds to. reactions: emoji -> user ids. previous: earlier contents, oldest first.
    allowed_mentions: what the last request sent, None where it sent none.
    """

    id: int
    channel: Channel
    author: User
    content: str = ""
    kind: MessageKind = MessageKind.DEFAULT
    flags: MessageFlag = MessageFlag.NONE
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    mentions: Mentions = field(default_factory=Mentions)
    allowed_mentions: Json | None = None
    replies_to: Message | None = None
    interaction: Interaction | None = None
    thread: Channel | None = None
    nonce: str | None = None
    reactions: dict[str, set[int]] = field(default_factory=dict)
    edited_at: datetime | None = None
    previous: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def created_at(self) -> datetime:
        """When it was posted, in UTC."""
        return snowflake_time(self.id)

    @property
    def ephemeral(self) -> bool:
        """True when only the person of the interaction sees it."""
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """True while people see "is thinking…"."""
        return MessageFlag.LOADING in self.flags

    @property
    def unfurls(self) -> list[str]:
        """The links that Discord would unfold into a preview: not in <>, embeds not suppressed."""
        if MessageFlag.SUPPRESS_EMBEDS in self.flags:
            return []
        return [link.rstrip(").,;:!?") for link in BARE_LINK.findall(self.content)]
