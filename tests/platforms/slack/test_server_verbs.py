"""What people do in the simulated workspace reaches the real slack-bolt as it does from Slack."""

from __future__ import annotations

import asyncio

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.simulate.slack_rules import SlackRules

impatient = pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.3)])


async def test_a_mention_arrives_as_two_events_with_one_ts(server, bot):
    said = await server.mention("CGENERAL", "UADA", "who are you?")
    await server.settled()
    mention, message = (delivery.payload for delivery in said.deliveries)
    assert [mention["event"]["type"], message["event"]["type"]] == ["app_mention", "message"]
    assert mention["event_id"] != message["event_id"]
    assert {(payload["event"]["channel"], payload["event"]["ts"]) for payload in (mention, message)} == {
        ("CGENERAL", said.ts)
    }
    assert "channel_type" not in mention["event"]
    assert mention["event"]["client_msg_id"] == message["event"]["client_msg_id"]


async def test_the_message_event_can_come_before_the_mention(server, bot):
    said = await server.mention("CGENERAL", "UADA", "hello", order="message_first")
    assert [delivery.event_type for delivery in said.deliveries] == ["message", "app_mention"]


async def test_a_mention_is_answered_in_its_thread(server, bot):
    said = await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: server.calls_of("chat.postMessage") != [])
    (reply,) = server.state.channels["CGENERAL"].replies(said.ts)
    assert (reply.user, reply.text) == (server.state.bot_user, "echo")


async def test_a_repeated_message_has_a_new_ts_and_the_same_client_msg_id(server, bot):
    first = await server.mention("CGENERAL", "UADA", "hello")
    client_msg_id = first.deliveries[0].payload["event"]["client_msg_id"]
    again = await server.mention("CGENERAL", "UADA", "hello", client_msg_id=client_msg_id)
    assert again.ts != first.ts
    assert again.deliveries[0].payload["event"]["client_msg_id"] == client_msg_id


async def test_direct_messages_come_as_message_events_only(server, bot):
    await server.direct_message("UADA", f"<@{server.state.bot_user}> hi")
    await server.until(lambda: "echo:" in server.state.transcript("DADA"))
    assert [event["channel_type"] for event in bot.heard] == ["im"]
    assert bot.events("app_mention") == []


async def test_what_was_typed_comes_as_rich_text_too(server, bot):
    said = await server.message("CGENERAL", "UADA", "<@UGRACE> a &lt; b <https://example.com|link>")
    (rich_text,) = said.deliveries[0].payload["event"]["blocks"]
    assert [element["type"] for element in rich_text["elements"][0]["elements"]] == ["user", "text", "link"]
    assert rich_text["elements"][0]["elements"][1]["text"] == " a < b "


