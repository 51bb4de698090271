"""What a simulated workspace holds: users, channels, messages, views, who was pinged. No network."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulate.slack_pings import pings_of
from bot.simulate.slack_rules import SlackRules
from bot.simulate.slack_transcript import home_transcript, transcript

JsonObject = dict[str, Any]
ChannelKind = Literal["channel", "group", "im", "mpim"]

# What Docent's app asks for when it is installed.
BOT_SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:write",
    "users:read",
)


@dataclass(slots=True)
class User:
    """A member of the workspace; bots are members too."""

    id: str
    name: str
    is_bot: bool = False
    is_admin: bool = False


@dataclass(slots=True)
class Stream:
    """A message that is still being written: when it began, and how it ended ("" while it runs).

    form: what its text comes in, as its first call had it; Slack takes no other from then on.
    """

    started_at: float
    ended: Literal["", "finished", "stopped_by_user"] = ""
    form: Literal["", "markdown_text", "chunks"] = ""


@dataclass(slots=True)
class Message:
    """One message as Slack keeps it.

    thread_ts: the parent's ts for a reply, else "". visible_to: the only user who sees it, "" for everyone.
    edited_by: who changed its text, "" for no one. unfurl_*: as the post asked, None where it did not.
    pinged: the mentions that have already notified people.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[JsonObject] = field(default_factory=list)
    attachments: list[JsonObject] = field(default_factory=list)
    thread_ts: str = ""
    bot_id: str = ""
    username: str = ""
    client_msg_id: str = ""
    visible_to: str = ""
    edited_by: str = ""
    edited_ts: str = ""
    is_tombstone: bool = False
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    metadata: JsonObject | None = None
    stream: Stream | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    pinged: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Channel:
    """A conversation. posting_error: the code that every post gets, "" when posting is allowed."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    posting_error: str = ""
    locked_threads: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)

    def replies(self, ts: str) -> list[Message]:
        """Give the replies under a message that everyone sees, oldest first."""
        return [message for message in self.messages.values() if message.thread_ts == ts and not message.visible_to]


@dataclass(frozen=True, slots=True)
class Ping:
    """A mention by which Docent notified people: "!channel", "!here", "!everyone", "@U…" or "!subteam^S…"."""

    channel: str
    ts: str
    target: str


@dataclass(slots=True)
class Status:
    """The line under a thread that says what the bot is doing."""

    text: str
    loading_messages: list[str]
    set_at: float


@dataclass(slots=True)
class Trigger:
    """The right to open one view, given by something a person did."""

    user: str
    created_at: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """The right to answer a command or a click without a token. message_ts: what was clicked, "" for a command."""

    channel: str
    user: str
    message_ts: str
    created_at: float
    uses: int = 0


class SlackState:
    """One workspace with Docent's app in it; tests read and change it directly.

    homes and views hold the JSON that the app published and opened. clock gives seconds since 1970.
    """

    team_id = "TDOCENT"
    team_domain = "example"
    app_id = "ADOCENT"
    bot_user = "UDOCENT"
    bot_id = "BDOCENT"
    bot_token = "xoxb-simulated"  # noqa: S105 (opens nothing but this server)
    app_token = "xapp-simulated"  # noqa: S105

    def __init__(self, rules: SlackRules | None = None, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules or SlackRules()
        self.clock = clock
        self.scopes = set(BOT_SCOPES)
        self.app_scopes = {"connections:write"}
        self.token_error = ""  # such as "token_revoked": every call with the bot token gets it
        self.streaming_available = True
        self.streaming_error = "unknown_method"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.pings: list[Ping] = []
        self.statuses: dict[tuple[str, str], Status] = {}
        self.homes: dict[str, JsonObject] = {}
        self.views: dict[str, JsonObject] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._last_ts = 0
        self._numbers = itertools.count(1)
        self.add_user(self.bot_user, "docent", is_bot=True)

    def add_user(self, user: str, name: str, *, is_bot: bool = False, is_admin: bool = False) -> User:
        """Add a member under an id of Slack's form (U, then capitals and digits)."""
        self.users[user] = User(user, name, is_bot, is_admin)
        return self.users[user]

    def add_channel(
        self, channel: str, name: str, *members: str, kind: ChannelKind = "channel", with_bot: bool = True
    ) -> Channel:
        """Add a channel; Docent is in it unless with_bot is False."""
        present = {*members, self.bot_user} if with_bot else set(members)
        self.channels[channel] = Channel(channel, name, kind, present)
        return self.channels[channel]

    def direct_channel(self, user: str) -> Channel:
        """Give the conversation between a user and Docent, opened when it isn't yet."""
        channel = f"D{user[1:]}"
        if channel not in self.channels:
            self.channels[channel] = Channel(channel, "", "im", {user, self.bot_user})
        return self.channels[channel]

    def lock_thread(self, channel: str, ts: str) -> None:
        """Close a thread for replies, as admins can."""
        self.channels[channel].locked_threads.add(ts)

    def message(self, channel: str, ts: str) -> Message:
        """Give a message that is there. Raises KeyError."""
        return self.channels[channel].messages[ts]

    def next_ts(self) -> str:
        """Give a timestamp that no other message has, later than all before it."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Give an id that was not given before."""
        return f"{prefix}{next(self._numbers):08X}"

    def add(self, message: Message) -> Message:
        """Keep a new message."""
        self.channels[message.channel].messages[message.ts] = message
        return message

    def post(self, message: Message, *, finds_names: bool = False) -> None:
        """Keep a new message of Docent's, record whom it mentions and clear the status of its thread."""
        self.add(message)
        self.notify(message, finds_names=finds_names)
        if not message.visible_to:
            self.statuses.pop((message.channel, message.thread_ts), None)

    def notify(self, message: Message, *, finds_names: bool = False) -> None:
        """Record whom a message notifies that it had not notified before; ephemeral messages notify no one."""
        if message.visible_to:
            return
        texts = [message.text]
        for attachment in message.attachments:
            texts += [str(attachment.get(name, "")) for name in ("pretext", "text")]
        blocks = message.blocks + [block for one in message.attachments for block in one.get("blocks", ())]
        names = {user.name: user.id for user in self.users.values()} if finds_names else None
        for target in pings_of(texts, blocks, names=names):
            if target not in message.pinged and target != f"@{message.user}":
                message.pinged.add(target)
                self.pings.append(Ping(message.channel, message.ts, target))

    def remove(self, message: Message) -> bool:
        """Delete a message; True when replies keep a tombstone in its place."""
        channel = self.channels[message.channel]
        if not channel.replies(message.ts):
            del channel.messages[message.ts]
            return False
        message.is_tombstone = True
        message.text, message.blocks, message.attachments = "This message was deleted.", [], []
        message.user, message.bot_id, message.client_msg_id, message.reactions = "USLACKBOT", "", "", {}
        return True

    def status(self, channel: str, thread_ts: str) -> str:
        """Give what a thread says that Docent is doing, "" for nothing."""
        status = self.statuses.get((channel, thread_ts))
        if status is None or self.clock() - status.set_at > self.rules.status_lifetime:
            return ""
        return status.text

    def is_streaming(self, message: Message) -> bool:
        """Tell whether a message can still be appended to."""
        stream = message.stream
        if stream is None or stream.ended:
            return False
        return self.clock() - stream.started_at <= self.rules.stream_lifetime

    def new_trigger(self, user: str) -> str:
        """Give an id that opens one view for a user."""
        trigger = self.new_id("trigger.")
        self.triggers[trigger] = Trigger(user, self.clock())
        return trigger

    def new_response_url(self, channel: str, user: str, message_ts: str = "") -> str:
        """Give the token of a response_url."""
        token = self.new_id("response")
        self.response_urls[token] = ResponseUrl(channel, user, message_ts, self.clock())
        return token

    def transcript(self, channel: str) -> str:
        """Give what a person sees in a channel, threads indented, oldest first."""
        return transcript(self, channel)

    def home(self, user: str) -> str:
        """Give what a person sees in Docent's home tab, "" before it was published."""
        return home_transcript(self, user)


def example_workspace(rules: SlackRules | None = None, clock: Callable[[], float] = time.time) -> SlackState:
    """Give a workspace with two people (Ada is an admin), two public channels and a private one."""
    state = SlackState(rules, clock)
    state.add_user("UADA", "ada", is_admin=True)
    state.add_user("UGRACE", "grace")
    state.add_user("UBUILDER", "builder", is_bot=True)
    state.add_channel("CGENERAL", "general", "UADA", "UGRACE", "UBUILDER")
    state.add_channel("CRANDOM", "random", "UADA", "UGRACE", "UBUILDER")
    state.add_channel("CSECRET", "secret", "UADA", kind="group")
    return state
