"""Where one more message of ours goes that belongs to an answer: below it, like any other."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import IncomingMessage
from core.storage.question_store import StoredQuestion


def below(stored: StoredQuestion, name: str) -> IncomingMessage:
    """Give where one more message of ours goes, below the answer to a question; name: of what it is about.

    What the handle holds for the answer alone (the time-limited token of a command, the response that it fills) is
    left out: this message is like any other.
    """
    message = IncomingMessage(
        "question",
        f"{stored.key}:{name}",
        stored.conversation,
        stored.asked_by,
        stored.text,
        private=stored.private,
        handle={key: value for key, value in stored.handle.items() if key not in ("token", "response", "at")},
        audience=stored.audience,
    )
    return message if "message" in message.handle else replace(message, handle={**message.handle, "alone": "yes"})
