"""Each refusal of the simulated Web API, as the real SDK reports it."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient


async def refused(call) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def error_of(call) -> str:
    return (await refused(call)).response["error"]


async def posted(client, **arguments) -> str:
    return (await client.chat_postMessage(**{"channel": "CGENERAL", "text": "hello", **arguments}))["ts"]


async def test_tokens_are_checked(server, client):
    assert await error_of(AsyncWebClient(base_url=server.api_url).auth_test()) == "not_authed"
    assert await error_of(AsyncWebClient("xoxb-wrong", base_url=server.api_url).auth_test()) == "invalid_auth"
    server.state.token_error = "token_revoked"
    assert await error_of(client.auth_test()) == "token_revoked"


async def test_a_method_that_slack_lacks_is_unknown(client):
    assert await error_of(client.api_call("chat.explode")) == "unknown_method"


async def test_a_missing_scope_is_named_beside_those_that_were_granted(server, client):
    server.state.scopes = {"im:read", "commands"}
    error = await refused(client.chat_postMessage(channel="CGENERAL", text="x"))
    assert error.response["error"] == "missing_scope"
    assert (error.response["needed"], error.response["provided"]) == ("chat:write", "commands,im:read")
    assert await error_of(client.conversations_info(channel="CGENERAL")) == "missing_scope"
    assert (
        await error_of(client.reactions_add(channel="CGENERAL", timestamp="1.000000", name="eyes")) == "missing_scope"
    )


async def test_each_sort_of_channel_is_asked_for_with_a_scope_of_its_own(server, client):
    server.state.scopes -= {"groups:read"}
    assert (await client.users_conversations(types="public_channel"))["channels"]
    both = await refused(client.users_conversations(types="public_channel,private_channel"))
    assert (both.response["error"], both.response["needed"]) == ("missing_scope", "groups:read")
    assert await error_of(client.users_conversations(types="secret_channel")) == "invalid_types"


async def test_the_scopes_of_the_used_token_come_in_a_header(server, client):
    assert "chat:write" in (await client.auth_test()).headers["x-oauth-scopes"].split(",")
    opened = await client.apps_connections_open(app_token=server.state.app_token)
    assert opened.headers["x-oauth-scopes"] == "connections:write"


async def test_posting_needs_a_channel_that_docent_is_in(server, client):
    server.state.add_channel("CELSEWHERE", "elsewhere", "UADA", with_bot=False)
    server.state.add_channel("CHIDDEN", "hidden", "UADA", kind="group", with_bot=False)
    server.state.add_channel("COLD", "old").is_archived = True
    for channel, error in {
        "CNOWHERE": "channel_not_found",
        "CELSEWHERE": "not_in_channel",
        "CHIDDEN": "channel_not_found",
        "COLD": "is_archived",
    }.items():
        assert await error_of(client.chat_postMessage(channel=channel, text="x")) == error
    server.state.scopes.add("chat:write.public")
    assert (await client.chat_postMessage(channel="CELSEWHERE", text="x"))["ok"]


async def test_a_channel_can_refuse_posts_and_a_thread_replies(server, client):
    server.state.channels["CRANDOM"].posting_error = "restricted_action"
    assert await error_of(client.chat_postMessage(channel="CRANDOM", text="x")) == "restricted_action"
    ts = await posted(client)
    server.state.lock_thread("CGENERAL", ts)
    locked = client.chat_postMessage(channel="CGENERAL", thread_ts=ts, text="x")
    assert await error_of(locked) == "restricted_action_thread_locked"


async def test_a_message_needs_content_of_one_sort(client):
    assert await error_of(client.api_call("chat.postMessage", json={"channel": "CGENERAL"})) == "no_text"
    both = client.chat_postMessage(channel="CGENERAL", text="x", markdown_text="y")
    assert await error_of(both) == "markdown_text_conflict"
    long = client.chat_postMessage(channel="CGENERAL", markdown_text="x" * 12_001)
    assert await error_of(long) == "msg_too_long"


async def test_posted_text_is_cut_and_updated_text_refused(server, client):
    ts = await posted(client, text="x" * 40_001)
    assert len(server.state.message("CGENERAL", ts).text) == 40_000
    assert await error_of(client.chat_update(channel="CGENERAL", ts=ts, text="x" * 4_001)) == "msg_too_long"
    assert (await client.chat_update(channel="CGENERAL", ts=ts, text="x" * 4_000))["ok"]


async def test_refused_blocks_are_pointed_at(client):
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    error = await refused(client.chat_postMessage(channel="CGENERAL", text="x", blocks=[section]))
    assert error.response["error"] == "invalid_blocks"
    assert error.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]
    assert await error_of(client.chat_postMessage(channel="CGENERAL", text="x", blocks="[{")) == "invalid_blocks_format"


async def test_threads_take_the_parents_ts_as_a_string(server, client):
    parent = await posted(client)
    reply = await posted(client, thread_ts=parent)
    assert await error_of(client.chat_postMessage(channel="CGENERAL", thread_ts=reply, text="x")) == (
        "cannot_reply_to_message"
    )
    assert await error_of(client.chat_postMessage(channel="CGENERAL", thread_ts="now", text="x")) == "invalid_thread_ts"
    number = {"channel": "CGENERAL", "text": "x", "thread_ts": float(parent)}
    assert await error_of(client.api_call("chat.postMessage", json=number)) == "invalid_arguments"


async def test_a_reply_to_a_message_that_is_gone_lands_in_the_channel(server, client):
    said = await server.message("CGENERAL", "UADA", "oops")
    await server.delete_message("CGENERAL", said.ts)
    answer = await client.chat_postMessage(channel="CGENERAL", thread_ts=said.ts, text="an answer")
    assert "thread_ts" not in answer["message"]
    assert server.state.transcript("CGENERAL") == "docent: an answer"


async def test_only_own_messages_that_are_there_can_be_changed(server, client):
    theirs = (await server.message("CGENERAL", "UADA", "mine")).ts
    assert await error_of(client.chat_update(channel="CGENERAL", ts=theirs, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel="CGENERAL", ts=theirs)) == "cant_delete_message"
    gone = await posted(client)
    await client.chat_delete(channel="CGENERAL", ts=gone)
    assert await error_of(client.chat_update(channel="CGENERAL", ts=gone, text="x")) == "message_not_found"
    assert await error_of(client.chat_delete(channel="CGENERAL", ts=gone)) == "message_not_found"
    reaction = client.reactions_add(channel="CGENERAL", timestamp=gone, name="eyes")
    assert await error_of(reaction) == "message_not_found"


async def test_ephemeral_messages_can_be_neither_changed_nor_seen_by_others(server, client):
    ts = (await client.chat_postEphemeral(channel="CGENERAL", user="UADA", text="psst"))["message_ts"]
    assert await error_of(client.chat_update(channel="CGENERAL", ts=ts, text="x")) == "message_not_found"
    assert (await client.conversations_history(channel="CGENERAL"))["messages"] == []
    absent = client.chat_postEphemeral(channel="CSECRET", user="UGRACE", text="psst")
    assert await error_of(absent) == "user_not_in_channel"


async def test_text_without_blocks_removes_the_blocks_there_were(server, client):
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "with a button"}}
    ts = await posted(client, blocks=[section])
    await client.api_call(
        "chat.update", json={"channel": "CGENERAL", "ts": ts, "blocks": [section, {"type": "divider"}]}
    )
    assert len(server.state.message("CGENERAL", ts).blocks) == 2
    await client.chat_update(channel="CGENERAL", ts=ts, text="plain")
    assert server.state.transcript("CGENERAL") == "docent: plain (edited)"


async def test_reactions_come_and_go_once(server, client):
    ts = await posted(client)
    arguments = {"channel": "CGENERAL", "timestamp": ts, "name": "eyes"}
    await client.reactions_add(**arguments)
    assert await error_of(client.reactions_add(**arguments)) == "already_reacted"
    assert (await client.conversations_history(channel="CGENERAL"))["messages"][0]["reactions"] == [
        {"name": "eyes", "users": [server.state.bot_user], "count": 1}
    ]
    await client.reactions_remove(**arguments)
    assert await error_of(client.reactions_remove(**arguments)) == "no_reaction"
    assert await error_of(client.reactions_add(**{**arguments, "name": ":eyes:"})) == "invalid_name"


async def test_the_status_of_a_thread_is_shown_until_docent_replies(server, client):
    ts = (await server.message("CGENERAL", "UADA", "hello")).ts
    status = {"channel_id": "CGENERAL", "thread_ts": ts, "status": "is thinking…"}
    await client.assistant_threads_setStatus(**status)
    assert server.state.transcript("CGENERAL") == "ada: hello\n    (docent is thinking…)"
    await posted(client, thread_ts=ts)
    assert server.state.status("CGENERAL", ts) == ""
    await client.assistant_threads_setStatus(**status)
    server.state.statuses["CGENERAL", ts].set_at -= 121
    assert server.state.status("CGENERAL", ts) == ""
    too_many = client.assistant_threads_setStatus(**status, loading_messages=["wait"] * 11)
    assert await error_of(too_many) == "invalid_arguments"
    nowhere = client.assistant_threads_setStatus(channel_id="CGENERAL", thread_ts="1.000000", status="x")
    assert await error_of(nowhere) == "invalid_thread_ts"


async def test_unfurl_flags_are_kept_with_the_message(server, client):
    quiet = server.state.message("CGENERAL", await posted(client, unfurl_links=False, unfurl_media=False))
    loud = server.state.message("CGENERAL", await posted(client))
    assert (quiet.unfurl_links, quiet.unfurl_media) == (False, False)
    assert (loud.unfurl_links, loud.unfurl_media) == (None, None)


async def test_conversations_can_be_looked_up(server, client):
    assert (await client.conversations_info(channel="CSECRET"))["channel"]["is_private"]
    assert set((await client.conversations_members(channel="CSECRET"))["members"]) == {"UADA", server.state.bot_user}
    both = await client.users_conversations(types="public_channel,private_channel")
    assert [channel["name"] for channel in both["channels"]] == ["general", "random", "secret"]
    assert (await client.users_info(user="UADA"))["user"]["is_admin"]
    assert await error_of(client.users_info(user="UNOBODY")) == "user_not_found"
    direct = (await client.conversations_open(users="UADA"))["channel"]["id"]
    assert (await client.conversations_info(channel=direct))["channel"]["user"] == "UADA"
    assert (await client.chat_postMessage(channel="UADA", text="hi"))["channel"] == direct
    assert await error_of(client.chat_update(channel="UADA", ts="1.000000", text="x")) == "channel_not_found"


async def test_threads_and_history_come_in_pages(server, client):
    parent = await posted(client, text="parent")
    for number in range(4):
        await posted(client, text=f"reply {number}", thread_ts=parent)
    pages = [
        [message["text"] for message in page["messages"]]
        async for page in await client.conversations_replies(channel="CGENERAL", ts=parent, limit=2)
    ]
    assert pages == [["parent", "reply 0"], ["reply 1", "reply 2"], ["reply 3"]]
    assert (await client.conversations_history(channel="CGENERAL"))["messages"][0]["reply_count"] == 4
    assert await error_of(client.conversations_replies(channel="CGENERAL", ts="1.000000")) == "thread_not_found"
    server.state.scopes.discard("channels:history")
    assert await error_of(client.conversations_history(channel="CGENERAL")) == "missing_scope"


async def test_history_can_be_cut_out_by_time(client):
    first, second, third = [await posted(client, text=text) for text in ("one", "two", "three")]

    async def texts(**bounds) -> list[str]:
        answer = await client.conversations_history(channel="CGENERAL", **bounds)
        return [message["text"] for message in answer["messages"]]

    assert await texts(latest=second, inclusive=True, limit=1) == ["two"]
    assert await texts(oldest=first, latest=third) == ["two"]
    assert await texts(oldest=second) == ["three"]


async def test_a_home_tab_takes_a_view_with_valid_blocks(client):
    assert await error_of(client.views_publish(user_id="UADA", view={"type": "modal"})) == "invalid_arguments"
    error = await refused(client.views_publish(user_id="UADA", view={"type": "home", "blocks": [{"type": "section"}]}))
    assert "/view/blocks/0" in error.response["response_metadata"]["messages"][0]


async def test_an_outdated_home_tab_is_not_overwritten(client):
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    first = (await client.views_publish(user_id="UADA", view=view))["view"]["hash"]
    assert (await client.views_publish(user_id="UADA", view=view, hash=first))["ok"]
    assert await error_of(client.views_publish(user_id="UADA", view=view, hash=first)) == "hash_conflict"


async def test_every_call_is_logged_with_its_arguments_and_answer(server, client):
    ts = await posted(client, text="hello")
    await error_of(client.chat_update(channel="CGENERAL", ts="1.000000", text="x"))
    post, update = server.calls
    assert (post.method, post.arguments["text"], post.answer["ts"], post.error) == ("chat.postMessage", "hello", ts, "")
    assert (update.method, update.error, update.status) == ("chat.update", "message_not_found", 200)
    assert post.at <= update.at
    assert "token" not in post.arguments
