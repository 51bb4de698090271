"""Markdown and replies as Slack shows them, inside of its limits and without harm."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from bot.messages import Footnote, Reply
from bot.platforms.slack import app
from bot.platforms.slack.home import home_view
from bot.platforms.slack.limits import MinuteBudget, PostPace
from bot.platforms.slack.mrkdwn import to_mrkdwn
from bot.platforms.slack.render import mrkdwn_parts, render, render_question, render_text
from bot.platforms.slack.tables import without_tables
from bot.simulate.slack_blocks import check_blocks
from bot.simulate.slack_pings import pings_of


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** __bold__ *it* _it_ ***both*** ~~gone~~", "*bold* *bold* _it_ _it_ *_both_* ~gone~"),
        ("# Title with **bold** #", "*Title with bold*"),
        ("- one\n  * two\n    + three\n1. four", "• one\n  ◦ two\n    ▪ three\n1. four"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("> a < b\n> > deep", "> a &lt; b\n> deep"),
        ("---", "———"),
        ("`a < b` and `` x`y ``", "`a &lt; b` and `` x`y ``"),
        ("```python\nif a < b:\n    **x**\n```", "```\nif a &lt; b:\n    **x**\n```"),
        ("~~~\n```\n~~~", "```\n``\u200b`\n```"),
        ("```\nopen", "```\nopen\n```"),
        ("5*3*2, snake_case_name, a \\* b, 2 * 3 * 4", "5*3*2, snake_case_name, a * b, 2 * 3 * 4"),
        ("这是**重要**的", "这是\u200b*重要*\u200b的"),
        ("[1] says [guide](https://a.example/x_(y)?b=1&c=2)", "[1] says <https://a.example/x_(y)?b=1&amp;c=2|guide>"),
        ("[a](https://a.example/x|y)", "<https://a.example/x%7Cy|a>"),
        ("![chart](https://a.example/c.png)", "<https://a.example/c.png|chart>"),
        ("[guide](../guide.md) [top](#top)", "guide top"),
        ("[go](javascript:alert) array[0](x)", "[go](javascript:alert) array[0](x)"),
        ("see https://a.example/x. And <https://b.example>", "see <https://a.example/x>. And <https://b.example>"),
        ("[https://good.example](https://evil.example)", "<https://good.example> (<https://evil.example>)"),
        ("[a](https://a.example/|<!channel>)", "[a](<https://a.example/>|&lt;!channel&gt;)"),
        ("<!channel> <@U1> &lt;!here&gt; <b>", "&lt;!channel&gt; &lt;@U1&gt; &amp;lt;!here&amp;gt; &lt;b&gt;"),
    ],
)
def test_markdown_becomes_what_slack_can_show(markdown: str, expected: str) -> None:
    assert to_mrkdwn(markdown) == expected


def test_a_table_becomes_aligned_code() -> None:
    table = "Before\n\n| Day | **Open** |\n|---|:-:|\n| 月 | `9-17` |\n| [Fri](https://a.example) | a \\| b |\n\nAfter"
    assert without_tables(table) == (
        "Before\n\n"
        "```\n"
        "Day                      Open\n"
        "-----------------------  -----\n"
        "月                       9-17\n"
        "Fri (https://a.example)  a | b\n"
        "```\n\n"
        "After"
    )


def test_a_wide_table_becomes_a_list() -> None:
    table = f"| Name | Notes |\n| --- | --- |\n| Leave | {'long ' * 30}|\n| Sick | |"
    assert without_tables(table).strip() == f"- Name: Leave; Notes: {('long ' * 30).strip()}\n- Name: Sick"


@pytest.mark.parametrize("text", ["a | b\nc | d", "```\n| a | b |\n|---|---|\n```", "a\n---\nb", "| a |", "x | y\n~~~"])
def test_what_is_no_table_stays(text: str) -> None:
    assert without_tables(text) == text


def test_a_fence_on_one_line_is_code_in_a_line() -> None:
    assert without_tables("```pip install docent```") == "`pip install docent`"


PIECES = [
    *"*`_~!\\&|<>[]()#-",
    *("**", "```", "~~~", "](", "https://a.example/c", "<!channel>", "<@U1>", "\n", "\n\n", "- ", "> "),
    *("text ", "😀", "مرحبا", "|---|", "x | y\n--|--\n", "word" * 12, "`" * 40, "(x)", "    "),
]


@pytest.mark.parametrize("length", [60, 900, 3000])
def test_whatever_the_text_slack_takes_it_and_nobody_is_pinged(length: int) -> None:
    chance = random.Random(length)
    for _ in range(25):
        text = "".join(chance.choice(PIECES) for _ in range(length))
        bodies = [
            *render(Reply("final", text, footnotes=(Footnote(1, text[:300], f"https://a.example/{text[:99]}"),))),
            *render_text(text),
            render_question("<@U1> *x*", text[:2000]),
        ]
        for body in bodies:
            check_blocks(body.blocks)
            assert len(body.text.encode("utf-16-le")) // 2 <= 3000
            assert pings_of([body.text], body.blocks) == []
            assert body.text.count("```") % 2 == 0


def test_every_word_of_a_long_text_arrives() -> None:
    words = [f"word{number}" for number in range(3000)]
    paragraphs = [" ".join(words[at : at + 40]) for at in range(0, len(words), 40)]
    text = "\n\n".join([*paragraphs[:30], "```", *paragraphs[30:50], "```", *(f"- {line}" for line in paragraphs[50:])])
    parts = mrkdwn_parts(text)
    assert " ".join(parts).replace("```", " ").replace("•", " ").split() == words
    assert max(map(len, parts)) <= 2800


def test_an_answer_ends_with_its_footnotes_and_buttons() -> None:
    notes = (
        Footnote(1, "leave.md, <Carry> over", "https://wiki.example/a?b&c"),
        Footnote(2, "rules & more.pdf, page 3"),
    )
    (body,) = render(Reply("final", "Yes [1][2].", "", notes, ("up", "down", "evidence"), 9))
    text, context, actions = body.blocks
    assert (body.text, text["text"]["text"]) == ("Yes [1][2].", "Yes [1][2].")
    assert context["elements"][0]["text"] == (
        "[1] <https://wiki.example/a?b&amp;c|leave.md, &lt;Carry&gt; over>\n[2] rules &amp; more.pdf, page 3"
    )
    assert [(button["action_id"], button["value"]) for button in actions["elements"]] == [
        ("up", "9"),
        ("down", "9"),
        ("evidence", "9"),
    ]


def test_many_footnotes_take_further_messages_and_the_buttons_come_last() -> None:
    notes = tuple(Footnote(number, f"document-{number}.md, " + "heading " * 40) for number in range(1, 31))
    bodies = render(Reply("final", "Yes.", "", notes, ("up",), 9))
    shown = json.dumps([body.blocks for body in bodies])
    assert all(f"[{number}] document-{number}.md" in shown for number in range(1, 31))
    assert [body.blocks[-1]["type"] == "actions" for body in bodies] == [False] * (len(bodies) - 1) + [True]
    for body in bodies:
        check_blocks(body.blocks)


def test_before_there_is_text_the_status_is_the_message() -> None:
    (body,) = render(Reply("working", "", status="Searching …", actions=("cancel",), question_id=9))
    assert (body.text, [block["type"] for block in body.blocks]) == ("Searching …", ["context", "actions"])


def test_without_a_question_there_are_no_buttons() -> None:
    (body,) = render(Reply("final", "Yes.", actions=("up",)))
    assert [block["type"] for block in body.blocks] == ["section"]


def test_nothing_to_show_is_no_message() -> None:
    assert render(Reply("final", "  \n")) == []


def test_mrkdwn_leaves_bare_names_and_addresses_alone() -> None:
    (body,) = render(Reply("final", "@everyone #general", footnotes=(Footnote(1, "a.md"),)))
    assert [block.get("text", {}).get("verbatim", True) for block in body.blocks] == [True, True]
    assert body.blocks[1]["elements"][0]["verbatim"] is True
    assert body.blocks[0]["expand"] is True


def test_the_home_view_is_one_that_slack_takes() -> None:
    view = home_view("\n".join(f"- handbook-{number}: 12 documents" for number in range(300)), "Ask <me> & see.")
    check_blocks(view["blocks"], at_most=100, pointer="/view/blocks")
    assert "Ask &lt;me&gt; &amp; see." in json.dumps(view)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_posts_in_a_channel_come_three_at_once_and_then_one_a_second() -> None:
    clock = Clock()
    pace = PostPace(clock=clock)
    assert [pace.reserve("C1") for _ in range(5)] == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert pace.reserve("C2") == 0.0
    clock.now += 3.0
    assert [pace.reserve("C1") for _ in range(2)] == [0.0, 1.0]


def test_a_budget_holds_for_any_minute() -> None:
    clock = Clock()
    budget = MinuteBudget(3, clock)
    assert [budget.take(spare=2), budget.take(spare=2), budget.take(), budget.take(), budget.take()] == [
        True,
        False,
        True,
        True,
        False,
    ]
    clock.now += 62.0
    assert budget.left() == 3


MANIFEST = json.loads((Path(app.__file__).parent / "manifest.json").read_text(encoding="utf-8"))


def test_the_manifest_has_the_scopes_that_the_simulated_slack_asks_for() -> None:
    scopes = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    history = {f"{kind}:history" for kind in ("channels", "groups", "im", "mpim")}
    assert scopes >= {"app_mentions:read", "chat:write", "commands", "im:write", "reactions:write"} | history


def test_the_manifest_has_the_events_and_features_that_the_code_uses() -> None:
    settings, features = MANIFEST["settings"], MANIFEST["features"]
    assert set(settings["event_subscriptions"]["bot_events"]) == {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "tokens_revoked",
    }
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"]["is_enabled"]
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]
    assert [command["command"] for command in features["slash_commands"]] == ["/docent"]


def test_the_one_who_is_mentioned_is_called_and_nobody_else() -> None:
    [body] = render(Reply("final", "please help <@UOTHER> and <!channel>", mention="U42"))
    assert body.text.startswith("<@U42> please help")
    assert list(pings_of([body.text], body.blocks)) == ["@U42"]
    check_blocks(body.blocks)
    [hostile] = render(Reply("final", "please", mention="U42> <!channel"))
    assert "!channel" not in list(pings_of([hostile.text], hostile.blocks))
