"""A simulated Discord channel as HTML: the window with its threads, and each message by itself."""

from __future__ import annotations

import re
from html import escape

from bot import wording
from bot.simulate.discord_objects import Channel, ChannelKind, Guild, Message, MessageFlag, MessageKind, User
from bot.simulate.discord_page_parts import components_html, embed_html, reactions_html
from bot.simulate.discord_page_text import line, markdown
from bot.simulate.discord_state import DiscordState
from bot.simulate.page import EYE, Drawn, avatar, clock_time

_EXCERPT = 90
_BLOCK_MARKS = re.compile(r"^(?:>{1,3} |#{1,3} |-# |- )+")


def screen(state: DiscordState, channel: Channel, viewer: User) -> list[Drawn]:
    """Give what one member sees in a channel and its threads, oldest first."""
    places = [channel, *_threads(state, channel, viewer)]
    return [drawn(state, message) for place in places for message in _seen(state, place, viewer)]


def window(state: DiscordState, channel: Channel, viewer: User) -> str:
    """Give the window in which one member reads a channel, with its threads under what they hang on."""
    name = _channel_name(state, channel)
    return (
        f'<div class="window">{_rail(state, channel, viewer)}{_sidebar(state, channel, viewer)}'
        f'<div class="pane"><div class="title">{escape(name)}</div>'
        f'<div class="messages">{_messages(state, channel, viewer)}</div>'
        f'<div class="composer">{escape(wording.page_write_to(name.replace(" ", "")))}</div></div></div>'
    )


def drawn(state: DiscordState, message: Message) -> Drawn:
    """Give one message as it stands."""
    author, is_ours = message.author, message.author is state.bot
    if message.loading:
        body = f'<p class="thinking">{escape(wording.discord_page_thinking(author.name))}</p>'
    else:
        body = markdown(state, message.content, message.mentions)
        if message.edited_at:
            body += f'<span class="faint">{wording.PAGE_EDITED}</span>'
    if MessageFlag.SUPPRESS_EMBEDS not in message.flags:
        body += "".join(embed_html(state, embed) for embed in message.embeds)
    body += components_html(message.components)
    body += "".join(f'<p class="file">📎 {escape(file["filename"])}</p>' for file in message.attachments)
    badge = '<span class="badge">APP</span>' if author.bot else ""
    only = f'<p class="only">{EYE}{escape(wording.DISCORD_PAGE_ONLY)}</p>' if message.ephemeral else ""
    html = (
        f'<article class="message{" private" if only else ""}">{_origin(state, message)}'
        f"{avatar(author.name, is_ours=is_ours)}"
        f'<div class="said"><header><b>{escape(author.name)}</b>{badge}{clock_time(message.created_at)}</header>'
        f"{body}{reactions_html(message.reactions)}{only}</div></article>"
    )
    reactions = frozenset(
        (emoji, state.users[user].name) for emoji, users in message.reactions.items() for user in users
    )
    return Drawn(str(message.id), author.name, html, reactions)


def _origin(state: DiscordState, message: Message) -> str:
    """Give the line above a message: the command that it answers, or what it replies to."""
    first = message.replies_to
    if message.interaction is not None and message.kind is MessageKind.CHAT_INPUT_COMMAND:
        who, said = message.interaction.user, escape(wording.discord_page_used(message.interaction.name))
    elif first is None:
        return ""
    elif first.deleted:
        return f'<div class="origin">{escape(wording.DISCORD_PAGE_GONE)}</div>'
    else:
        who, said = first.author, _excerpt(state, first)
    face = avatar(who.name, is_ours=who is state.bot)
    return f'<div class="origin">{face}<b>{escape(who.name)}</b> <span>{said}</span></div>'


def _excerpt(state: DiscordState, message: Message) -> str:
    """Give the first line of a message, shortened before it is formatted where it is long."""
    first = _BLOCK_MARKS.sub("", next((words for words in message.content.split("\n") if words.strip()), ""))
    short = first if len(first) <= _EXCERPT else first[: _EXCERPT - 1].rstrip() + "…"
    return line(state, short, message.mentions)


def _messages(state: DiscordState, channel: Channel, viewer: User) -> str:
    threads = {thread.id: thread for thread in _threads(state, channel, viewer)}
    html = ""
    for message in _seen(state, channel, viewer):
        html += drawn(state, message).html
        if message.id in threads:
            html += _thread(state, threads.pop(message.id), viewer)
    return html + "".join(_thread(state, thread, viewer) for thread in threads.values())


def _thread(state: DiscordState, thread: Channel, viewer: User) -> str:
    count = wording.page_messages(len(_seen(state, thread, viewer)))
    name = f'<p class="name"><b>{escape(thread.name)}</b> {escape(count)}</p>'
    return f'<div class="thread">{name}{_messages(state, thread, viewer)}</div>'


def _threads(state: DiscordState, channel: Channel, viewer: User) -> list[Channel]:
    return [one for one in state.channels.values() if one.parent is channel and state.sees(viewer, one)]


def _seen(state: DiscordState, channel: Channel, viewer: User) -> list[Message]:
    return [
        message
        for message in state.messages_in(channel)
        if not message.ephemeral or (message.interaction is not None and message.interaction.user is viewer)
    ]


def _rail(state: DiscordState, channel: Channel, viewer: User) -> str:
    guilds = [guild for guild in state.guilds.values() if viewer.id in guild.members]
    signs = "".join(
        f'<span class="{"chosen" if guild is channel.guild else "other"}">{escape(guild.name[:1])}</span>'
        for guild in guilds
    )
    return f'<div class="rail">{signs}</div>'


def _sidebar(state: DiscordState, here: Channel, viewer: User) -> str:
    guild: Guild | None = here.guild
    channels = [
        one
        for one in state.channels.values()
        if one.guild is guild and one.kind in (ChannelKind.TEXT, ChannelKind.DIRECT) and state.sees(viewer, one)
    ]
    listed = "".join(
        f'<p class="{"chosen" if one is (here.parent or here) else "other"}">{escape(_channel_name(state, one))}</p>'
        for one in channels
    )
    name = guild.name if guild else wording.DISCORD_PAGE_DIRECT
    return f'<nav><div class="workspace">{escape(name)}</div><h5>{wording.DISCORD_PAGE_CHANNELS}</h5>{listed}</nav>'


def _channel_name(state: DiscordState, channel: Channel) -> str:
    return f"# {channel.name}" if channel.recipient is None else f"@ {state.bot.name}"
