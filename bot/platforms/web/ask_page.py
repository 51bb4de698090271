"""The pages to ask on: the first one, a conversation, and what its forms do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from markupsafe import Markup

from bot import wording
from bot.platforms.web.conversation import REASON_CHARACTERS, Conversations, new_thread, person_of
from bot.platforms.web.frame import Pages
from bot.platforms.web.markdown import answer_html
from bot.platforms.web.queries import read_id
from bot.platforms.web.security import role_of
from core.storage.document_store import DocumentStore

_EXAMPLES = 4
THREAD = "{thread:[A-Za-z0-9_-]{8,32}}"
QUESTION = r"{question:\d{1,18}}"


def add_ask(application: web.Application, pages: Pages, conversations: Conversations) -> None:
    """Serve / and /c/{thread}, their forms, and answers to take along."""
    page = _AskPage(pages, conversations)
    application.router.add_get("/", page.first)
    application.router.add_post("/ask", page.ask)
    application.router.add_get(f"/c/{THREAD}", page.conversation)
    application.router.add_post(f"/c/{THREAD}", page.press)
    application.router.add_post(f"/c/{THREAD}/forget", page.forget)
    application.router.add_get(f"/c/{THREAD}/{QUESTION}/answer.md", page.markdown)


class _AskPage:
    def __init__(self, pages: Pages, conversations: Conversations) -> None:
        self._pages = pages
        self._conversations = conversations
        self._documents = DocumentStore(conversations.core.database)

    async def first(self, request: web.Request) -> web.Response:
        return await self._first(request)

    async def _first(
        self, request: web.Request, *, why: str = "", typed: str = "", status: int = HTTPStatus.OK
    ) -> web.Response:
        titles = await self._documents.titles(await self._conversations.seen(), _EXAMPLES)
        nothing = wording.NOTHING_INGESTED if role_of(request) == "admin" else wording.NOTHING_INGESTED_CHAT
        return self._pages.render(
            request,
            "ask.html",
            status,
            **self._form(why, typed),
            examples=[wording.question_about(title) for title in titles],
            nothing="" if titles else nothing,
            threads=await self._conversations.threads(request),
            me=person_of(request),
        )

    async def conversation(self, request: web.Request) -> web.Response:
        return await self._conversation(request, request.match_info["thread"])

    async def _conversation(
        self,
        request: web.Request,
        thread: str,
        *,
        why: str = "",
        typed: str = "",
        said: Mapping[int, Markup] | None = None,
        asks_why: int = 0,
        status: int = HTTPStatus.OK,
    ) -> web.Response:
        exchanges = await self._conversations.exchanges(request, thread)
        if not exchanges:
            raise web.HTTPNotFound
        return self._pages.render(
            request,
            "conversation.html",
            status,
            **self._form(why, typed),
            thread=thread,
            exchanges=exchanges,
            said=said or {},
            asks_why=asks_why,
            **exchange_words(),
        )

    def _form(self, why: str, typed: str) -> dict[str, object]:
        limit = self._conversations.core.settings.question_characters
        return {"why": why, "typed": typed, "once": secrets.token_urlsafe(12), "limit": limit}

    async def ask(self, request: web.Request) -> web.Response:
        form = await request.post()
        # An example's button has a name of its own: what stands in the box then is not meant.
        question = str(form.get("example") or form.get("question", "")).strip()
        thread, once = str(form.get("thread", "")), str(form.get("once", "")) or secrets.token_urlsafe(12)
        limit = self._conversations.core.settings.question_characters
        why, status = "", HTTPStatus.BAD_REQUEST
        if not question:
            why = wording.EMPTY_QUESTION
        elif len(question) > limit:
            why = wording.too_long(limit)
        elif wait := self._conversations.wait(request):
            why, status = wording.web_too_many_questions(wait), HTTPStatus.TOO_MANY_REQUESTS
        if not why:
            asked_in = thread or new_thread()
            question_id, why = await self._conversations.ask(request, asked_in, question, once[:64])
            if question_id is not None:
                raise web.HTTPSeeOther(f"/c/{asked_in}#q{question_id}")
            status = HTTPStatus.SERVICE_UNAVAILABLE
        if thread and await self._conversations.exchanges(request, thread):
            return await self._conversation(request, thread, why=why, typed=question[:limit], status=status)
        return await self._first(request, why=why, typed=question[:limit], status=status)

    async def press(self, request: web.Request) -> web.Response:
        form = await request.post()
        thread, action = request.match_info["thread"], str(form.get("action", ""))
        number = read_id(str(form.get("question", "")))
        if number is None:
            raise web.HTTPNotFound
        asked = await self._conversations.find(request, number)
        if asked is None or not self._conversations.is_in(request, asked, thread):
            raise web.HTTPNotFound
        reason = _reason(str(form.get("kind", "")), str(form.get("words", "")))
        text = await self._conversations.press(request, asked, action, reason)
        if not text:
            raise web.HTTPSeeOther(f"/c/{thread}#q{number}")
        return await self._conversation(
            request,
            thread,
            said={number: answer_html(text, {})},
            asks_why=number if action == "down" and not reason else 0,
        )

    async def forget(self, request: web.Request) -> web.Response:
        await self._conversations.forget(request, request.match_info["thread"])
        raise web.HTTPSeeOther("/")

    async def markdown(self, request: web.Request) -> web.Response:
        text = self._conversations.shown(await self._conversations.own(request)).markdown
        if not text:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)


def exchange_words() -> dict[str, object]:
    """Give the words that exchange.html needs beside an exchange."""
    return {"labels": wording.WEB_BUTTONS, "reasons": wording.DOWN_REASONS, "reason_characters": REASON_CHARACTERS}


def _reason(kind: str, words: str) -> str:
    """Give a reason as it is kept: one of ours, words of their own, or both."""
    words = " ".join(words.split())[:REASON_CHARACTERS]
    return ": ".join(part for part in (kind if kind in wording.DOWN_REASONS else "", words) if part)
