"""What Discord's people see, drawn: markdown, embeds, buttons, replies, threads, what is for one person alone."""

from __future__ import annotations

from typing import Any

import pytest

from bot import wording
from bot.messages import Footnote, Reply
from bot.platforms.discord.render import render
from bot.simulate.discord_objects import (
    Channel,
    Interaction,
    InteractionKind,
    Mentions,
    Message,
    MessageFlag,
    MessageKind,
    User,
)
from bot.simulate.discord_page import drawn, screen, window
from bot.simulate.discord_page_parts import components_html, embed_html
from bot.simulate.discord_page_text import markdown
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_state import DiscordState
from tests.platforms.drawn_page import assert_harmless, parsed, seen, tags

HOSTILE = "'>\"><script>alert(1)</script><img src=x onerror=alert(1)> @everyone <@&1> \"' & </article></style>"


@pytest.fixture
def server() -> DiscordServer:
    return DiscordServer()


@pytest.fixture
def state(server: DiscordServer) -> DiscordState:
    return server.state


def post(
    state: DiscordState, channel: Channel, content: str = "", author: User | None = None, **fields: Any
) -> Message:
    message = Message(state.snowflakes.next(), channel, author or state.bot, content, **fields)
    state.messages[message.id] = message
    return message


def asked(state: DiscordState, channel: Channel, user: User, name: str = "ask") -> Interaction:
    return Interaction(state.snowflakes.next(), "token", InteractionKind.COMMAND, user, channel, {}, 0.0, name)


# --- text


def test_marks_are_shown_as_discord_formats_them(state: DiscordState) -> None:
    html = markdown(state, "**bold** *it* _it2_ __under__ ~~gone~~ ||hidden|| `code *x*` ``a ` b`` snake_case_name 2*3")
    assert [tags(html, name) for name in ("b", "i", "u", "s")] == [["bold"], ["it", "it2"], ["under"], ["gone"]]
    assert seen(html, "spoiler") == ["hidden"]
    assert tags(html, "code") == ["code *x*", "a ` b"]
    assert "snake_case_name 2*3" in seen(html)[0]


def test_marks_may_stand_inside_of_each_other_and_may_be_switched_off(state: DiscordState) -> None:
    html = markdown(state, r"**a *b* \*c\*** \*\*not\*\* \_not\_ \`not\` \<@1\>")
    assert tags(html, "b") == ["a b *c*"]
    assert tags(html, "i") == ["b"]
    assert seen(html) == ["a b *c* **not** _not_ `not` <@1>"]


def test_lines_become_headings_small_print_lists_and_quotes(state: DiscordState) -> None:
    html = markdown(
        state, "# One\n### Three\n-# small\n- item\n  goes on\n  - inner\n2. two\n> said\n> more\nplain\nlines\n\\# no"
    )
    assert [seen(html, kind) for kind in ("h1", "h3", "small", "depth0", "depth1")] == [
        ["One"],
        ["Three"],
        ["small"],
        ["•item\ngoes on", "2.two"],
        ["•inner"],
    ]
    assert tags(html, "blockquote") == ["said\nmore"]
    assert seen(html, "lines")[-1] == "plain\nlines\n# no"


def test_a_threefold_quote_lasts_to_the_end(state: DiscordState) -> None:
    assert tags(markdown(state, "before\n>>> one\ntwo"), "blockquote") == ["one\ntwo"]


def test_code_blocks_hold_characters_only(state: DiscordState) -> None:
    html = markdown(state, "see\n```python\nx = **1** <@1>\n```\nafter")
    assert tags(html, "pre") == ["x = **1** <@1>"]
    assert seen(html, "lines") == ["see", "after"]
    assert tags(markdown(state, r"\```not code```"), "pre") == []


