"""What `docent doctor` finds out with the real slack_sdk, and what it says to click."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.platforms.slack.doctor import examine_slack
from bot.platforms.slack.findings import PURPOSES, manifest
from bot.settings import BotSettings
from tests.platforms.stranger import stranger

HTTP_MODE = {"slack_app_token": None, "slack_signing_secret": "a-signing-secret"}


def settings_for(server, **changes):
    values = {name.lower(): value for name, value in server.environment.items()} | changes
    return BotSettings(_env_file=None, **values)


async def examined(settings, seconds=10):
    """Give the findings by name; no secret may stand in any of them."""
    found = await examine_slack(settings, seconds)
    for secret in (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret):
        assert secret is None or secret.get_secret_value() not in str(found)
    assert all(finding.remedy for finding in found if finding.ok is False)
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


async def test_an_app_that_is_set_up_well_passes_every_check(server):
    found = await examined(settings_for(server))
    assert {name: finding.ok for name, finding in found.items()} == {
        "Slack": True,
        "Slack connection": True,
        "Slack scopes": True,
        "Slack channels": True,
        "Slack app settings": None,
    }
    assert found["Slack"].detail == "SLACK_BOT_TOKEN is valid: @docent in Example (https://example.slack.com/)"
    assert "connections:write" in found["Slack connection"].detail
    assert found["Slack channels"].detail == "in 3: #general, #random and #secret (private)"


async def test_nothing_is_changed_and_no_socket_is_opened(server):
    await examined(settings_for(server))
    assert [call.method for call in server.calls] == ["auth.test", "apps.connections.open", "users.conversations"]
    assert server.hub.connections == 0


async def test_what_the_api_does_not_tell_is_said_with_the_manifest_to_compare_with(server):
    settings = (await examined(settings_for(server)))["Slack app settings"]
    assert "slash commands, event subscriptions and interactivity" in settings.detail
    for wanted in ("App Manifest", "/docent", "app_mention", "message.im", "Interactivity is on", "Socket Mode is on"):
        assert wanted in settings.remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [("token_revoked", "Install App > Reinstall"), ("account_inactive", "Install App > Reinstall")],
)
async def test_a_bot_token_that_slack_took_back_has_to_be_made_anew(server, error, remedy):
    server.state.token_error = error
    found = await examined(settings_for(server))
    assert found["Slack"].ok is False
    assert error in found["Slack"].detail
    assert remedy in found["Slack"].remedy
    assert list(found) == ["Slack", "Slack connection"]
    assert found["Slack connection"].ok


async def test_a_wrong_bot_token_has_to_be_copied_again(server):
    found = (await examined(settings_for(server, slack_bot_token="xoxb-wrong")))["Slack"]
    assert found.ok is False
    assert "invalid_auth" in found.detail
    assert "Install App: copy the Bot User OAuth Token" in found.remedy


async def test_the_token_of_a_person_is_told_from_the_bots(server, monkeypatch):
    monkeypatch.setattr(server.state, "bot_id", "")
    found = (await examined(settings_for(server)))["Slack"]
    assert found.ok is False
    assert "token of a person" in found.detail


async def test_an_app_level_token_that_slack_does_not_know_has_to_be_generated(server):
    found = (await examined(settings_for(server, slack_app_token="xapp-wrong")))["Slack connection"]
    assert found.ok is False
    assert "SLACK_APP_TOKEN with invalid_auth" in found.detail
    assert "Basic Information > App-Level Tokens" in found.remedy


async def test_the_bot_token_in_the_place_of_the_app_level_token_is_refused(server):
    found = (await examined(settings_for(server, slack_app_token="xoxb-simulated")))["Slack connection"]
    assert found.ok is False
    assert "not_allowed_token_type" in found.detail
    assert "xapp-" in found.remedy


async def test_an_app_level_token_needs_connections_write(server):
    server.state.app_scopes = {"authorizations:read"}
    found = (await examined(settings_for(server)))["Slack connection"]
    assert found.ok is False
    assert found.detail == "SLACK_APP_TOKEN lacks the scope connections:write"
    assert "App-Level Tokens" in found.remedy


async def test_in_http_mode_the_signing_secret_takes_the_place_of_the_app_level_token(server):
    found = await examined(settings_for(server, **HTTP_MODE))
    assert found["Slack connection"].ok is None
    assert "SLACK_SIGNING_SECRET is set" in found["Slack connection"].detail
    assert "/slack/events" in found["Slack connection"].remedy
    assert "Socket Mode is off" in found["Slack app settings"].remedy
    assert "apps.connections.open" not in [call.method for call in server.calls]


async def test_without_either_there_is_no_way_for_events(server):
    found = (await examined(settings_for(server, slack_app_token=None)))["Slack connection"]
    assert found.ok is False
    assert "neither SLACK_APP_TOKEN" in found.detail


async def test_a_missing_bot_token_is_said_though_the_other_is_there(server):
    found = await examined(settings_for(server, slack_bot_token=None))
    assert found["Slack"].detail == "SLACK_BOT_TOKEN is missing"
    assert found["Slack connection"].ok


async def test_missing_scopes_are_named_with_what_each_is_for(server):
    server.state.scopes -= {"reactions:write", "im:history"}
    found = (await examined(settings_for(server)))["Slack scopes"]
    assert found.ok is False
    assert found.detail == (
        "missing: im:history (to hear direct messages), reactions:write (to show that a question was seen)"
    )
    assert "OAuth & Permissions > Scopes > Bot Token Scopes" in found.remedy
    assert "reinstall" in found.remedy


async def test_scopes_that_are_not_told_are_no_failure(server, monkeypatch):
    monkeypatch.setattr("bot.simulate.slack_http._answer", lambda state, call: web.json_response(call.answer))
    found = await examined(settings_for(server))
    assert found["Slack scopes"].ok is None
    assert "chat:write" in found["Slack scopes"].detail
    assert found["Slack channels"].ok


def test_every_scope_of_the_manifest_has_a_purpose():
    assert set(PURPOSES) == set(manifest()["oauth_config"]["scopes"]["bot"])


async def test_a_bot_in_no_channel_has_to_be_invited(server):
    for channel in server.state.channels.values():
        channel.members.discard(server.state.bot_user)
    found = (await examined(settings_for(server)))["Slack channels"]
    assert found.ok is False
    assert "in none" in found.detail
    assert "/invite @docent" in found.remedy


async def test_archived_channels_do_not_count(server):
    server.state.channels["CRANDOM"].is_archived = True
    assert "#random" not in (await examined(settings_for(server)))["Slack channels"].detail


async def test_many_channels_are_counted_page_by_page_and_not_all_named(server):
    for number in range(250):
        server.state.add_channel(f"C{number:04}", f"project-{number:03}")
    found = (await examined(settings_for(server)))["Slack channels"]
    assert found.detail.startswith("in 253: #general, ")
    assert found.detail.endswith("and 248 more")
    assert len(server.calls_of("users.conversations")) == 2


async def test_channels_are_asked_for_as_far_as_the_scopes_allow(server):
    server.state.scopes -= {"groups:read"}
    found = (await examined(settings_for(server)))["Slack channels"]
    assert found.ok
    assert found.detail == "in 2: #general and #random; without groups:read not all can be asked for"
    server.state.scopes -= {"channels:read"}
    found = (await examined(settings_for(server)))["Slack channels"]
    assert found.ok is None
    assert "without channels:read and groups:read" in found.detail


@pytest.mark.parametrize(
    ("method", "name"), [("apps.connections.open", "Slack connection"), ("users.conversations", "Slack channels")]
)
async def test_slacks_own_trouble_is_told_from_ours(server, method, name):
    server.fail_next(method, "ratelimited")
    found = (await examined(settings_for(server)))[name]
    assert found.ok is False
    assert "ratelimited" in found.detail
    assert "slack-status.com" in found.remedy


async def test_a_broken_gateway_page_is_no_answer(server):
    server.fail_next("users.conversations", status=503)
    found = await examined(settings_for(server))
    assert found["Slack channels"].ok is False
    assert "HTTP status 503" in found["Slack channels"].detail
    assert found["Slack app settings"]


async def test_a_code_that_nobody_has_heard_of_leads_to_the_reference(server):
    server.fail_next("auth.test", "who_knows")
    assert "Look who_knows up" in (await examined(settings_for(server)))["Slack"].remedy


async def test_a_network_that_does_not_answer_is_one_line(server):
    found = await examined(settings_for(server, slack_api_url="http://127.0.0.1:9/api/"))
    assert list(found) == ["Slack"]
    assert found["Slack"].ok is False
    assert "Cannot connect to host 127.0.0.1:9" in found["Slack"].detail
    assert "Check the network" in found["Slack"].remedy


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: web.Response(text="It works!"), "not Slack's API"),
        (lambda _: web.Response(text="<html>It works!</html>", content_type="text/html"), "HTTP status 200"),
        (lambda _: web.Response(text="{", content_type="application/json"), "HTTP status 200"),
        (lambda _: web.Response(text="no such page", status=404), "HTTP status 404"),
        (lambda _: web.json_response([]), "HTTP status 200"),
    ],
)
async def test_a_wrong_address_is_told_from_slack(answer, reason):
    async with stranger(answer) as url:
        found = await examined(official_settings(slack_api_url=f"{url}/api/"))
    assert list(found) == ["Slack"]
    assert reason in found["Slack"].detail
    assert "SLACK_API_URL" in found["Slack"].remedy


async def test_a_silent_server_is_given_up_after_the_time_limit():
    async with stranger(None) as url:
        found = await examined(official_settings(slack_api_url=f"{url}/api/"), seconds=1)
    assert list(found) == ["Slack"]
    assert "it took too long" in found["Slack"].detail


async def test_tokens_of_the_wrong_shape_are_not_sent_to_slack_itself():
    found = await examined(official_settings(slack_bot_token="xoxp-of-a-person-1234", slack_app_token="xapp-short"))
    assert found["Slack"].detail == "SLACK_BOT_TOKEN has the wrong shape, it should look like xoxb-..."
    assert found["Slack connection"].detail == "SLACK_APP_TOKEN has the wrong shape, it should look like xapp-..."


@pytest.mark.parametrize("token", ["xoxb-1234567890 # mine", "xoxb-1234567890\nxoxb", "xoxb-1234567890–"])
async def test_a_token_with_a_character_that_none_has_is_not_sent_anywhere(server, token):
    found = await examined(settings_for(server, slack_bot_token=token, slack_app_token=token))
    assert "holds a blank" in found["Slack"].detail
    assert "holds a blank" in found["Slack connection"].detail
    assert server.calls == []


def official_settings(**changes):
    tokens = {"slack_bot_token": "xoxb-1234567890-abc", "slack_app_token": "xapp-1-A1-1234567890"}
    return BotSettings(_env_file=None, **(tokens | changes))
