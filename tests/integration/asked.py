"""Questions with what was found for them and what people thought of it, as reports read them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.models import Answer, AnswerKind, Chunk, Citation, ConversationKey, RetrievedChunk
from core.storage.database import Database
from core.storage.question_store import QuestionStore
from tests.integration.askings import Asking, ask

_numbers = itertools.count(1)


def passage(document: str, collection: str = "default") -> RetrievedChunk:
    """Give a passage of a document."""
    return RetrievedChunk(1, 1, collection, document, document, Chunk(0, "Words.", "", "Words.", "hash"), 0.5, 1.0)


@dataclass(frozen=True)
class Asked:
    """Stores questions in one database."""

    database: Database

    async def __call__(
        self,
        words: str,
        *,
        user: str = "U1",
        kind: AnswerKind = "refused",
        uncertain: bool = False,
        found: Sequence[str | tuple[str, str]] = (),
        cited: Sequence[str] = (),
        down: Sequence[str] = (),
        up: int = 0,
        private: bool = False,
        is_public: bool | None = True,
        days_ago: float = 0,
        condensed: str = "",
        channel: str = "C1",
        platform: str = "slack",
    ) -> int:
        """Ask, answer and judge; gives the question's id.

        found: documents, or (collection, document). down: the reasons of each 👎. is_public None: nobody knows.
        """
        passages = [passage(each) if isinstance(each, str) else passage(each[1], each[0]) for each in found]
        answer = Answer(
            words,
            "" if kind == "refused" else "Yes [1].",
            kind,
            tuple(Citation(place, passage(document), "Words.") for place, document in enumerate(cited, 1)),
            tuple(passages),
            condensed=condensed or words,
            uncertain=uncertain,
        )
        place = ConversationKey(platform, "T1", channel, str(next(_numbers)))
        asking = Asking(answer, days_ago, user=user, place=place, private=private, is_public=is_public)
        question = await ask(self.database, asking)
        votes: list[tuple[Literal["up", "down"], str]] = [("down", reason) for reason in down]
        votes += [("up", "")] * up
        for voter, (value, reason) in enumerate(votes):
            await QuestionStore(self.database).give_feedback(question, f"slack:V{voter}", value, reason)
        return question
