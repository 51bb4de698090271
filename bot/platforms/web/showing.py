"""What a question and its answer look like on the page: plain values for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot import wording
from bot.delivery import closing_reply, final_reply, working_reply
from bot.links import Links
from bot.messages import Action, Reply
from bot.platforms.web.markdown import answer_html
from core.answering.small_talk import small_talk
from core.storage.talk_store import Said


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote. address: of the page that shows it. url: of its source, "" for none."""

    number: int
    place: str
    address: str
    url: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer as they are shown. markdown: the whole answer to take along, "" while it grows."""

    question_id: int
    question: str
    asked_at: datetime
    is_open: bool
    status: str
    html: Markup
    notes: tuple[Note, ...]
    actions: tuple[Action, ...]
    markdown: str
    is_outdated: bool
    feedback: str
    reason: str


def exchange(said: Said, live: Reply | None, links: Links) -> Exchange:
    """Give what is shown of a question. live: what its answer looks like now, where this process makes it."""
    stored = said.question
    reply = _reply(said, live, links)
    is_open = reply.stage == "working"
    notes = tuple(
        Note(note.number, note.place, f"/documents/{stored.id}/{note.number}#cited", note.url)
        for note in reply.footnotes
    )
    return Exchange(
        question_id=stored.id,
        question=stored.text,
        asked_at=said.asked_at,
        is_open=is_open,
        status=reply.status,
        html=answer_html(reply.text, {note.number: (note.address, note.place) for note in notes}),
        notes=notes,
        actions=_actions(reply, said.feedback),
        markdown="" if is_open else _markdown(reply),
        is_outdated=said.outdated_at is not None,
        feedback=said.feedback,
        reason=_reason(said.reason),
    )


def _reply(said: Said, live: Reply | None, links: Links) -> Reply:
    stored = said.question
    if stored.status == "open":
        return live or working_reply(stored.id, status=wording.SEARCHING)
    if said.answer is not None:
        return final_reply(said.answer, stored.id, links)
    if said.is_kept_back:
        return closing_reply(wording.WEB_KEPT_BACK)
    if stored.status == "cancelled":
        return closing_reply(wording.CANCELLED)
    if stored.status == "failed":
        # What it says stands nowhere; while this process knows better, it says that.
        return live or closing_reply(wording.WEB_FAILED)
    kind = small_talk(stored.text)
    return closing_reply(wording.SMALL_TALK[kind] if kind else wording.WEB_FORGOTTEN)


def _actions(reply: Reply, feedback: str) -> tuple[Action, ...]:
    """Give the buttons: whatever was answered can be asked anew, and what was disliked can be put to a person."""
    is_answer = reply.stage == "final" and bool(reply.actions)
    more: tuple[Action, ...] = ("human", "anew") if feedback == "down" else ("anew",)
    return tuple(dict.fromkeys((*reply.actions, *more))) if is_answer else reply.actions


def _markdown(reply: Reply) -> str:
    return wording.web_markdown(reply.text, [(note.number, note.place, note.url) for note in reply.footnotes])


def _reason(stored: str) -> str:
    """Give a reason as it was put to the person who gave it."""
    kind, _, words = stored.partition(": ")
    label = wording.DOWN_REASONS.get(kind)
    return stored if label is None else f"{label}: {words}" if words else label
