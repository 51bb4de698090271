"""Guards that stand behind other guards: each is tried where the others don't help."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Command, Press
from bot.platforms.slack.surface import SlackSurface
from bot.simulate.slack_events import app_mention, event_callback, message_posted
from bot.simulate.slack_rules import CALLS_PER_MINUTE, SlackRules
from bot.simulate.slack_state import Message
from core.errors import PlatformError
from tests.platforms.slack.adapter_desk import NotingDesk, platform_for, question, running


@pytest.fixture
def desk():
    return NotingDesk()


@pytest.fixture
async def platform(server, desk):
    async with running(server, desk) as platform:
        yield platform


async def test_without_a_clients_id_the_place_of_a_message_makes_its_events_one_question(server, platform, desk):
    said = server.state.add(Message("CGENERAL", server.state.next_ts(), "UADA", "<@UDOCENT> hello"))
    for event in (message_posted(server.state, said), app_mention(server.state, said)):
        server.hub.deliver("events_api", event_callback(server.state, event))
    await server.until(lambda: len(desk.sent) == 1)
    for delivery in list(server.deliveries):
        await server.redeliver(delivery.event_id)
    await server.mention("CGENERAL", "UADA", "next")
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.questions == ["hello", "next"]


@pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.3)])
async def test_commands_and_presses_are_acknowledged_also_while_the_desk_is_busy(server, platform, desk):
    busy = asyncio.Event()

    async def command(_command: Command) -> str:
        await busy.wait()
        return "Done."

    async def press(_press: Press) -> str:
        await busy.wait()
        return "Noted."

    await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    ts = next(iter(desk.sent.values())).ids[0].partition(":")[2]
    desk.command, desk.press = command, press
    given = await server.slash_command("UADA", "CGENERAL", "/docent", "status")
    pressed = await server.click("UADA", "CGENERAL", ts, "up")
    await server.settled()
    assert not given.given_up
    assert not pressed.given_up
    busy.set()
    await server.until(lambda: "Noted." in server.state.transcript("CGENERAL"))


async def test_a_missing_scope_is_named_with_its_remedy(server, platform, desk):
    server.state.scopes.discard("chat:write")
    desk.reply = None
    said = await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: desk.received != [])
    with pytest.raises(PlatformError, match=r"missing_scope; it needs chat:write.*: install the app again"):
        await platform.surface.whisper(question("CGENERAL", said.ts, said.ts), "psst")


async def test_a_bad_bot_token_ends_the_run_before_bolt_can_drop_an_event(server, desk):
    platform = platform_for(server, slack_bot_token="xoxb-wrong")
    with pytest.raises(PlatformError, match="invalid_auth"):
        await asyncio.wait_for(platform.run(desk), 5.0)
    assert desk.resumed == []


def test_one_growing_answer_stays_inside_the_tier_of_edits() -> None:
    assert 60 / SlackSurface.edit_seconds <= CALLS_PER_MINUTE["chat.update"]
