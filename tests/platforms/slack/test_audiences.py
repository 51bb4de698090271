"""Who reads a Slack channel: what events tell, what Slack says, and what counts as public for want of either."""

from __future__ import annotations

import pytest

from bot.platforms.slack.audiences import Audiences, is_open
from bot.platforms.slack.calls import SlackCalls
from core.storage.access_store import Audience, Scope


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audiences(server, clock) -> Audiences:
    calls = SlackCalls(server.state.bot_token, server.api_url, lambda _: None)
    return Audiences(calls, "TDOCENT", clock)


def event(channel: str, told: str | None, **around: object) -> dict[str, object]:
    said = {"type": "message", "channel": channel} | ({"channel_type": told} if told else {})
    return {"team_id": "TELSEWHERE", "event": said, **around}


@pytest.mark.parametrize(
    ("told", "is_public"), [("channel", True), ("group", False), ("mpim", False), ("im", False), ("novelty", True)]
)
async def test_a_message_tells_what_its_channel_is(server, audiences, told, is_public):
    assert await audiences.of_event(event("C1", told)) == Audience(Scope("slack", "TDOCENT", "C1"), is_public)
    assert server.calls == []


async def test_a_private_channel_shared_with_another_organisation_is_public(audiences):
    assert (await audiences.of_event(event("C1", "group", is_ext_shared_channel=True))).is_public


async def test_what_a_mention_does_not_tell_is_asked(server, audiences):
    assert not (await audiences.of_event(event("CSECRET", None))).is_public
    assert (await audiences.of_event(event("CGENERAL", None))).is_public
    assert not (await audiences.of_channel("DGRACE")).is_public
    assert len(server.calls_of("conversations.info")) == 2, "a direct message needs no question"


async def test_what_was_asked_is_good_for_a_minute(server, audiences, clock):
    assert not (await audiences.of_channel("CSECRET")).is_public
    server.state.channels["CSECRET"].kind = "channel"
    clock.now = 59.0
    assert not (await audiences.of_channel("CSECRET")).is_public
    clock.now = 61.0
    assert (await audiences.of_channel("CSECRET")).is_public


@pytest.mark.parametrize("failure", ["ratelimited", "channel_not_found", "internal_error"])
async def test_a_channel_of_which_nothing_can_be_learnt_is_public_until_it_can(server, audiences, failure):
    server.fail_next("conversations.info", failure)
    assert (await audiences.of_channel("CSECRET")).is_public
    assert not (await audiences.of_channel("CSECRET")).is_public


@pytest.mark.parametrize(
    ("said", "is_public"),
    [
        ({"is_channel": True, "is_private": False}, True),
        ({"is_group": True, "is_private": True}, False),
        ({"is_mpim": True}, False),
        ({"is_im": True}, False),
        ({"is_private": True, "is_ext_shared": True}, True),
        ({"is_private": True, "is_pending_ext_shared": True}, True),
        ({}, True),
    ],
)
def test_what_slack_says_of_a_channel(said, is_public):
    assert is_open(said) is is_public


async def test_every_way_to_ask_tells_who_reads(server):
    from tests.platforms.slack.adapter_desk import NotingDesk, running

    desk = NotingDesk()
    async with running(server, desk):
        server.state.add_channel("GGROUP", "mpdm-ada--grace-1", "UADA", "UGRACE", kind="mpim")
        for channel in ("CGENERAL", "CSECRET", "GGROUP"):
            await server.mention(channel, "UADA", "hello")
            await server.slash_command("UADA", channel, "/docent", "ask hello")
        await server.direct_message("UADA", "hello")
        await server.until(lambda: len(desk.sent) == 7)
        answer = desk.sent[desk.received[-1].key].ids[0].rpartition(":")
        await server.click("UADA", answer[0], answer[2], "evidence")
        await server.slash_command("UADA", "CSECRET", "/docent", "collections")
        await server.until(lambda: desk.presses and desk.commands)
    told = {(message.conversation.channel, message.audience.is_public) for message in desk.received if message.audience}
    assert told == {("CGENERAL", True), ("CSECRET", False), ("GGROUP", False), ("DADA", False)}
    assert len(desk.received) == 7
    assert desk.presses[0].audience is not None
    assert desk.commands[0].audience == Audience(Scope("slack", "TDOCENT", "CSECRET"), is_public=False)
