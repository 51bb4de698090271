"""What Slack's people see, drawn: every kind of block, threads, reactions, what is for one person alone."""

from __future__ import annotations

from typing import Any

import pytest

from bot import wording
from bot.messages import Footnote, Reply
from bot.platforms.slack.render import render
from bot.simulate.slack_page import drawn, screen, window
from bot.simulate.slack_page_blocks import blocks_html
from bot.simulate.slack_page_text import mrkdwn
from bot.simulate.slack_state import Message, SlackState, Status, Stream, example_workspace
from tests.platforms.drawn_page import assert_harmless, parsed, seen, tags

HOSTILE = (
    "'>\"><script>alert(1)</script><img src=x onerror=alert(1)> @everyone <!channel> <@UADA> \"' & </article></style>"
)


@pytest.fixture
def state() -> SlackState:
    return example_workspace(clock=lambda: 1_700_000_000.0)


def post(state: SlackState, text: str = "", user: str = "UDOCENT", **fields: Any) -> Message:
    bot = {"bot_id": "BDOCENT"} if user == state.bot_user else {}
    return state.add(Message("CGENERAL", state.next_ts(), user, text, **{**bot, **fields}))


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def block(state: SlackState, kind: str, **fields: Any) -> str:
    return blocks_html(state, [{"type": kind, **fields}])


# --- text


def test_mrkdwn_is_shown_as_slack_formats_it(state: SlackState) -> None:
    html = mrkdwn(state, "*bold* _italic_ ~gone~ `code <x|y>` 2*3*4 snake_case_name")
    assert [tags(html, name) for name in ("b", "i", "s", "code")] == [["bold"], ["italic"], ["gone"], ["code <x|y>"]]
    assert "2*3*4 snake_case_name" in seen(html)[0]


def test_marks_may_stand_inside_of_each_other(state: SlackState) -> None:
    html = mrkdwn(state, "*_both_* and *a <https://docs.example/x_y_z|link>*")
    assert tags(html, "i") == ["both"]
    assert tags(html, "b") == ["both", "a link"]
    assert [one.get("href") for one in parsed(html).iter("a")] == ["https://docs.example/x_y_z"]


def test_entities_are_characters_and_controls_are_names(state: SlackState) -> None:
    html = mrkdwn(state, "a &lt;b&gt; &amp; <@UADA>, <#CRANDOM>, <!here>, <!subteam^S1|@team>, <@UNOONE> :eyes: :what:")
    assert seen(html) == ["a <b> & @Ada, #random, @here, @team, @UNOONE 👀 :what:"]
    assert seen(html, "mention") == ["@Ada", "#random", "@here", "@team", "@UNOONE"]


def test_a_link_shows_its_label_and_only_the_web_can_be_followed(state: SlackState) -> None:
    html = mrkdwn(
        state, "<https://a.example/?x=1&amp;y=2|page &amp; line> <javascript:alert(1)|click> <mailto:a@b.example>"
    )
    assert [(one.get("href"), one.text) for one in parsed(html).iter("a")] == [
        ("https://a.example/?x=1&y=2", "page & line"),
        ("mailto:a@b.example", "a@b.example"),
    ]
    assert "click" in seen(html)[0]


def test_quotes_and_code_blocks_stand_apart(state: SlackState) -> None:
    html = mrkdwn(state, "before\n&gt; one\n> two\nafter\n```\nx = *1*\n&lt;y&gt;\n```\nlast")
    assert tags(html, "blockquote") == ["one\ntwo"]
    assert tags(html, "pre") == ["x = *1*\n<y>"]
    assert seen(html, "lines") == ["before", "one\ntwo", "after", "last"]


# --- blocks


def test_a_section_shows_text_fields_and_what_stands_beside_them(state: SlackState) -> None:
    menu = {"type": "overflow", "options": []}
    html = block(state, "section", text=marked("*left*"), fields=[plain("<f1>"), marked("_f2_")], accessory=menu)
    assert tags(html, "b") == ["left"]
    assert seen(html, "fields") == ["<f1>f2"]
    assert seen(html, "menu") == ["overflow"]


