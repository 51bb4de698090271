"""Rate limits, injected faults and answers that get lost."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_limits import RateLimits
from bot.simulate.slack_rules import SlackRules


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock) -> RateLimits:
    return RateLimits(SlackRules(), clock)


def refusal(limits: RateLimits, method: str, channel: str = "") -> SlackMethodError:
    with pytest.raises(SlackMethodError) as caught:
        limits.check(method, channel)
    return caught.value


def test_a_tier_counts_the_calls_of_the_last_minute(limits, clock):
    for _ in range(50):
        limits.check("chat.update")
        clock.now += 0.5
    assert refusal(limits, "chat.update").retry_after == 35
    clock.now += 35
    limits.check("chat.update")


def test_methods_are_counted_apart(limits):
    for _ in range(20):
        limits.check("chat.startStream")
    assert refusal(limits, "chat.startStream").status == 429
    for _ in range(100):
        limits.check("chat.appendStream")
    assert refusal(limits, "chat.appendStream").error == "ratelimited"


def test_a_channel_takes_a_post_a_second_and_short_bursts(limits, clock):
    for _ in range(4):
        limits.check("chat.postMessage", "C1")
    assert refusal(limits, "chat.postMessage", "C1").retry_after == 1
    limits.check("chat.postMessage", "C2")
    clock.now += 1
    limits.check("chat.postMessage", "C1")
    refusal(limits, "chat.postMessage", "C1")
    clock.now += 60
    for _ in range(4):
        limits.check("chat.postMessage", "C1")


def test_limits_and_waits_can_be_set():
    rules = SlackRules().scaled(0.01).with_limits(chat__update=1)
    assert rules.ack_timeout == pytest.approx(0.03)
    assert rules.retry_delays == pytest.approx((0, 0.6, 3))
    limits = RateLimits(rules)
    limits.check("chat.update")
    refusal(limits, "chat.update")


async def test_a_refused_call_does_nothing_and_names_the_wait(server, client):
    server.rate_limited("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError, match="ratelimited") as caught:
        await client.chat_postMessage(channel="CGENERAL", text="hello")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert server.state.channels["CGENERAL"].messages == {}


async def test_the_sdks_handler_waits_and_tries_again(server, client):
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    server.rate_limited("chat.postMessage", retry_after=1)
    await client.chat_postMessage(channel="CGENERAL", text="hello")
    first, second = server.calls_of("chat.postMessage")
    assert (first.status, second.status) == (429, 200)
    assert server.state.transcript("CGENERAL") == "docent: hello"


@pytest.mark.parametrize("rules", [SlackRules().with_limits(chat__update=2)])
async def test_updates_beyond_the_tier_get_429(server, client):
    ts = (await client.chat_postMessage(channel="CGENERAL", text="0"))["ts"]
    for number in range(2):
        await client.chat_update(channel="CGENERAL", ts=ts, text=str(number))
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.chat_update(channel="CGENERAL", ts=ts, text="2")
    assert [call.status for call in server.calls_of("chat.update")] == [200, 200, 429]


async def test_a_method_fails_as_often_as_was_asked(server, client):
    server.fail_next("chat.update", "edit_window_closed", times=2)
    ts = (await client.chat_postMessage(channel="CGENERAL", text="0"))["ts"]
    for _ in range(2):
        with pytest.raises(SlackApiError, match="edit_window_closed"):
            await client.chat_update(channel="CGENERAL", ts=ts, text="1")
    await client.chat_update(channel="CGENERAL", ts=ts, text="1")


async def test_slack_itself_can_be_in_trouble(server, client):
    server.fail_next("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="CGENERAL", text="hello")
    assert caught.value.response.status_code == 503


async def test_a_lost_answer_makes_the_sdk_post_twice(server, client):
    """The SDK's default handler tries again after a cut connection, though Slack has done its work."""
    server.lose_answer("chat.postMessage")
    await client.chat_postMessage(channel="CGENERAL", text="hello")
    assert [call.answer_lost for call in server.calls] == [True, False]
    assert server.state.transcript("CGENERAL") == "docent: hello\ndocent: hello"