async def test_a_reply_carries_the_parents_ts(server, bot):
    parent = await server.message("CGENERAL", "UADA", "one")
    reply = await server.message("CGENERAL", "UGRACE", "two", thread_ts=parent.ts)
    await server.settled()
    event = reply.deliveries[0].payload["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (parent.ts, "UADA")


async def test_an_edit_shows_both_versions(server, bot):
    said = await server.message("CGENERAL", "UADA", "before")
    await server.edit_message("CGENERAL", said.ts, "after")
    await server.settled()
    (event,) = bot.events("message", "message_changed")
    assert (event["previous_message"]["text"], event["message"]["text"]) == ("before", "after")
    assert event["message"]["ts"] == said.ts != event["ts"]
    assert event["message"]["edited"]["user"] == "UADA"


async def test_a_link_preview_is_a_change_that_nobody_edited(server, bot):
    said = await server.message("CGENERAL", "UADA", "see <https://example.com>")
    await server.unfurl_link("CGENERAL", said.ts, "https://example.com")
    await server.settled()
    (event,) = bot.events("message", "message_changed")
    assert "edited" not in event["message"]
    assert event["message"]["text"] == event["previous_message"]["text"]


async def test_a_deleted_message_is_gone(server, bot):
    said = await server.message("CGENERAL", "UADA", "oops")
    await server.delete_message("CGENERAL", said.ts)
    await server.settled()
    (event,) = bot.events("message", "message_deleted")
    assert (event["deleted_ts"], event["previous_message"]["text"]) == (said.ts, "oops")
    assert server.state.transcript("CGENERAL") == ""


async def test_a_deleted_parent_with_replies_becomes_a_tombstone(server, bot):
    said = await server.mention("CGENERAL", "UADA", "oops")
    await server.until(lambda: server.state.channels["CGENERAL"].replies(said.ts) != [])
    await server.delete_message("CGENERAL", said.ts)
    await server.settled()
    assert bot.events("message", "message_deleted") == []
    event = bot.events("message", "message_changed")[-1]
    assert event["message"]["subtype"] == "tombstone"
    assert event["previous_message"]["text"].endswith("oops")


async def test_another_bot_is_recognised_by_its_bot_id(server, bot):
    await server.bot_message("CGENERAL", f"<@{server.state.bot_user}> build failed")
    await server.bot_message("CGENERAL", "build passed", legacy=True)
    await server.settled()
    assert bot.events("app_mention")[0]["bot_id"] == "BBUILDER"
    (legacy,) = bot.events("message", "bot_message")
    assert "user" not in legacy


async def test_slack_bolt_ignores_the_events_of_its_own_messages(server, bot):
    await server.direct_message("UADA", "hi")
    await server.until(lambda: len(server.deliveries) == 2)
    await server.settled()
    assert server.deliveries[1].payload["event"]["bot_id"] == server.state.bot_id
    assert [event["text"] for event in bot.heard] == ["hi"]


async def test_a_channel_without_docent_only_sends_mentions(server, bot):
    server.state.channels["CGENERAL"].members.discard(server.state.bot_user)
    said = await server.mention("CGENERAL", "UADA", "hello")
    assert [delivery.event_type for delivery in said.deliveries] == ["app_mention"]
    await server.until(lambda: server.calls_of("chat.postMessage") != [])
    assert server.calls_of("chat.postMessage")[0].error == "not_in_channel"


async def test_events_without_their_scope_are_not_sent(server, bot):
    server.state.scopes -= {"channels:history", "app_mentions:read"}
    assert (await server.mention("CGENERAL", "UADA", "hello")).deliveries == ()


async def test_the_acknowledgement_of_a_command_is_shown_to_its_user_only(server, bot):
    delivery = await server.slash_command("UADA", "CGENERAL", "/docent", "status")
    await server.settled()
    assert delivery.response == {"text": "You said status."}
    assert server.state.transcript("CGENERAL") == "docent (only ada sees this): You said status."


async def test_a_response_url_answers_in_the_channel(server, bot):
    await server.slash_command("UADA", "CGENERAL", "/docent", "ask")
    await server.until(lambda: server.state.transcript("CGENERAL") != "")
    assert server.state.transcript("CGENERAL") == "docent: done"


async def test_a_response_url_wears_out(server, bot):
    delivery = await server.slash_command("UADA", "CGENERAL", "/docent", "status")
    hook = AsyncWebhookClient(delivery.payload["response_url"])
    answers = [await hook.send(text="again") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert answers[-1].body == "used_url"
    assert (await AsyncWebhookClient(hook.url + "0").send(text="x")).status_code == 404


async def test_a_response_url_can_delete_what_was_clicked(server, bot):
    ts = await echoed(server)
    delivery = await server.click("UADA", "CGENERAL", ts, "again")
    await AsyncWebhookClient(delivery.payload["response_url"]).send(delete_original=True)
    assert ts not in server.state.channels["CGENERAL"].messages


@impatient
async def test_a_command_that_nobody_acknowledges_fails_visibly_and_is_not_sent_again(server, bot):
    bot.held.clear()
    await server.slash_command("UADA", "CGENERAL", "/docent", "status")
    await server.settled()
    assert len(server.deliveries) == 1
    await server.until(lambda: "operation_timeout" in server.state.transcript("CGENERAL"))
    assert "Slack (only ada sees this)" in server.state.transcript("CGENERAL")


@impatient
async def test_a_command_without_a_connected_app_fails_visibly(server):
    await server.slash_command("UADA", "CGENERAL", "/docent")
    await server.until(lambda: "dispatch_failed" in server.state.transcript("CGENERAL"))


async def echoed(server) -> str:
    said = await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: server.state.channels["CGENERAL"].replies(said.ts) != [])
    return server.state.channels["CGENERAL"].replies(said.ts)[0].ts


async def test_a_click_brings_the_button_as_it_stands_in_the_message(server, bot):
    ts = await echoed(server)
    await server.click("UGRACE", "CGENERAL", ts, "again")
    await server.until(lambda: "clicked" in server.state.transcript("CGENERAL"))
    (body,) = bot.actions
    assert body["actions"][0]["value"] == "7"
    assert body["user"]["id"] == "UGRACE"
    assert (body["container"]["message_ts"], body["message"]["ts"], body["channel"]["id"]) == (ts, ts, "CGENERAL")
    assert server.state.message("CGENERAL", ts).blocks == []


async def test_feedback_buttons_send_the_value_of_the_side_that_was_chosen(server, bot):
    ts = await echoed(server)
    await server.click("UADA", "CGENERAL", ts, "feedback", "👎")
    await server.click("UADA", "CGENERAL", ts, "feedback", "good")
    await server.settled()
    assert [body["actions"][0]["value"] for body in bot.actions] == ["bad", "good"]
    assert bot.actions[0]["actions"][0]["type"] == "feedback_buttons"


async def test_nobody_can_click_what_is_not_there(server, bot):
    ts = await echoed(server)
    with pytest.raises(LookupError, match="again"):
        await server.click("UADA", "CGENERAL", ts, "delete_everything")
    with pytest.raises(LookupError, match="maybe"):
        await server.click("UADA", "CGENERAL", ts, "feedback", "maybe")


async def test_an_ephemeral_message_can_be_clicked_by_its_reader_and_replaced(server, bot, client):
    ts = (await client.chat_postEphemeral(channel="CGENERAL", user="UADA", text="?", blocks=[BUTTON]))["message_ts"]
    with pytest.raises(LookupError):
        await server.click("UGRACE", "CGENERAL", ts, "again")
    await server.click("UADA", "CGENERAL", ts, "again")
    await server.until(lambda: "clicked" in server.state.transcript("CGENERAL"))
    assert bot.actions[0]["container"]["is_ephemeral"] is True
    assert "message" not in bot.actions[0]


BUTTON = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "again", "text": {"type": "plain_text", "text": "Again"}}],
}


