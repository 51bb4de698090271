"""Which texts would notify people in Slack, and which would not."""

from __future__ import annotations

import pytest

from bot.simulate.slack_pings import pings_of


@pytest.mark.parametrize(
    ("text", "pings"),
    [
        ("<!channel> <!here> <!everyone>", ["!channel", "!here", "!everyone"]),
        ("<!channel|all of you>", ["!channel"]),
        ("<@U024BE7LH> and <@W012A3CDE|ada>", ["@U024BE7LH", "@W012A3CDE"]),
        ("<!subteam^S012ABC|@editors>", ["!subteam^S012ABC"]),
        ("`<!here>`", ["!here"]),
        ("&lt;!channel&gt; &lt;@U024BE7LH&gt;", []),
        ("@channel @everyone @ada", []),
        ("<https://example.com|@channel> <#C012> <!date^1^{date}|then>", []),
        ("<!channel", []),
    ],
)
def test_only_real_control_sequences_ping(text, pings):
    assert pings_of([text], []) == pings


def test_names_in_bare_text_ping_when_slack_was_asked_to_find_them():
    found = pings_of(["hey @channel, @ada and mail@here.org, not @grace"], [], names={"ada": "UADA"})
    assert found == ["!channel", "@UADA"]


def test_blocks_ping_from_formatted_text_only():
    def with_text(kind: str) -> dict[str, str]:
        return {"type": kind, "text": "<!here>"}

    assert pings_of([], [{"type": "section", "text": with_text("mrkdwn")}]) == ["!here"]
    assert pings_of([], [{"type": "section", "fields": [with_text("mrkdwn")]}]) == ["!here"]
    assert pings_of([], [{"type": "context", "elements": [with_text("mrkdwn")]}]) == ["!here"]
    assert pings_of([], [with_text("markdown")]) == ["!here"]
    assert pings_of([], [{"type": "header", "text": with_text("plain_text")}]) == []


def test_rich_text_pings_by_its_elements():
    elements = [
        {"type": "text", "text": "<!channel>"},
        {"type": "user", "user_id": "UADA"},
        {"type": "broadcast", "range": "everyone"},
        {"type": "usergroup", "usergroup_id": "S1"},
    ]
    section = {"type": "rich_text_section", "elements": elements}
    assert pings_of([], [{"type": "rich_text", "elements": [section]}]) == ["@UADA", "!everyone", "!subteam^S1"]


async def test_a_posted_message_lists_whom_it_pinged(server, client):
    ts = (await client.chat_postMessage(channel="CGENERAL", text="<@UADA> &lt;!channel&gt;"))["ts"]
    assert [(ping.channel, ping.ts, ping.target) for ping in server.state.pings] == [("CGENERAL", ts, "@UADA")]


async def test_mentions_in_blocks_ping_as_well(server, client):
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}]
    await client.chat_postMessage(channel="CGENERAL", text="x", blocks=blocks)
    attached = [{"blocks": [{"type": "markdown", "text": "<!everyone>"}]}]
    await client.chat_postMessage(channel="CGENERAL", text="x", attachments=attached)
    assert [ping.target for ping in server.state.pings] == ["!here", "!everyone"]


async def test_an_update_adds_only_new_pings(server, client):
    ts = (await client.chat_postMessage(channel="CGENERAL", text="<@UADA>"))["ts"]
    await client.chat_update(channel="CGENERAL", ts=ts, text="<@UADA> <!here>")
    assert [ping.target for ping in server.state.pings] == ["@UADA", "!here"]


async def test_link_names_and_full_parsing_find_names(server, client):
    await client.chat_postMessage(channel="CGENERAL", text="@everyone")
    assert server.state.pings == []
    await client.chat_postMessage(channel="CGENERAL", text="@everyone", link_names=True)
    await client.chat_postMessage(channel="CGENERAL", text="@grace", parse="full")
    assert [ping.target for ping in server.state.pings] == ["!everyone", "@UGRACE"]


async def test_attachments_ping_too_and_ephemeral_messages_do_not(server, client):
    await client.chat_postEphemeral(channel="CGENERAL", user="UADA", text="<!channel>")
    assert server.state.pings == []
    await client.chat_postMessage(channel="CGENERAL", text="x", attachments=[{"text": "<!channel>"}])
    assert [ping.target for ping in server.state.pings] == ["!channel"]
