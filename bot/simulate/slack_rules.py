"""Slack's numbers: how long it waits, how often it lets an app call, how much text it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

# Characters, unless said otherwise.
POSTED_TEXT = 40_000
UPDATED_TEXT = 4_000
MARKDOWN_TEXT = 12_000
ALL_BLOCKS_TEXT = 13_200  # not documented; measured in https://github.com/slackapi/bolt-js/issues/2509
MESSAGE_BLOCKS = 50  # blocks
VIEW_BLOCKS = 100  # blocks
LOADING_MESSAGES = 10  # messages

# https://docs.slack.dev/apis/web-api/rate-limits: calls a minute, for one app in one workspace.
TIER_2, TIER_3, TIER_4, SPECIAL_TIER = 20, 50, 100, 600
CALLS_PER_MINUTE: Mapping[str, int] = MappingProxyType(
    {
        "apps.connections.open": TIER_2,  # documented as tier 1, which in practice allows bursts of reconnects
        "assistant.threads.setStatus": SPECIAL_TIER,
        "auth.test": SPECIAL_TIER,
        "chat.appendStream": TIER_4,
        "chat.delete": TIER_3,
        "chat.postEphemeral": TIER_4,
        "chat.startStream": TIER_2,
        "chat.stopStream": TIER_2,
        "chat.update": TIER_3,
        "conversations.history": TIER_3,
        "conversations.info": TIER_3,
        "conversations.members": TIER_4,
        "conversations.open": TIER_3,
        "conversations.replies": TIER_3,
        "reactions.add": TIER_3,
        "reactions.remove": TIER_2,
        "users.conversations": TIER_3,
        "users.info": TIER_4,
        "views.open": TIER_4,
        "views.publish": TIER_4,
    }
)


@dataclass(frozen=True, slots=True)
class SlackRules:
    """The waiting times and rates of one simulated workspace; times in seconds.

    ack_timeout: for acknowledging a delivery. retry_delays: from one failed attempt to the next.
    stream_lifetime: after which Slack ends a stream. status_lifetime: after which a thread's status is cleared.
    disconnect_grace: from a disconnect message to the close of the socket.
    posts_per_second and post_burst: chat.postMessage in one channel. calls_per_minute: by method; 0 is unlimited.
    """

    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    stream_lifetime: float = 300.0
    status_lifetime: float = 120.0
    trigger_lifetime: float = 3.0
    response_url_lifetime: float = 1800.0
    response_url_uses: int = 5
    posts_per_second: float = 1.0
    post_burst: int = 4
    calls_per_minute: Mapping[str, int] = field(default_factory=lambda: CALLS_PER_MINUTE)
    max_sockets: int = 10
    disconnect_grace: float = 1.0

    def scaled(self, factor: float) -> SlackRules:
        """Give the rules with the waits for acks, retries, streams and statuses multiplied; rates stay as they are."""
        return replace(
            self,
            ack_timeout=self.ack_timeout * factor,
            retry_delays=tuple(delay * factor for delay in self.retry_delays),
            stream_lifetime=self.stream_lifetime * factor,
            status_lifetime=self.status_lifetime * factor,
        )

    def with_limits(self, **calls_per_minute: int) -> SlackRules:
        """Give the rules with other limits for some methods, written with __ for the dot (`chat__update=2`)."""
        changed = {method.replace("__", "."): calls for method, calls in calls_per_minute.items()}
        return replace(self, calls_per_minute=MappingProxyType({**self.calls_per_minute, **changed}))