def test_headers_dividers_and_contexts(state: SlackState) -> None:
    elements = [marked("[1] *leave.md*"), plain(":eyes: <b>"), {"type": "image", "image_url": "u", "alt_text": "logo"}]
    html = blocks_html(
        state,
        [{"type": "header", "text": plain("Title")}, {"type": "divider"}, {"type": "context", "elements": elements}],
    )
    assert tags(html, "h4") == ["Title"]
    assert len(tags(html, "hr")) == 1
    assert seen(html, "context") == ["[1] leave.md👀 <b>logo"]


def test_buttons_feedback_and_menus(state: SlackState) -> None:
    html = blocks_html(
        state,
        [
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": plain("Show <evidence>"), "style": "primary"},
                    {"type": "static_select", "placeholder": plain("Pick")},
                ],
            },
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "positive_button": {"text": plain("👍")},
                        "negative_button": {"text": plain("👎")},
                    }
                ],
            },
        ],
    )
    assert seen(html, "button") == ["Show <evidence>", "Pick", "👍", "👎"]
    assert seen(html, "primary") == ["Show <evidence>"]
    assert seen(html, "menu") == ["Pick"]


def test_a_markdown_block_is_formatted_and_its_html_and_images_are_not_taken(state: SlackState) -> None:
    html = block(
        state,
        "markdown",
        text="# Head\n\n- **one**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![x](http://e/x.png) <b>raw</b>",
    )
    assert tags(html, "h1") == ["Head"]
    assert tags(html, "strong") == ["one"]
    assert tags(html, "td") == ["1", "2"]
    assert "<b>raw</b>" in seen(html)[0]
    assert_harmless(html)


def test_rich_text_shows_lists_code_quotes_styles_and_names(state: SlackState) -> None:
    def section(*elements: dict[str, Any]) -> dict[str, Any]:
        return {"type": "rich_text_section", "elements": list(elements)}

    words = [
        {"type": "text", "text": "<b> ", "style": {"bold": True}},
        {"type": "user", "user_id": "UADA"},
        {"type": "channel", "channel_id": "CRANDOM"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
        {"type": "emoji", "name": "eyes"},
        {"type": "link", "url": "https://e.example", "text": "there"},
        {"type": "link", "url": "javascript:x"},
        {"type": "date", "timestamp": 1, "fallback": "1 January"},
    ]
    html = block(
        state,
        "rich_text",
        elements=[
            section(*words),
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "elements": [section({"type": "text", "text": "i"})],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]},
        ],
    )
    assert seen(html, "lines")[0] == "<b> @Ada#random@S1@here👀therejavascript:x1 January"
    assert [tags(html, name) for name in ("b", "li", "pre", "blockquote")] == [["<b> "], ["i"], ["code"], ["said"]]
    assert_harmless(html)


def test_images_inputs_tasks_tables_and_unknown_blocks_are_named(state: SlackState) -> None:
    cell = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "<1>"}]}],
    }
    blocks = [
        {"type": "image", "image_url": "https://e.example/a.png", "alt_text": "a <chart>"},
        {"type": "input", "label": plain("Reason"), "element": {"type": "plain_text_input"}},
        {"type": "task_card", "task_id": "1", "title": "Search", "status": "in_progress"},
        {"type": "table", "rows": [[cell, {"type": "raw_text", "text": "two"}]]},
        {"type": "newest", "text": "<anything>"},
    ]
    html = blocks_html(state, blocks)
    assert seen(html, "block") == ["a <chart>", "Reason", "Search", "<1>two", "<anything>"]
    assert_harmless(html)


# --- messages and the window


def test_a_thread_stands_beside_the_channel_and_is_counted_under_its_parent(state: SlackState) -> None:
    question = post(state, "<@UDOCENT> when?", "UGRACE", client_msg_id="1")
    question.reactions["eyes"] = ["UDOCENT"]
    post(state, "Friday.", thread_ts=question.ts)
    post(state, "psst", thread_ts=question.ts, visible_to="UGRACE")
    post(state, "unrelated", "UADA")
    html = window(state, "CGENERAL", "UGRACE")
    channel, thread = (parsed(html).find_class(kind)[0].text_content() for kind in ("channel", "thread"))
    assert "@Docent when?" in channel
    assert wording.page_replies(1) in channel
    assert "unrelated" in channel
    assert "Friday." not in channel
    assert thread.index("@Docent when?") < thread.index("Friday.") < thread.index("psst")
    assert seen(html, "reaction") == ["👀 1", "👀 1"]
    assert seen(html, "chosen") == ["# general"]
    assert "secret" not in html


