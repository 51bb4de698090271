"""Whether and where Slack offers streams, as its refusals of chat.startStream tell."""

from __future__ import annotations

import structlog

from bot.platforms.slack.calls import SlackRefusedError

log = structlog.get_logger()

# The workspace or the app has no streams, or none that carry a button.
_NEVER = {
    "deprecated_endpoint",
    "enterprise_is_restricted",
    "feature_not_enabled",
    "invalid_blocks",
    "invalid_chunks",
    "is_bot",
    "method_deprecated",
    "missing_scope",
    "not_allowed",
    "not_allowed_token_type",
    "not_authorized",
    "not_subscribed_to_message_stream_stopped",
    "unknown_method",
}
# There are none in this conversation; team_not_found names the team of a stranger in a shared channel.
_NOT_HERE = {
    "access_denied",
    "channel_type_not_supported",
    "invalid_arguments",
    "messages_tab_disabled",
    "missing_recipient_team_id",
    "missing_recipient_user_id",
    "no_permission",
    "team_not_found",
}


class StreamingOffer:
    """Whether and where Slack offers streams, as its refusals tell; one for all runs of a process."""

    def __init__(self, *, is_wanted: bool = True) -> None:
        self._is_open = is_wanted
        self._closed: set[str] = set()

    def holds(self, channel: str) -> bool:
        """Tell whether a stream may be tried in a channel."""
        return self._is_open and channel not in self._closed

    def note(self, refusal: SlackRefusedError, channel: str) -> None:
        """Learn from a refused start; what concerns one answer only is forgotten."""
        if refusal.code in _NEVER and self._is_open:
            self._is_open = False
            log.info("slack streaming not offered, answers grow by edits", error=str(refusal))
        elif refusal.code in _NOT_HERE:
            self._closed.add(channel)
            log.info("slack streaming not offered in a channel", channel=channel, error=str(refusal))
