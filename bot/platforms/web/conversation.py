"""What one browser has asked: finds its conversations, and hands what it asks and presses to the desk."""

from __future__ import annotations

import secrets
from typing import cast, get_args

from aiohttp import web

from bot.links import Links
from bot.messages import Action, Desk, IncomingMessage, Press
from bot.platforms.web.rates import Rate
from bot.platforms.web.security import visitor_of
from bot.platforms.web.showing import Exchange, exchange
from bot.platforms.web.surface import WebSurface
from core.bootstrap import Core
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from core.storage.question_store import QuestionStore
from core.storage.talk_store import Said, TalkStore, Thread

# Whoever can sign in reads the page: it sees what a public channel sees.
AUDIENCE = Audience(Scope("web"))
REASON_CHARACTERS = 1000
_THREADS = 12
# Questions of one browser, and of one address, whose browsers may come without a cookie each time.
_QUESTIONS_A_MINUTE, _QUESTIONS_OF_AN_ADDRESS = 12, 60


class Conversations:
    """The conversations of browsers, each seen by its own alone."""

    def __init__(self, core: Core, desk: Desk, surface: WebSurface, links: Links) -> None:
        self.core = core
        self.surface = surface
        self._desk = desk
        self._links = links
        self._asked = TalkStore(core.database)
        self._questions = QuestionStore(core.database)
        self._rate = Rate(_QUESTIONS_A_MINUTE, 60.0)
        self._address_rate = Rate(_QUESTIONS_OF_AN_ADDRESS, 60.0)

    async def seen(self) -> tuple[str, ...]:
        """Give the collections that the page may see. Raises StoreError."""
        return await self.core.access.visible(AUDIENCE)

    async def threads(self, request: web.Request) -> list[Thread]:
        """Give the newest conversations of a browser. Raises StoreError."""
        return await self._asked.threads(_key(request, ""), _THREADS)

    async def exchanges(self, request: web.Request, thread: str) -> list[Exchange]:
        """Give a conversation, oldest question first; none where the browser has none. Raises StoreError."""
        asked = await self._asked.conversation(_key(request, thread), await self.seen(), person_of(request))
        return [self.shown(entry) for entry in asked]

    def shown(self, asked: Said) -> Exchange:
        """Give what is shown of a question now."""
        return exchange(asked, self.surface.reply(asked.question.key), self._links)

    async def find(self, request: web.Request, question_id: int) -> Said | None:
        """Give a question; None when there is none. Whose it is, `is_own` tells. Raises StoreError."""
        asked = await self._asked.one(question_id, await self.seen(), person_of(request))
        return asked if asked is not None and asked.question.status != "retracted" else None

    def is_in(self, request: web.Request, asked: Said, thread: str) -> bool:
        """Tell whether a question was asked by this browser in a conversation."""
        return asked.question.conversation == _key(request, thread)

    async def own(self, request: web.Request) -> Said:
        """Give the question that an address names, {thread} and {question}. Raises HTTPNotFound and StoreError."""
        asked = await self.find(request, int(request.match_info["question"]))
        if asked is None or not self.is_in(request, asked, request.match_info["thread"]):
            raise web.HTTPNotFound
        return asked

    def is_own(self, request: web.Request, asked: Said) -> bool:
        """Tell whether a question was asked by this browser."""
        return self.is_in(request, asked, asked.question.conversation.thread)

    def wait(self, request: web.Request) -> int:
        """Count a question; gives 0, or the seconds until there may be another one."""
        return self._rate.take(visitor_of(request)) or self._address_rate.take(request.remote or "")

    async def ask(self, request: web.Request, thread: str, question: str, once: str) -> tuple[int | None, str]:
        """Hand a question to the desk; gives its id, or None and why it was not taken. Raises StoreError.

        once: what the form was given; the same one twice is one question.
        """
        key = f"web:{visitor_of(request)}:{once}"
        message = IncomingMessage(
            "question", key, _key(request, thread), visitor_of(request), question, audience=AUDIENCE
        )
        await self._desk.receive(message)
        told = self.surface.told(key)
        stored = None if told else await self._questions.find(key)
        return (stored.id, "") if stored is not None else (None, told)

    async def press(self, request: web.Request, asked: Said, action: str, reason: str = "") -> str:
        """Hand a press to the desk; gives what to tell (Markdown). Raises HTTPBadRequest for no button of ours."""
        if action not in get_args(Action):
            raise web.HTTPBadRequest
        stored = asked.question
        if action == "anew" and stored.status == "answered":
            self.surface.clear(stored.key)
        press = Press("web", stored.id, cast("Action", action), visitor_of(request), audience=AUDIENCE, reason=reason)
        return await self._desk.press(press)

    async def forget(self, request: web.Request, thread: str) -> None:
        """Delete a conversation, answers on their way included. Raises StoreError."""
        key = _key(request, thread)
        for asked in await self._asked.conversation(key, await self.seen(), person_of(request)):
            if asked.question.status == "open":
                await self.press(request, asked, "cancel")
            self.surface.clear(asked.question.key)
        await self._asked.forget(key)


def new_thread() -> str:
    """Name a new conversation."""
    return secrets.token_urlsafe(9)


def person_of(request: web.Request) -> str:
    """Give the name under which something is stored about a browser, as `docent export --user` takes it."""
    return f"web:{visitor_of(request)}"


def _key(request: web.Request, thread: str) -> ConversationKey:
    return ConversationKey("web", "", visitor_of(request), thread)
