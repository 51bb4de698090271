"""Which audience asks, and the places of limits as people write them."""

from __future__ import annotations

from core.errors import ConfigurationError
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope

_PLATFORMS = ("slack", "discord", "web")


def audience_of(conversation: ConversationKey, audience: Audience | None) -> Audience:
    """Give who reads what is said in a conversation: as the platform told, else everyone in its workspace."""
    return audience or Audience(Scope(conversation.platform, conversation.workspace, conversation.channel))


def parse_scope(text: str) -> Scope:
    """Read PLATFORM[:WORKSPACE[:CHANNEL]], such as slack:T1:C1. Raises ConfigurationError."""
    platform, *rest = text.split(":")
    if platform not in _PLATFORMS or len(rest) > 2 or not all(rest):
        raise ConfigurationError(
            f"{text!r} is no place; write PLATFORM, PLATFORM:WORKSPACE or PLATFORM:WORKSPACE:CHANNEL with the "
            "platform's own ids, such as slack:T0123:C0456 or discord:1234:5678 (@me: direct messages), or web."
        )
    return Scope(platform, *rest)