async def test_opening_the_home_tab_lets_the_app_publish_it(server, bot):
    await server.open_home("UADA")
    await server.until(lambda: "UADA" in server.state.homes)
    assert server.state.home("UADA") == "Ask me <anything>"
    assert "view" not in bot.events("app_home_opened")[0]
    await server.open_home("UADA")
    await server.settled()
    assert bot.events("app_home_opened")[1]["view"]["type"] == "home"


async def test_a_modal_is_opened_by_a_trigger_and_submitted(server, bot):
    ts = await echoed(server)
    await server.click("UADA", "CGENERAL", ts, "form")
    await server.until(lambda: server.state.views != {})
    refused = await server.view_submission("UADA", "reason_form", {"reason": {"text": {"value": ""}}})
    await server.settled()
    assert refused.response["response_action"] == "errors"
    await server.view_submission("UADA", "reason_form", {"reason": {"text": {"value": "wrong page"}}})
    await server.settled()
    assert len(bot.submitted) == 1
    with pytest.raises(LookupError):
        await server.view_submission("UGRACE", "reason_form", {})


async def test_a_trigger_opens_one_view_and_not_for_long(server, client):
    view = {"type": "modal", "callback_id": "x", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
    trigger = server.state.new_trigger("UADA")
    await client.views_open(trigger_id=trigger, view=view)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=view)
    late = server.state.new_trigger("UADA")
    server.state.triggers[late].created_at -= 4
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=late, view=view)


async def test_many_people_are_heard_one_after_the_other(server, bot):
    await asyncio.gather(*(server.mention("CGENERAL", "UADA", f"question {number}") for number in range(20)))
    await server.until(lambda: len(server.calls_of("chat.postMessage")) == 20)
    assert len({event["ts"] for event in bot.events("app_mention")}) == 20
