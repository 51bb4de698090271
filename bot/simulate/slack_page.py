"""A simulated Slack channel as HTML: the window with its threads, and each message by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from bot import wording
from bot.simulate.page import EYE, Drawn, avatar, clock_time
from bot.simulate.slack_page_blocks import blocks_html
from bot.simulate.slack_page_text import emoji, mrkdwn, person
from bot.simulate.slack_state import Channel, Message, SlackState


def screen(state: SlackState, channel: str, viewer: str) -> list[Drawn]:
    """Give what one member sees in a channel and its threads, oldest first; what Docent is doing comes last."""
    shown = [drawn(state, message) for message in _seen(state, channel, viewer)]
    return shown + [
        _status(state, thread_ts, status)
        for place, thread_ts in state.statuses
        if place == channel and (status := state.status(channel, thread_ts))
    ]


def window(state: SlackState, channel: str, viewer: str) -> str:
    """Give the window in which one member reads a channel: its messages, and beside them the threads."""
    place, messages = state.channels[channel], _seen(state, channel, viewer)
    present = {message.ts for message in messages}
    top = [message for message in messages if message.thread_ts not in present]
    replies = {one.ts: [reply for reply in messages if reply.thread_ts == one.ts] for one in top}
    name = _channel_name(state, place)
    read = "".join(drawn(state, message).html + _replies_line(state, replies[message.ts]) for message in top)
    threads = "".join(_thread(state, channel, name, one, replies[one.ts]) for one in top if replies[one.ts])
    return (
        f'<div class="window">{_sidebar(state, place, viewer)}'
        f'<div class="pane channel"><div class="title">{escape(name)}</div><div class="messages">{read}</div>'
        f'<div class="composer">{escape(wording.page_write_to(name.replace("# ", "#")))}</div></div>'
        f"{f'<div class=pane>{threads}</div>' if threads else ''}</div>"
    )


def drawn(state: SlackState, message: Message) -> Drawn:
    """Give one message as it stands."""
    name = message.username or person(state, message.user)
    is_ours = message.user == state.bot_user
    body = blocks_html(state, message.blocks) or mrkdwn(state, message.text)
    body += "".join(f'<div class="attachment">{_attachment(state, one)}</div>' for one in message.attachments)
    if message.is_tombstone:
        body, name = f'<p class="faint">{escape(message.text)}</p>', ""
    if message.edited_by and not message.is_tombstone:
        body += f'<span class="faint">{wording.PAGE_EDITED}</span>'
    if state.is_streaming(message):
        body += '<span class="caret"></span>'
    badge = '<span class="badge">APP</span>' if message.bot_id else ""
    only = f'<p class="only">{EYE}{escape(wording.SLACK_PAGE_ONLY)}</p>' if message.visible_to else ""
    head = f"<b>{escape(name)}</b>{badge}{clock_time(_moment(message.ts))}" if name else ""
    html = (
        f'<article class="message{" private" if only else ""}">{only}{avatar(name, is_ours=is_ours)}'
        f'<div class="said"><header>{head}</header>{body}{_reactions(message)}</div></article>'
    )
    reactions = frozenset((put, person(state, user)) for put, users in message.reactions.items() for user in users)
    return Drawn(message.ts, name, html, reactions)


def _seen(state: SlackState, channel: str, viewer: str) -> list[Message]:
    messages = state.channels[channel].messages.values()
    return [message for message in messages if message.visible_to in ("", viewer)]


def _attachment(state: SlackState, attachment: dict[str, object]) -> str:
    blocks = attachment.get("blocks")
    if isinstance(blocks, list):
        return blocks_html(state, blocks)
    return "".join(mrkdwn(state, str(attachment[part])) for part in ("pretext", "title", "text") if part in attachment)


def _reactions(message: Message) -> str:
    pills = (
        f'<span class="reaction">{escape(emoji(name))} <i>{len(users)}</i></span>'
        for name, users in message.reactions.items()
    )
    return f'<div class="reactions">{"".join(pills)}</div>' if message.reactions else ""


def _status(state: SlackState, thread_ts: str, status: str) -> Drawn:
    """Give the line under a thread that says what Docent is doing."""
    name = person(state, state.bot_user)
    html = f'<p class="status">{avatar(name, is_ours=True)}{escape(name)} {escape(status)}</p>'
    return Drawn(f"status:{thread_ts}", name, html, passes=True)


def _replies_line(state: SlackState, replies: list[Message]) -> str:
    """Give what stands under a message that has a thread; what one person alone sees does not count."""
    counted = [reply for reply in replies if not reply.visible_to]
    if not counted:
        return ""
    writers = dict.fromkeys(reply.user for reply in counted)
    faces = "".join(avatar(person(state, user), is_ours=user == state.bot_user) for user in writers)
    last = clock_time(_moment(counted[-1].ts))
    return f'<p class="replies">{faces}<b>{escape(wording.page_replies(len(counted)))}</b>{last}</p>'


def _thread(state: SlackState, channel: str, name: str, parent: Message, replies: list[Message]) -> str:
    status, count = state.status(channel, parent.ts), sum(not reply.visible_to for reply in replies)
    return (
        f'<div class="thread"><div class="title">{wording.SLACK_PAGE_THREAD} <span>{escape(name)}</span></div>'
        f'<div class="messages">{drawn(state, parent).html}<p class="count">{wording.page_replies(count)}</p>'
        f"{''.join(drawn(state, reply).html for reply in replies)}"
        f"{_status(state, parent.ts, status).html if status else ''}</div>"
        f'<div class="composer">{wording.SLACK_PAGE_REPLY}</div></div>'
    )


def _sidebar(state: SlackState, here: Channel, viewer: str) -> str:
    channels = [one for one in state.channels.values() if viewer in one.members]
    named = "".join(_entry(_channel_name(state, one), one is here) for one in channels if one.kind != "im")
    direct = "".join(_entry(_channel_name(state, one), one is here) for one in channels if one.kind == "im")
    return (
        f'<nav><div class="workspace">{escape(state.team_domain.title())}</div>'
        f"<h5>{wording.SLACK_PAGE_CHANNELS}</h5>{named}<h5>{wording.SLACK_PAGE_APPS}</h5>"
        f"{direct or _entry(person(state, state.bot_user), False)}</nav>"
    )


def _entry(name: str, chosen: bool) -> str:
    return f'<p class="{"chosen" if chosen else "other"}">{escape(name)}</p>'


def _channel_name(state: SlackState, channel: Channel) -> str:
    if channel.kind == "im":
        return person(state, state.bot_user)
    return f"{'#' if channel.kind == 'channel' else '🔒'} {channel.name}"


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), tz=UTC)
