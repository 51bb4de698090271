"""Where a run is told of: the command that asked for it as a message, and ours under it, as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.messages import IncomingMessage, Sent
from core.models import ConversationKey


@dataclass(frozen=True, slots=True)
class Place:
    """What it takes to show how a run goes, by any process.

    message: what the surface shows under. asked_by: what people call who asked. sent: our messages, None before.
    """

    message: IncomingMessage
    asked_by: str
    sent: Sent | None = None

    def written(self) -> dict[str, Any]:
        """Give it as JSON values; "platform" names the one that shows it."""
        message = self.message
        return {
            "platform": message.conversation.platform,
            "key": message.key,
            "conversation": asdict(message.conversation),
            "user": message.user,
            "text": message.text,
            "private": message.private,
            "handle": dict(message.handle),
            "asked_by": self.asked_by,
            "sent": {"ids": list(self.sent.ids), "handle": dict(self.sent.handle)} if self.sent else None,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Place:
        """Take up what any process has written."""
        message = IncomingMessage(
            "question",
            written["key"],
            ConversationKey(**written["conversation"]),
            written["user"],
            written["text"],
            private=written["private"],
            handle=written["handle"],
        )
        sent = written["sent"]
        return cls(message, written["asked_by"], Sent(tuple(sent["ids"]), sent["handle"]) if sent else None)