def test_links_are_followed_to_the_web_only_and_names_are_put_in(state: DiscordState) -> None:
    general, ben = state.channel_named("general"), state.user_named("ben")
    (guild,) = state.guilds.values()
    role = next(role for role in guild.roles.values() if role.mentionable)
    html = markdown(
        state,
        f"[a **b**](<https://a.example/x>) [c](https://c.example) <https://d.example> https://e.example/f. "
        f"[bad](<javascript:alert(1)>) {ben.mention} <#{general.id}> <@&{role.id}> <@1> <:party:12> </ask:3> <t:0:d>",
    )
    assert [(one.get("href"), one.text_content()) for one in parsed(html).iter("a")] == [
        ("https://a.example/x", "a b"),
        ("https://c.example", "c"),
        ("https://d.example", "https://d.example"),
        ("https://e.example/f", "https://e.example/f"),
    ]
    assert seen(html, "mention") == ["@ben", "#general", "@on-call", "<@1>", "/ask"]
    assert ":party:" in html
    assert "1970" in tags(html, "time")[0]
    assert "<t:99" in seen(markdown(state, "<t:999999999999>"))[0]


def test_everyone_is_called_only_where_the_message_really_calls(state: DiscordState) -> None:
    assert seen(markdown(state, "@everyone"), "mention") == []
    assert seen(markdown(state, "@everyone @here", Mentions(everyone=True)), "mention") == ["@everyone"]
    assert seen(markdown(state, "@here", Mentions(here=True)), "mention") == ["@here"]


# --- what hangs under a message


def test_an_embed_shows_all_its_parts_and_fetches_none(state: DiscordState) -> None:
    html = embed_html(
        state,
        {
            "author": {"name": "<A>", "icon_url": "https://e.example/i.png"},
            "title": "Sources",
            "url": "https://e.example",
            "description": "**[1]** leave.md",
            "color": 0x12AB,
            "fields": [{"name": "<N>", "value": "*V*", "inline": True}, {"name": "M", "value": "W"}],
            "footer": {"text": "<F>"},
            "image": {"url": "https://e.example/p.png"},
        },
    )
    shown = [seen(html, kind) for kind in ("author", "headline", "description", "inline", "wide", "footnote")]
    assert shown == [["<A>"], ["Sources"], ["[1] leave.md"], ["<N>V"], ["MW"], ["<F>"]]
    assert [one.get("href") for one in parsed(html).iter("a")] == ["https://e.example"]
    assert "#0012ab" in html
    assert_harmless(html)


def test_buttons_and_menus(state: DiscordState) -> None:
    row = [
        {"type": 2, "style": 2, "emoji": {"name": "👍"}},
        {"type": 2, "style": 4, "label": "<Cancel>", "disabled": True},
        {"type": 3, "placeholder": "Pick"},
    ]
    html = components_html([{"type": 1, "components": row}])
    assert [seen(html, kind) for kind in ("button", "danger", "disabled", "menu")] == [
        ["👍", "<Cancel>", "Pick"],
        ["<Cancel>"],
        ["<Cancel>"],
        ["Pick"],
    ]


# --- messages and the window


def test_a_reply_shows_what_it_answers(state: DiscordState) -> None:
    general, ben = state.channel_named("general"), state.user_named("ben")
    first = post(state, general, "> **why** " + "x" * 200 + "\nmore", ben, kind=MessageKind.DEFAULT)
    answer = post(state, general, "so", kind=MessageKind.REPLY, replies_to=first)
    (line,) = seen(drawn(state, answer).html, "origin")
    assert "ben why xxx" in line
    assert line.endswith("…")
    first.deleted = True
    assert seen(drawn(state, answer).html, "origin") == [wording.DISCORD_PAGE_GONE]


def test_the_answer_to_a_command_says_who_used_it_and_that_it_is_coming(state: DiscordState) -> None:
    general, ben = state.channel_named("general"), state.user_named("ben")
    answer = post(
        state,
        general,
        kind=MessageKind.CHAT_INPUT_COMMAND,
        interaction=asked(state, general, ben),
        flags=MessageFlag.LOADING,
    )
    html = drawn(state, answer).html
    assert seen(html, "origin") == ["Bben used /ask"]
    assert seen(html, "thinking") == [wording.discord_page_thinking("Docent")]


async def test_what_is_for_one_person_alone_is_seen_by_that_person_alone(state: DiscordState) -> None:
    general, ben, ada = state.channel_named("general"), state.user_named("ben"), state.user_named("ada")
    post(state, general, "psst", flags=MessageFlag.EPHEMERAL, interaction=asked(state, general, ben))
    assert seen(window(state, general, ben), "only") == [wording.DISCORD_PAGE_ONLY]
    assert "psst" not in window(state, general, ada)
    assert screen(state, general, ada) == []


