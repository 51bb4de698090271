"""What a Web API method gives back: its answer, and the events that Slack sends because of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_state import SlackState


@dataclass(frozen=True, slots=True)
class Outcome:
    """answer: the fields beside "ok". events: inner events, in the order in which they are sent."""

    answer: dict[str, Any]
    events: tuple[dict[str, Any], ...] = ()


Handler = Callable[[SlackState, Arguments], Outcome]