def test_what_is_for_one_person_alone_is_seen_by_that_person_alone(state: SlackState) -> None:
    post(state, "psst", visible_to="UGRACE")
    assert seen(window(state, "CGENERAL", "UGRACE"), "only") == [wording.SLACK_PAGE_ONLY]
    assert "psst" not in window(state, "CGENERAL", "UADA")
    assert screen(state, "CGENERAL", "UADA") == []


def test_a_message_says_who_wrote_it_and_what_became_of_it(state: SlackState) -> None:
    assert seen(drawn(state, post(state, "hi")).html, "badge") == ["APP"]
    assert seen(drawn(state, post(state, "hi", "UADA")).html, "badge") == []
    assert wording.PAGE_EDITED in drawn(state, post(state, "hi", "UADA", edited_by="UADA")).html
    assert seen(drawn(state, post(state, "gone", "USLACKBOT", is_tombstone=True)).html, "said") == ["gone"]
    assert "caret" in drawn(state, post(state, "growing", stream=Stream(state.clock()))).html
    attached = post(state, "", attachments=[{"pretext": "p", "text": "*t*"}, {"blocks": [{"type": "divider"}]}])
    assert seen(drawn(state, attached).html, "attachment") == ["pt", ""]


def test_the_status_of_a_thread_is_a_line_that_passes(state: SlackState) -> None:
    question = post(state, "when?", "UGRACE")
    post(state, "soon", "UADA", thread_ts=question.ts)
    state.statuses[("CGENERAL", question.ts)] = Status("is <looking>", [], state.clock())
    *_, status = screen(state, "CGENERAL", "UGRACE")
    assert (seen(status.html), status.passes) == (["Docent is <looking>"], True)
    assert seen(window(state, "CGENERAL", "UGRACE"), "status") == ["Docent is <looking>"]


def test_reactions_name_who_put_them(state: SlackState) -> None:
    message = post(state, "hi", "UADA", reactions={"eyes": ["UDOCENT"], "tada": ["UGRACE"]})
    assert drawn(state, message).reactions == {("eyes", "Docent"), ("tada", "Grace")}


def test_a_direct_conversation_carries_docents_name(state: SlackState) -> None:
    channel = state.direct_channel("UGRACE")
    state.add(Message(channel.id, state.next_ts(), "UGRACE", "hello"))
    html = window(state, channel.id, "UGRACE")
    assert seen(html, "title") == ["Docent"]
    assert seen(html, "chosen") == ["Docent"]


def test_what_the_adapter_makes_of_a_hostile_document_does_nothing_in_the_page(state: SlackState) -> None:
    (body,) = render(Reply("final", f"{HOSTILE}\n\n> {HOSTILE}\n\n`{HOSTILE}`", footnotes=(Footnote(1, HOSTILE),)))
    html = drawn(state, post(state, body.text, blocks=body.blocks)).html
    assert_harmless(html)
    assert seen(html)[0].count("<script>alert(1)</script>") == 4
    assert "mention" not in html


@pytest.mark.parametrize("kind", ["text", "plain", "markdown", "rich", "name", "task"])
def test_hostile_words_are_only_words_wherever_they_stand(state: SlackState, kind: str) -> None:
    blocks: list[dict[str, Any]] = {
        "text": [],
        "plain": [{"type": "header", "text": plain(HOSTILE)}],
        "markdown": [{"type": "markdown", "text": HOSTILE}],
        "rich": [{"type": "rich_text", "elements": [{"type": "text", "text": HOSTILE}]}],
        "name": [],
        "task": [{"type": "task_card", "title": HOSTILE, "status": HOSTILE}],
    }[kind]
    html = drawn(state, post(state, HOSTILE, blocks=blocks, username=HOSTILE if kind == "name" else "")).html
    assert_harmless(html)
    assert "alert(1)" in seen(html)[0]
