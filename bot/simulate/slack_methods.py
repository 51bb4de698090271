"""The Web API of the simulated Slack: every method with its scopes, and the way a call goes through."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.simulate import slack_chat, slack_conversations, slack_streams, slack_views
from bot.simulate.slack_access import require_scope
from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_faults import Faults
from bot.simulate.slack_limits import RateLimits
from bot.simulate.slack_outcome import Handler, Outcome
from bot.simulate.slack_state import SlackState

JsonObject = dict[str, Any]

# The handler and the scopes of which one is needed; conversations.* choose theirs by the kind of conversation.
METHODS: dict[str, tuple[Handler, tuple[str, ...]]] = {
    "assistant.threads.setStatus": (slack_conversations.set_status, ("chat:write", "assistant:write")),
    "auth.test": (slack_conversations.auth_test, ()),
    "chat.appendStream": (slack_streams.append, ("chat:write",)),
    "chat.delete": (slack_chat.delete, ("chat:write",)),
    "chat.postEphemeral": (slack_chat.post_ephemeral, ("chat:write",)),
    "chat.postMessage": (slack_chat.post_message, ("chat:write",)),
    "chat.startStream": (slack_streams.start, ("chat:write",)),
    "chat.stopStream": (slack_streams.stop, ("chat:write",)),
    "chat.update": (slack_chat.update, ("chat:write",)),
    "conversations.history": (slack_conversations.history, ()),
    "conversations.info": (slack_conversations.info, ()),
    "conversations.members": (slack_conversations.members, ()),
    "conversations.open": (slack_conversations.open_direct, ()),
    "conversations.replies": (slack_conversations.replies, ()),
    "reactions.add": (slack_chat.add_reaction, ()),
    "reactions.remove": (slack_chat.remove_reaction, ()),
    "users.conversations": (slack_conversations.user_conversations, ()),
    "users.info": (slack_conversations.user_info, ("users:read",)),
    "views.open": (slack_views.open_modal, ()),
    "views.publish": (slack_views.publish, ()),
}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call in the log. at: seconds of the monotonic clock when it came in. answer: the body, status: HTTP."""

    method: str
    arguments: JsonObject
    at: float
    answer: JsonObject
    status: int
    retry_after: int | None = None
    answer_lost: bool = False

    @property
    def error(self) -> str:
        """Slack's error code, "" for a call that went through."""
        return str(self.answer.get("error", ""))


class WebApi:
    """Answers calls and logs them.

    open_socket gives the address of a new Socket Mode connection; publish takes the events that a call causes.
    """

    def __init__(
        self, state: SlackState, open_socket: Callable[[], str], publish: Callable[[JsonObject], object]
    ) -> None:
        self.calls: list[ApiCall] = []
        self.faults = Faults()
        self._state = state
        self._limits = RateLimits(state.rules)
        self._open_socket = open_socket
        self._publish = publish

    def call(self, method: str, token: str, arguments: JsonObject) -> ApiCall:
        """Answer one call; the events that follow from it are published before this returns."""
        at = time.monotonic()
        fault = self.faults.take(method)
        status, retry_after, outcome = 200, None, Outcome({})
        try:
            if fault and fault.refusal:
                raise fault.refusal
            outcome = self._outcome(method, token, Arguments(arguments))
            answer = {"ok": True, **outcome.answer}
        except SlackMethodError as refusal:
            answer, status, retry_after = refusal.body, refusal.status, refusal.retry_after
        call = ApiCall(
            method, arguments, at, answer, status, retry_after, answer_lost=bool(fault and fault.loses_answer)
        )
        self.calls.append(call)
        for event in outcome.events:
            self._publish(event)
        return call

    def _outcome(self, method: str, token: str, arguments: Arguments) -> Outcome:
        if method == "apps.connections.open":
            self._authenticate(token, self._state.app_token, "")
            self._limits.check(method)
            if "connections:write" not in self._state.app_scopes:
                provided = ",".join(sorted(self._state.app_scopes))
                raise SlackMethodError("missing_scope", needed="connections:write", provided=provided)
            return Outcome({"url": self._open_socket()})
        if method not in METHODS:
            raise SlackMethodError("unknown_method", req_method=method)
        self._authenticate(token, self._state.bot_token, self._state.token_error)
        self._limits.check(method, arguments.text("channel"))
        handler, scopes = METHODS[method]
        require_scope(self._state, *scopes)
        return handler(self._state, arguments)

    def _authenticate(self, token: str, expected: str, token_error: str) -> None:
        if not token:
            raise SlackMethodError("not_authed")
        if token != expected:
            known = token in (self._state.bot_token, self._state.app_token)
            raise SlackMethodError("not_allowed_token_type" if known else "invalid_auth")
        if token_error:
            raise SlackMethodError(token_error)
