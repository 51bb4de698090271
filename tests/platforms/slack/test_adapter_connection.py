"""Connecting to Slack, staying connected, saying why not; requests over HTTP instead of a socket."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.platforms.slack.app import HttpDoor
from core.errors import ConfigurationError, PlatformError
from tests.platforms.slack.adapter_desk import NotingDesk, platform_for, running

SECRET = "signing-secret"


@pytest.fixture
def desk():
    return NotingDesk()


async def test_the_desk_knows_the_surface_before_the_first_event(server, desk):
    platform = platform_for(server)
    assert platform.state == "connecting"
    said = await server.mention("CGENERAL", "UADA", "anybody there?")
    async with running(server, desk) as platform:
        await server.until(lambda: len(desk.sent) == 1)
        assert desk.resumed == [platform.surface]
        assert platform.state == "connected"
    assert desk.received[0].handle["ts"] == said.ts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slack_bot_token": "xoxb-wrong"}, r"auth\.test with invalid_auth; check SLACK_BOT_TOKEN"),
        ({"slack_app_token": "xapp-wrong"}, r"apps\.connections\.open with invalid_auth; check .*SLACK_APP_TOKEN"),
        ({"slack_app_token": "xoxb-simulated"}, r"not_allowed_token_type; .*xapp-"),
        ({"slack_api_url": "http://127.0.0.1:9/api/"}, r"did not answer auth\.test .*check the network"),
    ],
)
async def test_what_can_not_work_fails_at_once_with_a_remedy(server, desk, settings, message):
    platform = platform_for(server, **settings)
    with pytest.raises(PlatformError, match=message):
        await platform.run(desk)
    assert platform.state.startswith("failed: Slack ")
    assert desk.resumed == [] or "slack_app_token" in settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slack_bot_token": None}, "SLACK_BOT_TOKEN is not set"),
        ({"slack_app_token": None}, "neither SLACK_APP_TOKEN"),
        ({"slack_app_token": None, "slack_signing_secret": SECRET}, "neither SLACK_APP_TOKEN"),
        ({"slack_listen": "sometimes"}, "SLACK_LISTEN has 'sometimes'"),
    ],
)
def test_settings_that_can_not_work_are_refused(server, settings, message):
    with pytest.raises(ConfigurationError, match=message):
        platform_for(server, **settings)


async def test_a_token_that_is_revoked_ends_the_run_with_the_first_refused_call(server, desk):
    platform = platform_for(server)
    run = asyncio.create_task(platform.run(desk))
    await server.until(lambda: platform.state == "connected")
    server.state.token_error = "token_revoked"
    await server.mention("CGENERAL", "UADA", "hello")
    with pytest.raises(PlatformError, match="token_revoked; install the app again"):
        await asyncio.wait_for(run, 5)
    assert platform.state.startswith("failed: Slack refused")


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UDOCENT"]}}]
)
async def test_an_app_that_was_taken_out_ends_the_run(server, desk, event):
    platform = platform_for(server)
    run = asyncio.create_task(platform.run(desk))
    await server.until(lambda: platform.state == "connected")
    server.hub.deliver("events_api", callback(server, event))
    with pytest.raises(PlatformError, match="install the app again"):
        await asyncio.wait_for(run, 5)


def callback(server, event):
    return {"type": "event_callback", "event_id": "Ev1", "team_id": server.state.team_id, "event": event}


@pytest.mark.parametrize("how", ["drop", "refresh_requested"])
async def test_after_a_reconnect_nothing_is_lost_and_the_desk_looks_for_what_was_left(server, desk, how):
    async with running(server, desk) as platform:
        await server.mention("CGENERAL", "UADA", "one")
        await server.until(lambda: len(desk.sent) == 1)
        if how == "drop":
            await server.drop_connections()
        else:
            await server.disconnect("refresh_requested")
        await server.mention("CGENERAL", "UADA", "two")
        await server.until(lambda: len(desk.sent) == 2 and len(desk.resumed) == 2)
        await server.until(lambda: platform.state == "connected")
    assert desk.questions == ["one", "two"]


async def test_a_connection_that_stays_lost_ends_the_run(server, desk):
    platform = platform_for(server)
    platform._lost_seconds = 0.5
    run = asyncio.create_task(platform.run(desk))
    await server.until(lambda: platform.state == "connected")
    server.fail_next("apps.connections.open", "internal_error", times=100)
    await server.drop_connections()
    await server.until(lambda: platform.state == "connecting")
    with pytest.raises(PlatformError, match="no connection for"):
        await asyncio.wait_for(run, 5)


async def test_what_was_acknowledged_is_handed_over_before_the_run_ends(server, desk):
    going = asyncio.Event()

    async def slow(message):
        going.set()
        await asyncio.sleep(0.1)
        desk.received.append(message)

    desk.receive = slow
    async with running(server, desk):
        await server.mention("CGENERAL", "UADA", "one")
        await going.wait()
    assert [message.text for message in desk.received][:1] == ["one"]


@pytest.fixture
async def address(server, desk):
    door = HttpDoor()
    application = web.Application()
    door.add_routes(application)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    assert await post(url, json.dumps({"type": "url_verification"})) == (503, "Docent is not connected to Slack yet.")
    async with running(server, desk, door, slack_app_token=None, slack_signing_secret=SECRET):
        yield url
    await runner.cleanup()


async def post(url: str, body: str, secret: str = SECRET, age: float = 0.0, kind: str = "application/json"):
    timestamp = str(int(time.time() - age))
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body) or "",
    }
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status, await response.text()


async def test_a_signed_event_is_answered_over_http(server, desk, address):
    said = await server.mention("CGENERAL", "UADA", "hello")
    assert await post(address, json.dumps(said.deliveries[0].payload)) == (200, "")
    await server.until(lambda: len(desk.sent) == 1)
    assert server.hub.connections == 0


async def test_a_command_and_a_press_come_over_http_too(server, desk, address):
    delivery = await server.slash_command("UADA", "CGENERAL", "/docent", "status")
    form = "application/x-www-form-urlencoded"
    assert (await post(address, urlencode(delivery.payload), kind=form))[0] == 200
    await server.until(lambda: "only ada" in server.state.transcript("CGENERAL"))
    press = {
        "type": "block_actions",
        "user": {"id": "UADA"},
        "team": {"id": "TDOCENT"},
        "response_url": delivery.payload["response_url"],
        "actions": [{"type": "button", "action_id": "up", "block_id": "b", "value": "7"}],
    }
    assert (await post(address, urlencode({"payload": json.dumps(press)}), kind=form))[0] == 200
    await server.until(lambda: [press.action for press in desk.presses] == ["up"])


@pytest.mark.parametrize(("secret", "age"), [("another secret", 0.0), (SECRET, 3600.0)])
async def test_an_unsigned_or_old_request_is_refused(server, desk, address, secret, age):
    said = await server.mention("CGENERAL", "UADA", "hello")
    assert (await post(address, json.dumps(said.deliveries[0].payload), secret, age))[0] == 401
    assert desk.received == []


async def test_slack_can_verify_the_address(address):
    assert await post(address, json.dumps({"type": "url_verification", "challenge": "abc"})) == (
        200,
        '{"challenge": "abc"}',
    )
