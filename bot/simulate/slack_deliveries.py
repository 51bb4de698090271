"""What was sent to the app and when it was acknowledged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

JsonObject = dict[str, Any]
DeliveryKind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(slots=True, eq=False)
class Delivery:
    """One attempt to bring one payload to the app; times are seconds of the monotonic clock.

    sent_at: None while no socket took it. response: what came with the acknowledgement.
    given_up: the time for an acknowledgement has passed.
    """

    envelope_id: str
    kind: DeliveryKind
    payload: JsonObject
    retry_attempt: int = 0
    retry_reason: str = ""
    sent_at: float | None = None
    acked_at: float | None = None
    socket: int | None = None
    response: JsonObject | None = None
    given_up: bool = False
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def event_id(self) -> str:
        """Slack's id of the event, "" for commands and interactions."""
        return str(self.payload.get("event_id", ""))

    @property
    def event_type(self) -> str:
        """The type of the event, of the interaction, or the command."""
        event = self.payload.get("event", {})
        return str(event.get("type") or self.payload.get("command") or self.payload.get("type", ""))

    @property
    def ack_seconds(self) -> float | None:
        """How long the app took to acknowledge, None while it hasn't."""
        if self.sent_at is None or self.acked_at is None:
            return None
        return self.acked_at - self.sent_at

    @property
    def envelope(self) -> JsonObject:
        """The JSON that goes over the socket."""
        envelope: JsonObject = {
            "envelope_id": self.envelope_id,
            "type": self.kind,
            "accepts_response_payload": self.kind != "events_api",
            "payload": self.payload,
        }
        if self.kind == "events_api":
            envelope |= {"retry_attempt": self.retry_attempt, "retry_reason": self.retry_reason}
        return envelope