async def test_a_message_shows_reactions_files_edits_and_no_suppressed_embeds(
    server: DiscordServer, state: DiscordState
) -> None:
    general, ben = state.channel_named("general"), state.user_named("ben")
    message = await server.message(ben, general, "hi")
    await server.react(ben, message, "👍")
    await server.edit_message(message, "ho")
    message.attachments = [{"filename": "<a>.txt"}]
    message.embeds, message.flags = [{"title": "T"}], MessageFlag.SUPPRESS_EMBEDS
    shown = drawn(state, message)
    assert seen(shown.html, "reaction") == ["👍 1"]
    assert shown.reactions == {("👍", "ben")}
    assert seen(shown.html, "file") == ["📎 <a>.txt"]
    assert wording.PAGE_EDITED in shown.html
    assert seen(shown.html, "embed") == []
    assert [seen(drawn(state, one).html, "badge") for one in (message, post(state, general, "x"))] == [[], ["APP"]]


async def test_threads_stand_under_what_they_hang_on(server: DiscordServer, state: DiscordState) -> None:
    general, ben, ada = state.channel_named("general"), state.user_named("ben"), state.user_named("ada")
    first = await server.message(ben, general, "first")
    await server.message(ben, general, "last")
    thread = await server.create_thread(ben, general, "more", message=first)
    await server.thread_message(ben, thread, "inside")
    secret = await server.create_thread(ben, general, "secret", private=True)
    await server.thread_message(ben, secret, "hidden")
    text = seen(window(state, general, ben), "messages")[0]
    assert text.index("first") < text.index("inside") < text.index("last") < text.index("hidden")
    assert wording.page_messages(1) in text
    assert [one.html.count("hidden") for one in screen(state, general, ben)] == [0, 0, 0, 1]
    assert "hidden" not in window(state, general, state.user_named("cleo"))
    assert seen(window(state, thread, ada), "chosen")[-1] == "# general"


async def test_the_window_names_servers_channels_and_the_bot(server: DiscordServer, state: DiscordState) -> None:
    general, ben = state.channel_named("general"), state.user_named("ben")
    html = window(state, general, ben)
    assert seen(html, "chosen") == ["A", "# general"]
    assert "leads" not in html
    await server.direct_message(ben, "psst")
    direct = window(state, state.direct_channel(ben), ben)
    assert seen(direct, "title") == ["@ Docent"]
    assert seen(direct, "workspace") == [wording.DISCORD_PAGE_DIRECT]


def test_what_the_adapter_makes_of_a_hostile_document_does_nothing_in_the_page(state: DiscordState) -> None:
    general = state.channel_named("general")
    reply = Reply("final", f"{HOSTILE}\n\n> {HOSTILE}\n\n```\n{HOSTILE}\n```", footnotes=(Footnote(1, HOSTILE),))
    html = "".join(
        drawn(state, post(state, general, part["content"], embeds=part["embeds"])).html for part in render(reply)
    )
    assert_harmless(html)
    assert seen(html)[0].count("<script>alert(1)</script>") == 4
    assert seen(html, "mention") == []


@pytest.mark.parametrize("where", ["content", "embed", "button", "file", "name", "origin"])
def test_hostile_words_are_only_words_wherever_they_stand(state: DiscordState, where: str) -> None:
    general = state.channel_named("general")
    fields: dict[str, Any] = {
        "content": {},
        "embed": {"embeds": [{"title": HOSTILE, "author": {"name": HOSTILE}, "footer": {"text": HOSTILE}}]},
        "button": {"components": [{"type": 1, "components": [{"type": 2, "label": HOSTILE}]}]},
        "file": {"attachments": [{"filename": HOSTILE}]},
        "name": {"author": state.add_user(HOSTILE)},
        "origin": {"replies_to": post(state, general, HOSTILE, state.add_user(HOSTILE))},
    }[where]
    html = drawn(state, post(state, general, HOSTILE, **fields)).html
    assert_harmless(html)
    assert seen(html)[0].count("alert(1)") >= 2
