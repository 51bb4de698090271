"""Socket Mode as slack-bolt meets it: acknowledgements, redeliveries, lost connections, tickets."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulate.slack_rules import SlackRules

impatient = pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.3, retry_delays=(0.0, 0.02, 0.05))])


async def test_each_delivery_knows_when_it_was_acknowledged(server, bot):
    said = await server.mention("CGENERAL", "UADA", "hello")
    await server.settled()
    for delivery in said.deliveries:
        assert delivery.sent_at <= delivery.acked_at
        assert delivery.ack_seconds == delivery.acked_at - delivery.sent_at
        assert not delivery.given_up


@impatient
async def test_an_event_without_acknowledgement_comes_three_times_more(server, bot):
    bot.held.clear()
    said = await server.message("CGENERAL", "UADA", "hello")
    event_id = said.deliveries[0].event_id
    await server.until(lambda: len(server.deliveries_of(event_id)) == 4)
    await server.settled()
    attempts = server.deliveries_of(event_id)
    assert [attempt.retry_attempt for attempt in attempts] == [0, 1, 2, 3]
    assert [attempt.retry_reason for attempt in attempts] == ["", "timeout", "timeout", "timeout"]
    assert len({attempt.envelope_id for attempt in attempts}) == 4
    assert all(attempt.given_up for attempt in attempts)


@impatient
async def test_an_acknowledgement_ends_the_redeliveries(server, bot):
    bot.held.clear()
    said = await server.message("CGENERAL", "UADA", "hello")
    event_id = said.deliveries[0].event_id
    await server.until(lambda: len(server.deliveries_of(event_id)) == 2)
    bot.held.set()
    await server.settled()
    late, in_time = server.deliveries_of(event_id)
    assert late.given_up
    assert late.acked_at is not None
    assert not in_time.given_up


@pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.1, retry_delays=(0.3, 60.0, 300.0))])
async def test_a_late_acknowledgement_prevents_the_next_attempt(server, bot):
    bot.held.clear()
    said = await server.message("CGENERAL", "UADA", "hello")
    await server.until(lambda: said.deliveries[0].given_up)
    bot.held.set()
    await server.until(lambda: said.deliveries[0].acked_at is not None)
    await asyncio.sleep(0.4)
    assert server.deliveries == list(said.deliveries)


async def test_slack_bolt_sees_the_number_of_the_attempt_also_on_the_first(server, bot):
    said = await server.message("CGENERAL", "UADA", "hello")
    await server.settled()
    await server.redeliver(said.deliveries[0].event_id, retry_attempt=2, reason="timeout")
    await server.settled()
    assert bot.retry_numbers == ["0", "2"]
    assert [event["ts"] for event in bot.heard] == [said.ts, said.ts]


async def test_only_what_was_sent_can_be_redelivered(server):
    with pytest.raises(LookupError):
        await server.redeliver("Ev404")


async def test_an_event_of_a_moment_without_connection_waits_for_it(server, start_bot):
    said = await server.message("CGENERAL", "UADA", "anybody there?")
    bot = await start_bot()
    await server.settled()
    assert [event["ts"] for event in bot.heard] == [said.ts]


@pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.5, retry_delays=(0.0, 60.0, 300.0))])
async def test_an_attempt_that_nobody_could_take_is_not_sent_later(server, start_bot):
    said = await server.message("CGENERAL", "UADA", "anybody there?")
    await server.until(lambda: said.deliveries[0].given_up)
    bot = await start_bot()
    await server.settled()
    assert bot.retry_numbers == ["1"]
    assert said.deliveries[0].sent_at is None


async def test_after_a_cut_connection_the_bot_comes_back_and_hears_what_it_missed(server, bot):
    await server.drop_connections()
    said = await server.message("CGENERAL", "UADA", "hello?")
    await server.until(lambda: bot.heard != [])
    assert server.hub.connections == 2
    assert {event["ts"] for event in bot.heard} == {said.ts}


@impatient
async def test_a_connection_that_hangs_is_noticed_by_its_heartbeats(server, bot):
    await server.until(lambda: server.hub.sockets[0].pings != [])
    await server.drop_connections(silently=True)
    said = await server.message("CGENERAL", "UADA", "hello?")
    await server.until(lambda: bot.heard != [])
    assert server.deliveries_of(said.deliveries[0].event_id)[0].given_up
    assert server.hub.connections == 2


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_a_disconnect_message_makes_the_bot_connect_anew(server, bot, reason):
    await server.disconnect(reason)
    await server.until(lambda: server.hub.connections == 2)
    await server.message("CGENERAL", "UADA", "hello?")
    await server.until(lambda: bot.heard != [])


async def test_an_event_goes_to_one_socket_of_the_app(server, start_bot):
    bots = [await start_bot(), await start_bot()]
    for number in range(6):
        await server.message("CGENERAL", "UADA", f"message {number}")
    await server.settled()
    heard = [event["text"] for bot in bots for event in bot.heard]
    assert sorted(heard) == [f"message {number}" for number in range(6)]
    assert all(bot.heard for bot in bots)
    assert {delivery.socket for delivery in server.deliveries} == {1, 2}


async def test_a_ticket_is_good_for_one_connection(server):
    app = AsyncWebClient(base_url=server.api_url)
    url = (await app.apps_connections_open(app_token=server.state.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as websocket:
            assert (await websocket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_the_eleventh_socket_is_turned_away(server):
    app = AsyncWebClient(base_url=server.api_url)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            url = (await app.apps_connections_open(app_token=server.state.app_token))["url"]
            sockets.append(await session.ws_connect(url))
        assert (await sockets[9].receive_json())["num_connections"] == 10
        assert (await sockets[10].receive_json())["reason"] == "too_many_websockets"
        for socket in sockets:
            await socket.close()


async def test_socket_mode_wants_the_app_level_token(server, client):
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token="xapp-wrong")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=server.state.bot_token)


async def test_with_a_revoked_bot_token_slack_bolt_acknowledges_and_stays_silent(server, bot):
    server.state.token_error = "token_revoked"
    await server.mention("CGENERAL", "UADA", "hello")
    await server.settled()
    assert all(delivery.acked_at for delivery in server.deliveries)
    assert bot.heard == []
    assert {(call.method, call.error) for call in server.calls[1:]} == {("auth.test", "token_revoked")}


async def test_the_settings_lead_to_the_server(server):
    client = AsyncWebClient(server.environment["SLACK_BOT_TOKEN"], base_url=server.environment["SLACK_API_URL"])
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (server.state.bot_user, server.state.team_id)
    assert "chat:write" in answer.headers["X-OAuth-Scopes"].split(",")
