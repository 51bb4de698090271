"""A Reply as Slack messages: sections, footnotes, a status line and buttons, each inside of Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot import wording
from bot.messages import Action, Footnote, Reply
from bot.platforms.slack.mrkdwn import escape, linked, literal, longest, to_mrkdwn
from bot.platforms.slack.tables import without_tables
from bot.splitting import split_markdown

Block = dict[str, Any]

# Slack takes 3,000 characters in a section, 4,000 in the text of an update and about 13,200 in all blocks.
TEXT_LIMIT = 2800
_SECTIONS = 4
_LABELS: dict[Action, str] = {
    "up": "👍",
    "down": "👎",
    "evidence": wording.SLACK_SHOW_EVIDENCE,
    "anew": wording.ASK_ANEW,
    "human": wording.ASK_A_PERSON,
    "cancel": wording.SLACK_CANCEL,
    "confirm": wording.RUN_BUTTONS["confirm"],
    "leave": wording.RUN_BUTTONS["leave"],
    "stop": wording.RUN_BUTTONS["stop"],
}


@dataclass(frozen=True, slots=True)
class Body:
    """What one Slack message holds. text: for notifications and screen readers; blocks: what is seen."""

    text: str
    blocks: list[Block]


def render(reply: Reply) -> list[Body]:
    """Give the messages of a reply, in order; none for an empty one."""
    parts = mrkdwn_parts(reply.text)
    if reply.mention and parts:
        parts[0] = f"<@{escape(reply.mention)}> {parts[0]}"
    bodies = [Body(part, [section(part)]) for part in parts]
    for notes in _footnotes(reply.footnotes):
        if bodies and len(bodies[-1].blocks) == 1:
            bodies[-1].blocks.append(_context(notes))
        else:
            bodies.append(Body(notes, [_context(notes)]))
    if reply.status:
        status = to_mrkdwn(reply.status)
        bodies = bodies or [Body(status, [])]
        bodies[-1].blocks.append(_context(status))
    if bodies and reply.actions and reply.question_id:
        bodies[-1].blocks.append(_buttons(reply.actions, reply.question_id))
    return bodies


def render_opening(reply: Reply, name: str) -> list[Block]:
    """Give what stands over a text that is streamed: footnotes and buttons; name: the block_id of the buttons."""
    buttons = _buttons(reply.actions, reply.question_id)
    return [*map(_context, _footnotes(reply.footnotes)), {**buttons, "block_id": name}]


def render_text(markdown: str) -> list[Body]:
    """Give the messages of a text without footnotes and buttons, several sections in each."""
    parts = mrkdwn_parts(markdown)
    groups = [parts[at : at + _SECTIONS] for at in range(0, len(parts), _SECTIONS)]
    return [Body(group[0], [section(part) for part in group]) for group in groups]


def render_question(name: str, question: str) -> Body:
    """Give the message that shows everyone who asked what by a slash command."""
    parts = _literal_parts(wording.slack_asked(name, question))
    return Body(parts[0], [section(part) for part in parts])


def mrkdwn_parts(markdown: str) -> list[str]:
    """Give a text as mrkdwn in parts that fit into a section each."""
    return [to_mrkdwn(part) for part in split_markdown(without_tables(markdown), TEXT_LIMIT, longest)]


def section(text: str) -> Block:
    """Give a section that shows mrkdwn whole, without a "see more"."""
    return {"type": "section", "text": _mrkdwn(text), "expand": True}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack then leaves bare names and addresses alone and formats only what we marked.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _footnotes(footnotes: Sequence[Footnote]) -> list[str]:
    """Give the lines of the footnotes, as many together as fit."""
    groups: list[str] = []
    for line in (piece for footnote in footnotes for piece in _footnote(footnote)):
        if groups and len(groups[-1]) + len(line) < TEXT_LIMIT:
            groups[-1] += f"\n{line}"
        else:
            groups.append(line)
    return groups


def _footnote(footnote: Footnote) -> list[str]:
    place = " ".join(footnote.place.split())
    link = linked(footnote.url, literal(place))
    if link and len(link) < TEXT_LIMIT - 10:
        return [f"[{footnote.number}] {link}"]
    return _literal_parts(f"[{footnote.number}] {place}")


def _literal_parts(text: str) -> list[str]:
    if longest(text) <= TEXT_LIMIT:
        return [literal(text)]
    return [literal(part) for part in split_markdown(text, TEXT_LIMIT, longest)]


def _buttons(actions: Sequence[Action], question_id: int) -> Block:
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": action,
                "text": {"type": "plain_text", "text": _LABELS[action], "emoji": True},
                "value": str(question_id),
            }
            for action in actions
        ],
    }
