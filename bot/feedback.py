"""What people think of an answer: noted, with the reason that they give, and kept as a golden question or not."""

from __future__ import annotations

from bot import wording
from bot.access import audience_of
from bot.messages import Press
from core.bootstrap import Core
from core.storage.golden_store import GoldenStore
from core.storage.question_store import QuestionStore, StoredQuestion

# A longer reason is cut: it is read in lists.
_REASON_CHARACTERS = 1000


class Feedback:
    """Takes thumbs up and down. A thumb up makes a question golden; a thumb down of the same person takes that back."""

    def __init__(self, core: Core, questions: QuestionStore) -> None:
        self._access = core.access
        self._questions = questions
        self._golden = GoldenStore(core.database)

    async def take(self, stored: StoredQuestion, press: Press) -> str:
        """Note a thumb and give what its giver is told, who may be asked for a reason. Raises StoreError."""
        giver = f"{press.platform}:{press.user}"
        if press.action == "up":
            await self._questions.give_feedback(stored.id, giver, "up")
            seen = await self._access.visible(audience_of(stored.conversation, stored.audience))
            await self._golden.thumb_up(stored.id, giver, seen)
            return wording.THANKS
        reason = " ".join(press.reason.split())[:_REASON_CHARACTERS]
        await self._questions.give_feedback(stored.id, giver, "down", reason)
        await self._golden.take_back(stored.id, giver)
        return wording.THANKS if reason else wording.WHY

    async def drop(self, question_id: int) -> None:
        """Forget that an answer was liked: its question was edited or deleted. Raises StoreError."""
        await self._golden.drop_thumb(question_id)
