"""Tells conversations that an answer in them rests on a passage that has changed since; each of them once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot import wording
from bot.access import audience_of
from bot.incidents import logged
from bot.messages import Action, Reply, Surface
from bot.notices import below
from core.bootstrap import Core
from core.errors import PlatformError, StoreError
from core.storage.outdated_store import OutdatedAnswer, OutdatedStore
from core.storage.question_store import QuestionStore, StoredQuestion

log = structlog.get_logger()

# Nobody looks at older answers any more.
_DAYS = 30
# A document that everybody asks about changes, and as many conversations are told: not all in one moment.
_AT_ONCE = 5
_LOOK_SECONDS = 15.0
# The page shows it beside the answer itself.
_UNTOLD = ("web",)


class OutdatedAnswers:
    """Tells by messages of ours below the answers. surfaces: the platforms that can be written to, by name."""

    def __init__(self, core: Core, questions: QuestionStore, surfaces: Mapping[str, Surface]) -> None:
        self._access = core.access
        self._store = OutdatedStore(core.database)
        self._questions = questions
        self._surfaces = surfaces

    async def keep(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            for surface in list(self._surfaces.values()):
                try:
                    await self.look(surface)
                except StoreError as error:
                    logged("could not look for outdated answers", error)
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, surface: Surface) -> None:
        """Tell some of the conversations of a platform that have to be told. Raises StoreError."""
        if surface.platform in _UNTOLD:
            return
        for answers in await self._store.claim(surface.platform, days=_DAYS, limit=_AT_ONCE):
            stored = await self._questions.get(answers[-1].question_id)
            if stored is not None:
                await self._tell(surface, stored, answers)

    async def _tell(self, surface: Surface, stored: StoredQuestion, answers: Sequence[OutdatedAnswer]) -> None:
        """Tell one conversation. stored: the last of the questions; the message stands below its answer."""
        seen = await self._access.visible(audience_of(stored.conversation, stored.audience))
        documents = await self._store.gone([answer.question_id for answer in answers], seen)
        text = wording.outdated([answer.question for answer in answers], documents)
        # Of several, nobody could tell which of them the button is about.
        actions: tuple[Action, ...] = ("anew",) if len(answers) == 1 else ()
        try:
            await surface.show(
                below(stored, "outdated"), Reply("final", text, actions=actions, question_id=stored.id), None
            )
        except PlatformError as error:
            log.warning("outdated answer not told", question=stored.id, error=str(error))
