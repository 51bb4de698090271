"""Replies as Discord messages: Markdown of any origin, without power, within every limit."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from bot.messages import RUN_ACTIONS, Action, Footnote, Reply
from bot.platforms.discord.markdown import to_discord
from bot.platforms.discord.render import Json, custom_id, opening, render, render_text, utf16_length
from bot.simulate.discord_validation import check_message

GAP = "\u200b"


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("# One\n\n### Three\n\n##### Five", "# One\n\n### Three\n\n**Five**"),
        ("**bold** and _slanted_ and ~~gone~~", "**bold** and *slanted* and ~~gone~~"),
        ("- one\n  - two\n- three", "- one\n  - two\n- three"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> said\n> so", "> said\n> so"),
        ("```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("    indented code", "```\nindented code\n```"),
        ("use `max_tokens`", "use `max_tokens`"),
        ("one\n\n---\n\ntwo", "one\n\n⸻\n\ntwo"),
        ("[leave](https://docs.example/a)", "[leave](<https://docs.example/a>)"),
        ("<https://docs.example/a>", "<https://docs.example/a>"),
        ("![plan](https://docs.example/a.png)", "[plan](<https://docs.example/a.png>)"),
        ("[leave](../people/leave.md)", "leave (../people/leave.md)"),
        ("[mail](mailto:hr@docs.example)", "mail (mailto:hr@docs.example)"),
        ("[https://a.example](https://b.example)", "<https://a.example> (<https://b.example>)"),
        ("You get 25 days [1][2].", "You get 25 days [1][2]."),
    ],
)
def test_markdown_becomes_what_discord_shows(markdown: str, shown: str) -> None:
    assert to_discord(markdown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://docs.example/a_b_c, please.", "see <https://docs.example/a_b_c>, please."),
        ("(https://docs.example/a_(b))", "(<https://docs.example/a_(b)>)"),
        ("@everyone and @here", f"@{GAP}everyone and @{GAP}here"),
        ("`@everyone`", f"`@{GAP}everyone`"),
        (r"\<@1> \<@!2> \<@&3> \<#4>", f"<{GAP}@1> <{GAP}@!2> <{GAP}@&3> <{GAP}#4>"),
        ("&lt;@1&gt;", f"<{GAP}@1>"),
        ("</ask:5> <:wave:6> <a:wave:7>", f"<{GAP}/ask:5> <{GAP}:wave:6> <{GAP}a:wave:7>"),
        (r"<t:1:R> \<id:home>", f"<{GAP}t:1:R> <{GAP}id:home>"),
        ("<!channel> <b>bold</b>", "<!channel> <b>bold</b>"),
        (r"\*\*not bold\*\*", r"\*\*not bold\*\*"),
        ("max_tokens is 3 * 4", "max_tokens is 3 * 4"),
        ("a ||secret|| here", r"a \|\|secret\|\| here"),
        (r"\# no heading", r"\# no heading"),
        ("[1]: https://docs.example stays", "[1]: <https://docs.example> stays"),
        ("[a](javascript:alert(1))", r"[a\](javascript:alert(1))"),
        (r"C:\Users\me", r"C:\Users\me"),
    ],
)
def test_text_loses_its_power_and_keeps_its_look(text: str, shown: str) -> None:
    assert to_discord(text) == shown


def test_code_cannot_end_its_block() -> None:
    assert to_discord("````\n```\n@everyone\n```\n````") == (f"```\n``{GAP}`\n@{GAP}everyone\n``{GAP}`\n```")


def test_an_answer_that_is_still_growing_keeps_its_fences_balanced() -> None:
    assert to_discord("Run:\n\n```sh\nmake") == "Run:\n\n```sh\nmake\n```"


def test_code_in_a_quote_stands_beside_it_so_that_it_can_be_cut() -> None:
    assert to_discord("> said\n> ```\n> x\n> ```") == "> said\n```\nx\n```"


def test_a_table_is_aligned_in_a_code_block() -> None:
    table = "| Kind | Days |\n|---|---:|\n| *Annual* | 25 |\n| 病気 | `all` |"
    assert to_discord(table) == "```\nKind   | Days\n-------+-----\nAnnual | 25\n病気   | all\n```"


def test_a_table_that_is_too_wide_becomes_a_list() -> None:
    wide = "word " * 10
    assert to_discord(f"| A | B |\n|---|---|\n| {wide}| {wide}|") == f"- **A**: {wide.strip()}; **B**: {wide.strip()}"


@pytest.mark.parametrize("of_runs", [False, True])
def test_the_buttons_name_action_and_question(of_runs: bool) -> None:
    actions = tuple(action for action in get_args(Action) if (action in RUN_ACTIONS) is of_runs)
    [message] = render(Reply("final", "Yes.", actions=actions, question_id=12))
    buttons = [button for row in message["components"] for button in row["components"]]
    assert [button["custom_id"] for button in buttons] == [custom_id(action, 12) for action in actions]
    check_message(message)


def test_the_one_who_is_mentioned_is_called_and_nobody_else() -> None:
    [message] = render(Reply("final", "please help <@7> and @everyone", mention="42"))
    assert message["content"].startswith("<@42> please help <")
    assert "<@7>" not in message["content"]
    assert message["allowed_mentions"] == {"parse": [], "users": ["42"]}
    check_message(message)
    assert render(Reply("final", "please help"))[0]["allowed_mentions"] == {"parse": []}


def test_without_a_question_there_are_no_buttons() -> None:
    [message] = render(Reply("final", "Sorry.", actions=("up",)))
    assert message["components"] == []


def test_the_status_stands_small_under_a_growing_answer_and_not_under_a_final_one() -> None:
    reply = Reply("working", "You have", "2 ahead\nof *you*")
    assert render(reply)[0]["content"] == "You have\n\n-# 2 ahead of \\*you\\*"
    assert render(replace(reply, stage="final"))[0]["content"] == "You have"


def test_an_edit_takes_away_what_is_no_longer_there() -> None:
    [message] = render(Reply("final", "Stopped."))
    assert (message["embeds"], message["components"]) == ([], [])


def test_a_reply_without_a_word_is_still_a_message() -> None:
    [message] = render(Reply("working", ""))
    assert message["content"] == "…"


def test_many_long_sources_take_several_messages_each_within_the_limits() -> None:
    notes = tuple(
        Footnote(
            number, f"a folder/with a long name/{'x' * 150}.md, lines {number}-{number}", f"https://d.example/{number}"
        )
        for number in range(1, 60)
    )
    messages = render(Reply("final", "See below.", "", notes, ("up",), 3))
    for message in messages:
        check_message(message)
    described = "\n".join(embed["description"] for message in messages for embed in message["embeds"])
    assert all(f"**[{number}]**" in described for number in range(1, 60))
    assert [bool(message["components"]) for message in messages] == [False] * (len(messages) - 1) + [True]


def test_a_source_whose_link_is_no_web_address_is_named_without_it() -> None:
    notes = (Footnote(1, "a.md", "file:///etc/a.md"), Footnote(2, "b.md", "https://d.example/b (1).md"))
    [message] = render(Reply("final", "Yes.", "", notes))
    assert message["embeds"][0]["description"] == "**[1]** a.md\n**[2]** [b.md](<https://d.example/b%20%281%29.md>)"


def test_sources_can_stand_in_the_text() -> None:
    [message] = render(Reply("final", "Yes.", "", (Footnote(1, "a.md"),)), embeds=False)
    assert message["content"] == "Yes.\n\n**Sources**\n**[1]** a.md"
    assert message["embeds"] == []


def test_previews_are_suppressed_wherever_we_show_no_embed_of_our_own() -> None:
    code = "```\ncurl https://d.example\n```"
    answer, sources = render(Reply("final", code, "", (Footnote(1, "a.md"),)))
    assert (answer["flags"], answer["embeds"]) == (4, [])
    assert (sources["flags"], sources["content"]) == (0, "")


@pytest.mark.parametrize(
    "text", ["word " * 3000, "x" * 9000, "😀" * 5000, "```\n" + "line\n" * 2000 + "```", "- a\n" * 2500]
)
def test_whatever_its_length_a_text_arrives_whole_within_the_limits(text: str) -> None:
    messages = render_text(text)
    for message in messages:
        check_message(message)
        assert utf16_length(message["content"]) + 250 <= 2000
        assert message["content"].count("```") % 2 == 0
    told = "".join(_letters(message) for message in messages)
    assert told == "".join(text.replace("```", "").split())


def test_the_line_above_an_answer_is_short_and_has_no_power() -> None:
    line = opening("5", "@here " + "*" * 300)
    assert line.startswith(f"> <@5> asked: @{GAP}here \\*")
    assert line.endswith("…\n")
    assert utf16_length(line) <= 250


def _letters(message: Json) -> str:
    return "".join(str(message["content"]).replace("```", "").split())
