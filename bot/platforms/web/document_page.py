"""The page of a footnote: the document, the cited passage in it, and the evidence marked."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from bot import wording
from bot.links import Links
from bot.platforms.web.ask_page import QUESTION
from bot.platforms.web.conversation import Conversations
from bot.platforms.web.frame import Pages
from bot.platforms.web.reading import reading
from bot.platforms.web.security import role_of
from core.models import Citation, RetrievedChunk
from core.storage.document_store import DocumentStore, WholeDocument


def add_documents(application: web.Application, pages: Pages, conversations: Conversations, links: Links) -> None:
    """Serve GET /documents/{question}/{number} to who asked the question, and to admins."""
    documents = DocumentStore(conversations.core.database)

    async def show(request: web.Request) -> web.Response:
        asked = await conversations.find(request, int(request.match_info["question"]))
        is_own = asked is not None and conversations.is_own(request, asked)
        if asked is None or asked.answer is None or not (is_own or role_of(request) == "admin"):
            raise web.HTTPNotFound
        citation = _citation(asked.answer.citations, int(request.match_info["number"]))
        chunk = citation.chunk
        document = await documents.cited(
            chunk.collection, chunk.document, chunk.chunk.content_hash, await conversations.seen()
        )
        back = f"/c/{asked.question.conversation.thread}#q{asked.question.id}" if is_own else ""
        now = _now(document, citation) if document is not None else None
        read = reading(document.chunks, chunk.chunk.content_hash, citation.evidence) if document is not None else None
        why = "" if now is not None else wording.WEB_PASSAGE_CHANGED
        return pages.render(
            request,
            "document.html",
            HTTPStatus.OK if document is not None else HTTPStatus.GONE,
            citation=citation,
            back=back,
            document=read,
            title=document.title if document is not None else chunk.document,
            place=wording.place(now or chunk),
            source=links.url(now or chunk) if document is not None else "",
            why=why if document is not None else wording.WEB_DOCUMENT_GONE,
            more="" if document is None or document.is_whole else wording.WEB_NOT_ALL_SHOWN,
        )

    application.router.add_get(f"/documents/{QUESTION}" + r"/{number:\d{1,3}}", show)


def _citation(citations: tuple[Citation, ...], number: int) -> Citation:
    for citation in citations:
        if citation.number == number:
            return citation
    raise web.HTTPNotFound


def _now(document: WholeDocument, citation: Citation) -> RetrievedChunk | None:
    """Give the cited chunk as it stands in the document today; None when it has changed."""
    cited = citation.chunk.chunk.content_hash
    return next((chunk for chunk in document.chunks if chunk.chunk.content_hash == cited), None)
