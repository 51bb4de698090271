"""Puts the pages into an application: frame and guard first, then those to ask and read on, and the admins' ones."""

from __future__ import annotations

from aiohttp import web

from bot.dispatch import Dispatcher
from bot.links import Links
from bot.messages import Desk
from bot.platforms.web.ask_page import add_ask
from bot.platforms.web.conversation import Conversations
from bot.platforms.web.dashboard import add_dashboard
from bot.platforms.web.document_page import add_documents
from bot.platforms.web.frame import Pages
from bot.platforms.web.gaps_page import add_gaps
from bot.platforms.web.golden_page import add_golden
from bot.platforms.web.guarding import Guard
from bot.platforms.web.health import States
from bot.platforms.web.questions_page import add_questions
from bot.platforms.web.sessions import Sessions
from bot.platforms.web.sign_in import add_sign_in
from bot.platforms.web.streaming import add_streaming
from bot.platforms.web.surface import WebSurface
from bot.platforms.web.why_page import add_why
from bot.settings import BotSettings
from core.bootstrap import Core
from core.storage.database import Database

# These see to themselves who may call them, and have no pages.
_OPEN_PATHS = frozenset({"/healthz", "/metrics", "/slack/events"})


def open_site(application: web.Application, database: Database, settings: BotSettings) -> Pages:
    """Guard an application and serve what every page needs; gives the frame for the pages that are added then."""
    pages = Pages()
    sessions = Sessions(database, settings)
    Guard(pages, sessions, _OPEN_PATHS).install(application)
    add_sign_in(application, pages, sessions)
    application.router.add_get("/static/{name}", pages.statics.serve)
    return pages


def add_asking(
    application: web.Application, pages: Pages, core: Core, desk: Desk, surface: WebSurface, links: Links
) -> None:
    """Add the pages to ask and to read on. surface: attached to the desk by who calls this."""
    conversations = Conversations(core, desk, surface, links)
    add_ask(application, pages, conversations)
    add_streaming(application, pages, conversations)
    add_documents(application, pages, conversations, links)


def add_admin(application: web.Application, pages: Pages, core: Core, desk: Dispatcher, platforms: States) -> None:
    """Add the pages for those who look after the bot. platforms: whose state is shown."""
    add_dashboard(application, pages, core, desk, platforms)
    add_questions(application, pages, core)
    add_why(application, pages, core)
    add_gaps(application, pages, core)
    add_golden(application, pages, core)
