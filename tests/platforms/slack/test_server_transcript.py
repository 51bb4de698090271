"""A transcript shows what a person would see."""

from __future__ import annotations

from bot.simulate.slack_shapes import as_typed

ANSWER = [
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Friday* &amp; later. <https://example.com|page 3>\nAsk HR."},
    },
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "[1] leave.md"}]},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": {"type": "plain_text", "text": "👍"}, "value": "+"},
                "negative_button": {"text": {"type": "plain_text", "text": "👎"}, "value": "-"},
            }
        ],
    },
]


async def test_a_conversation_reads_as_in_slack(server, client):
    question = await server.mention("CGENERAL", "UADA", as_typed("when is leave > 3 days due?"))
    await client.reactions_add(channel="CGENERAL", timestamp=question.ts, name="eyes")
    ts = (await client.chat_postMessage(channel="CGENERAL", thread_ts=question.ts, text="Searching"))["ts"]
    await client.chat_update(channel="CGENERAL", ts=ts, text="An answer", blocks=ANSWER)
    await client.chat_postEphemeral(channel="CGENERAL", user="UADA", thread_ts=question.ts, text="Only you")
    await server.message("CGENERAL", "UGRACE", "thanks <@UADA>", thread_ts=question.ts)
    typo = await server.message("CGENERAL", "UGRACE", "lunhc")
    await server.edit_message("CGENERAL", typo.ts, "lunch")
    assert server.state.transcript("CGENERAL") == (
        "ada: @docent when is leave > 3 days due?\n"
        "    :eyes: 1\n"
        "    docent: *Friday* & later. page 3 (https://example.com)\n"
        "        Ask HR.\n"
        "        ———\n"
        "        [1] leave.md\n"
        "        [👍] [👎]\n"
        "    docent (only ada sees this): Only you\n"
        "    grace: thanks @ada\n"
        "grace: lunch (edited)"
    )


async def test_a_deleted_parent_keeps_its_thread(server, client):
    question = await server.message("CGENERAL", "UADA", "oops")
    await client.chat_postMessage(channel="CGENERAL", thread_ts=question.ts, text="An answer")
    await server.delete_message("CGENERAL", question.ts)
    assert server.state.transcript("CGENERAL") == "USLACKBOT: This message was deleted.\n    docent: An answer"


async def test_other_blocks_are_readable_too(server, client):
    words = [{"type": "text", "text": "one <b>"}, {"type": "user", "user_id": "UADA"}]
    cell = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}]}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Title"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "left"}, {"type": "plain_text", "text": "<right>"}]},
        {"type": "markdown", "text": "**bold**"},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"},
        {"type": "table", "rows": [[cell, {"type": "raw_text", "text": "two"}]]},
        cell,
    ]
    await client.chat_postMessage(channel="CGENERAL", text="x", blocks=blocks)
    assert server.state.transcript("CGENERAL") == (
        "docent: Title\n"
        "    left\n"
        "    <right>\n"
        "    **bold**\n"
        "    [image: a chart]\n"
        "    one <b>@ada | two\n"
        "    one <b>@ada"
    )
