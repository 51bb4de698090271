"""The page /admin/golden: which questions are golden, how the last examination went, and the right answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from bot import wording
from bot.access import audience_of
from bot.platforms.web.frame import Pages
from bot.platforms.web.markdown import answer_html
from bot.platforms.web.queries import read_id
from bot.platforms.web.security import visitor_of
from core.bootstrap import Core
from core.errors import QuestionError
from core.evaluation.examination import Examined, last_examination
from core.evaluation.golden import GoldenAnswer, GoldenQuestion
from core.storage.golden_run_store import GoldenRunStore
from core.storage.golden_store import GoldenStore
from core.storage.question_store import QuestionStore

_PLACE = "/admin/golden"
# Of a right answer, as it is written on the page.
_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Entry:
    """A golden question as the page shows it.

    right, now: the answers as HTML. words: the right one as it was written. examined: None before it was asked.
    """

    golden: GoldenQuestion
    right: Markup
    words: str
    examined: Examined | None
    now: Markup


def entries(questions: Sequence[GoldenQuestion], examined: Sequence[Examined]) -> list[Entry]:
    """Give what the page shows: those that got worse first, then those that differ, then the rest, oldest first."""
    by_id = {one.golden.id: one for one in examined}
    shown = [_entry(golden, by_id.get(golden.id)) for golden in questions]
    return sorted(shown, key=lambda entry: _urgency(entry.examined))


def _urgency(examined: Examined | None) -> int:
    if examined is None:
        return 2
    return 0 if examined.got_worse else 1 if not examined.agrees else 3


def _entry(golden: GoldenQuestion, examined: Examined | None) -> Entry:
    now = _shown(examined.now) if examined is not None else Markup()
    return Entry(golden, _shown(golden.right), golden.right.text, examined, now)


def _shown(answer: GoldenAnswer) -> Markup:
    return answer_html(wording.NOT_FOUND if answer.kind == "refusal" else answer.text, {})


def add_golden(application: web.Application, pages: Pages, core: Core) -> None:
    """Serve GET /admin/golden, with ?question=ID to correct the answer of a chat; POST .../correct and .../remove."""
    page = _GoldenPage(pages, core)
    application.router.add_get(_PLACE, page.show)
    application.router.add_post(f"{_PLACE}/correct", page.correct)
    application.router.add_post(f"{_PLACE}/remove", page.remove)


class _GoldenPage:
    def __init__(self, pages: Pages, core: Core) -> None:
        self._pages = pages
        self._core = core
        self._golden = GoldenStore(core.database)
        self._runs = GoldenRunStore(core.database)
        self._questions = QuestionStore(core.database)

    async def show(self, request: web.Request, said: str = "", status: int = 200) -> web.Response:
        questions = await self._golden.all()
        examined = await last_examination(self._golden, self._runs, self._core.settings.search_language)
        disliked = await self._golden.disliked()
        wanted = read_id(request.query.get("question", ""))
        asked = await self._questions.get(wanted) if wanted is not None else None
        return self._pages.render(
            request,
            "golden.html",
            status,
            entries=entries(questions, examined),
            last=await self._runs.last() if examined else None,
            summary=wording.golden_summary(
                len(examined), sum(one.agrees for one in examined), sum(one.got_worse for one in examined)
            ),
            disliked=disliked,
            answers={one.question_id: _shown(_disliked_answer(one.refused, one.answer)) for one in disliked},
            asked=asked,
            said=said,
            characters=_CHARACTERS,
            wording=wording,
        )

    async def correct(self, request: web.Request) -> web.Response:
        """Keep the right answer to a golden question, to one of a chat, or to a new one; audited."""
        form = await request.post()
        fields = {name: str(form.get(name, "")).strip() for name in ("golden", "question", "text", "kind", "answer")}
        refusal = fields["kind"] == "refusal"
        if not refusal and not 0 < len(fields["answer"]) <= _CHARACTERS:
            return await self.show(request, wording.GOLDEN_NO_ANSWER, 400)
        right = GoldenAnswer("refusal") if refusal else GoldenAnswer("answer", fields["answer"])
        try:
            golden_id = await self._keep(fields, right, f"web:{visitor_of(request)}")
        except QuestionError as error:
            return await self.show(request, str(error), 400)
        if golden_id is None:
            return await self.show(request, wording.GOLDEN_GONE, 404)
        await self._audit(request, "golden correct", golden_id)
        raise web.HTTPSeeOther(f"{_PLACE}#golden-{golden_id}")

    async def _keep(self, fields: Mapping[str, str], right: GoldenAnswer, giver: str) -> int | None:
        """Keep it and give the golden question's id; None where there is no such question."""
        if (golden_id := read_id(fields["golden"])) is not None:
            return golden_id if await self._golden.correct(golden_id, right, giver) else None
        if (question_id := read_id(fields["question"])) is not None:
            stored = await self._questions.get(question_id)
            if stored is None:
                return None
            seen = await self._core.access.visible(audience_of(stored.conversation, stored.audience))
            return await self._golden.correct_question(question_id, right, giver, seen)
        return await self._golden.add(self._core.answerer.checked(fields["text"]), right, giver, None)

    async def remove(self, request: web.Request) -> web.Response:
        """Let a question be golden no more; audited."""
        golden_id = read_id(str((await request.post()).get("golden", "")))
        if golden_id is None or not await self._golden.remove(golden_id):
            return await self.show(request, wording.GOLDEN_GONE, 404)
        await self._audit(request, "golden remove", golden_id)
        raise web.HTTPSeeOther(_PLACE)

    async def _audit(self, request: web.Request, action: str, golden_id: int) -> None:
        await self._questions.audit(
            "web", visitor_of(request), action, allowed=True, detail=f"golden {golden_id}", outcome="done"
        )


def _disliked_answer(refused: bool, answer: str) -> GoldenAnswer:
    return GoldenAnswer("refusal") if refused else GoldenAnswer("answer", answer)
