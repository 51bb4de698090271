"""Messages, threads and reactions through the real library, and each refusal with Discord's own code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest

from bot.simulate.discord_errors import NotPossibleError
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Intent
from tests.platforms.discord.echo_bot import EchoBot, running


def text_channel(bot: EchoBot, channel: Channel) -> discord.TextChannel:
    found = bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


async def refused(call: Callable[[], Awaitable[object]]) -> tuple[int, int, str]:
    """Give the status, the code and the text that a call is refused with."""
    with pytest.raises(discord.HTTPException) as caught:
        await call()
    return caught.value.status, caught.value.code, caught.value.text


async def test_a_mention_is_heard_with_its_text_and_answered(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    await server.mention(ben, general, "are you there?")
    await server.until(lambda: "echo: @Docent are you there?" in server.transcript(general))
    assert server.transcript(general).split("\n")[1:] == [
        "ben: @Docent are you there?",
        "Docent (to ben): echo: @Docent are you there?",
    ]


async def test_text_without_a_mention_is_empty_for_a_bot_without_the_content_intent(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    await server.message(ben, general, "just among us")
    await server.until(lambda: bot.heard)
    assert bot.heard[0].content == ""
    fetched = await text_channel(bot, general).fetch_message(bot.heard[0].id)
    assert fetched.content == ""


async def test_the_content_intent_opens_all_text() -> None:
    async with DiscordServer(granted=Intent.MESSAGE_CONTENT) as server:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        intents = discord.Intents.default()
        intents.message_content = True
        async with running(server, intents=intents) as bot:
            await server.message(ben, general, "just among us")
            await server.until(lambda: bot.heard)
            assert bot.heard[0].content == "just among us"


async def test_a_reply_with_a_ping_counts_as_a_mention_and_one_without_does_not(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    sent = await text_channel(bot, general).send("I am here")
    await server.reply(ben, general, sent.id, "thanks")
    await server.reply(ben, general, sent.id, "never mind", pinging=False)
    await server.until(lambda: [m.type for m in bot.heard].count(discord.MessageType.reply) >= 2)
    replies = [m for m in bot.heard if m.author.id == ben.id]
    assert [m.content for m in replies] == ["thanks", ""]
    assert replies[0].reference is not None
    assert replies[0].reference.message_id == sent.id


async def test_a_direct_message_is_heard_and_can_be_answered(server: DiscordServer, bot: EchoBot, ben: User) -> None:
    await server.direct_message(ben, "in private")
    await server.until(lambda: bot.heard)
    assert bot.heard[0].content == "in private"
    assert bot.heard[0].guild is None
    await bot.heard[0].channel.send("at your service")
    assert server.transcript(server.state.direct_channel(ben)) == "@ben\nben: in private\nDocent: at your service"


async def test_the_bot_can_open_a_direct_message_unless_the_user_takes_none(
    server: DiscordServer, bot: EchoBot, ben: User, cleo: User
) -> None:
    await (await bot.fetch_user(ben.id)).send("psst")
    assert "Docent: psst" in server.transcript(server.state.direct_channel(ben))
    cleo.accepts_direct_messages = False
    stranger = await bot.fetch_user(cleo.id)
    assert (await refused(lambda: stranger.send("psst")))[:2] == (403, 50007)


async def test_threads_of_people_and_of_the_bot_carry_a_conversation(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    asked = await server.mention(ben, general, "a question")
    await server.until(lambda: bot.heard)
    thread = await bot.heard[0].create_thread(name="the answer")
    await thread.send("as follows")
    place = server.state.channels[thread.id]
    assert place.id == asked.id
    await server.thread_message(ben, place, f"{server.state.bot.mention} and then?")
    await server.until(lambda: "    Docent (to ben): echo: @Docent and then?" in server.transcript(general))
    assert isinstance(bot.heard[-1].channel, discord.Thread)
    other = await server.create_thread(ben, general, "another matter")
    await server.until(lambda: "thread another matter" in bot.happened)
    assert f"    ↳ {other.name}" in server.transcript(general)


async def test_edits_deletions_and_reactions_of_people_are_told(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    message = await server.mention(ben, general, "first")
    await server.edit_message(message, f"{server.state.bot.mention} second")
    await server.react(ben, message, "🎉")
    await server.delete_message(message)
    await server.until(lambda: "deleted" in bot.happened)
    assert bot.happened == [f"edited to {server.state.bot.mention} second", "reacted 🎉", "deleted"]
    assert "second" not in server.transcript(general)


async def test_another_bot_can_speak(server: DiscordServer, bot: EchoBot, general: Channel) -> None:
    await server.bot_message(general, f"{server.state.bot.mention} beep")
    await server.until(lambda: bot.heard)
    assert bot.heard[0].author.bot
    assert bot.heard[0].content.endswith("beep")


async def test_reactions_typing_files_and_history_work(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    channel = text_channel(bot, general)
    asked = await server.mention(ben, general, "hello")
    async with channel.typing():
        message = await channel.fetch_message(asked.id)
        await message.add_reaction("👀")
    path = tmp_path_factory.mktemp("files") / "answer.txt"
    path.write_text("a long answer")
    await channel.send("see the file", file=discord.File(path))
    assert "    👀 1" in server.transcript(general)
    assert "    📎 answer.txt" in server.transcript(general)
    assert bot.user is not None
    await message.remove_reaction("👀", bot.user)
    await message.remove_reaction("👀", bot.user)
    assert "👀" not in server.transcript(general)
    assert [m.content async for m in channel.history(limit=1)] == ["see the file"]


async def test_a_message_of_ours_can_be_edited_and_deleted(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    message = await text_channel(bot, general).send("one", embed=discord.Embed(title="kept"))
    await message.edit(content="two")
    assert server.transcript(general).split("\n")[1:] == ["Docent: two (edited)", "    | **kept**"]
    await message.edit(suppress=True)
    assert "kept" not in server.transcript(general)
    await message.delete()
    assert server.transcript(general) == "#general"


def rows_of_buttons(count: int, **options: Any) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number in range(count):
        view.add_item(discord.ui.Button(**{"label": "x", "custom_id": f"id{number}"} | options))
    return view


FIELD_TOO_LONG = discord.Embed(title="t").add_field(name="n", value="v" * 1025)
MANY_FIELDS = discord.Embed(title="t", description="d")
for _ in range(24):
    MANY_FIELDS.add_field(name="n", value="v" * 250)


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"content": "x" * 2001}, "In content: Must be 2000 or fewer in length."),
        (
            {"embed": discord.Embed(description="x" * 4097)},
            "In embeds.0.description: Must be 4096 or fewer in length.",
        ),
        ({"embed": discord.Embed(title="x" * 257)}, "In embeds.0.title: Must be 256 or fewer in length."),
        ({"embed": FIELD_TOO_LONG}, "In embeds.0.fields.0.value: Must be between 1 and 1024 in length."),
        ({"embeds": [MANY_FIELDS]}, "In embeds: Embed size exceeds maximum size of 6000"),
        (
            {"embeds": [discord.Embed(description="x" * 3001)] * 2},
            "In embeds: Embed size exceeds maximum size of 6000",
        ),
        ({"embed": discord.Embed(title="t", url="file:///etc")}, "In embeds.0.url: Not a well formed URL."),
        ({"embed": discord.Embed()}, "In embeds.0.description: This field is required"),
        (
            {"view": rows_of_buttons(1, label="x" * 81)},
            "In components.0.components.0.label: Must be 80 or fewer in length.",
        ),
        (
            {"view": rows_of_buttons(2, custom_id="same")},
            "In components.0.components.1.custom_id: Component custom id cannot be duplicated",
        ),
        (
            {"allowed_mentions": {"parse": ["users"], "users": ["1"]}, "content": "x"},
            'In allowed_mentions: parse:["users"] and users: [ids...] are mutually exclusive.',
        ),
    ],
)
async def test_what_is_too_much_is_refused_with_the_field_that_has_it(
    server: DiscordServer, bot: EchoBot, general: Channel, sent: dict[str, Any], fault: str
) -> None:
    channel = text_channel(bot, general)
    if isinstance(sent.get("allowed_mentions"), dict):
        call = lambda: bot.http.request(  # noqa: E731
            discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=general.id), json=sent
        )
    else:
        call = lambda: channel.send(**sent)  # noqa: E731
    status, code, text = await refused(call)
    assert (status, code) == (400, 50035)
    assert fault in text
    assert server.transcript(general) == "#general"


@pytest.mark.parametrize(
    ("components", "fault"),
    [
        ([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x" * 101}]}], "100 in length"),
        ([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x"}]}], "This field is required"),
        ([{"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}], "A label or an emoji"),
        ([{"type": 1, "components": [{"type": 2, "style": 5, "label": "x", "url": "nowhere"}]}], "well formed URL"),
        ([{"type": 1, "components": []}], "Must be between 1 and 5 in length."),
        (
            [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": str(n)} for n in range(6)]}],
            "Must be between 1 and 5 in length.",
        ),
        (
            [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": str(n)}]} for n in range(6)],
            "In components: Must be 5 or fewer in length.",
        ),
        ([{"type": 2, "style": 1, "label": "x", "custom_id": "x"}], 'Value of field "type" must be one of (1,).'),
        ([{"type": 1, "components": [{"type": 3, "custom_id": "x", "options": []}]}], "between 1 and 25"),
        ([{"type": 1, "components": [{"type": 99}]}], 'Value of field "type" must be one of (2, 3, 5, 6, 7, 8).'),
        (
            [{"type": 1, "components": [{"type": 2, "style": 9, "label": "x", "custom_id": "x"}]}],
            "Value must be one of",
        ),
        ([{"type": 1, "components": [{"type": 5, "custom_id": str(n)} for n in range(2)]}], "do not fit in the row"),
    ],
)
async def test_buttons_that_discord_would_not_show_are_refused(
    bot: EchoBot, general: Channel, components: list[dict[str, object]], fault: str
) -> None:
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
    status, code, text = await refused(lambda: bot.http.request(route, json={"content": "x", "components": components}))
    assert (status, code) == (400, 50035)
    assert fault in text


async def test_an_empty_message_is_refused_also_by_an_edit(bot: EchoBot, general: Channel) -> None:
    channel = text_channel(bot, general)
    assert (await refused(lambda: channel.send("  ")))[:2] == (400, 50006)
    message = await channel.send("something")
    assert (await refused(lambda: message.edit(content="")))[:2] == (400, 50006)


async def test_what_is_gone_is_unknown(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    channel = text_channel(bot, general)
    message = await channel.send("here")
    await server.delete_message(server.state.messages[message.id])
    assert (await refused(lambda: message.edit(content="there")))[:2] == (404, 10008)
    assert (await refused(message.delete))[:2] == (404, 10008)
    assert (await refused(lambda: message.add_reaction("👀")))[:2] == (404, 10008)
    status, code, text = await refused(lambda: message.reply("to nothing"))
    assert (status, code) == (400, 50035)
    assert "In message_reference: Unknown message" in text
    await message.channel.send("soft", reference=message.to_reference(fail_if_not_exists=False))
    await server.delete_channel(general)
    assert (await refused(lambda: channel.send("anyone?")))[:2] == (404, 10003)


async def test_a_channel_that_the_bot_cannot_see_is_refused(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    channel = text_channel(bot, general)
    await server.set_permissions(general, server.state.bot, deny=Permission.VIEW_CHANNEL)
    assert (await refused(lambda: channel.send("hello?")))[:2] == (403, 50001)
    await server.mention(ben, general, "hear me?")
    await server.mention(ben, server.state.channel_named("random"), "and here?")
    await server.until(lambda: bot.heard)
    assert [message.clean_content for message in bot.asked] == ["@Docent and here?"]


@pytest.mark.parametrize(
    ("denied", "act"),
    [
        (Permission.SEND_MESSAGES, lambda channel, message: channel.send("x")),
        (Permission.EMBED_LINKS, lambda channel, message: channel.send(embed=discord.Embed(title="x"))),
        (Permission.ADD_REACTIONS, lambda channel, message: message.add_reaction("👀")),
        (Permission.READ_MESSAGE_HISTORY, lambda channel, message: message.add_reaction("👀")),
        (Permission.CREATE_PUBLIC_THREADS, lambda channel, message: message.create_thread(name="x")),
        (Permission.MANAGE_MESSAGES, lambda channel, message: message.delete()),
    ],
)
async def test_what_the_bot_may_not_do_is_refused(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel, denied: Permission, act: object
) -> None:
    channel = text_channel(bot, general)
    asked = await server.message(ben, general, "hello")
    message = await channel.fetch_message(asked.id)
    await server.set_permissions(general, server.state.bot, deny=denied)
    assert callable(act)
    assert (await refused(lambda: act(channel, message)))[:2] == (403, 50013)


async def test_messages_of_others_cannot_be_edited(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    asked = await server.message(ben, general, "hello")
    message = await text_channel(bot, general).fetch_message(asked.id)
    assert (await refused(lambda: message.edit(content="bye")))[:2] == (403, 50005)


async def test_replying_needs_the_message_history(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    await server.mention(ben, general, "hello")
    await server.until(lambda: bot.heard)
    await server.set_permissions(general, server.state.bot, deny=Permission.READ_MESSAGE_HISTORY)
    assert (await refused(lambda: bot.heard[0].reply("hello")))[1] == 160002


async def test_an_archived_thread_wakes_up_for_a_message_but_takes_no_edit(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    place = await server.create_thread(ben, general, "old")
    thread = await bot.fetch_channel(place.id)
    assert isinstance(thread, discord.Thread)
    message = await thread.send("before")
    await server.close_thread(place)
    assert (await refused(lambda: message.edit(content="after")))[:2] == (400, 50083)
    assert (await refused(lambda: message.add_reaction("👀")))[:2] == (400, 50083)
    await thread.send("awake")
    assert not place.archived


async def test_a_locked_thread_takes_nothing(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    place = await server.create_thread(ben, general, "closed")
    thread = await bot.fetch_channel(place.id)
    assert isinstance(thread, discord.Thread)
    await server.lock_thread(place)
    assert (await refused(lambda: thread.send("hello?")))[1] == 160005
    await server.close_thread(place, locked=True)
    assert (await refused(lambda: thread.send("hello?")))[1] == 50083
    with pytest.raises(NotPossibleError, match="may not write"):
        await server.thread_message(ben, place, "nor I")


async def test_a_message_has_one_thread(server: DiscordServer, bot: EchoBot, general: Channel) -> None:
    message = await text_channel(bot, general).send("start")
    await message.create_thread(name="one")
    assert (await refused(lambda: message.create_thread(name="two")))[:2] == (400, 160004)


async def test_a_private_thread_is_known_to_the_bot_once_it_is_mentioned_there(
    server: DiscordServer, bot: EchoBot, ben: User, cleo: User, general: Channel
) -> None:
    thread = await server.create_thread(ben, general, "secret", private=True)
    await server.thread_message(ben, thread, "between us")
    with pytest.raises(NotPossibleError, match="does not see"):
        await server.thread_message(cleo, thread, "and me")
    await server.mention(ben, thread, "come in")
    await server.until(lambda: bot.heard)
    assert [message.clean_content for message in bot.asked] == ["@Docent come in"]
    assert isinstance(bot.heard[0].channel, discord.Thread)


async def test_an_emoji_must_be_one(server: DiscordServer, bot: EchoBot, general: Channel) -> None:
    message = await text_channel(bot, general).send("x")
    assert (await refused(lambda: bot.http.add_reaction(general.id, message.id, "eyes")))[:2] == (400, 10014)


async def test_a_guild_that_the_bot_has_left_is_closed_until_it_is_back(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    assert general.guild is not None
    channel = text_channel(bot, general)
    await server.remove_from_guild(general.guild)
    await server.until(lambda: "left Acme" in bot.happened)
    assert (await refused(lambda: channel.send("hello?")))[:2] == (403, 50001)
    await server.add_to_guild(general.guild)
    await server.until(lambda: "joined Acme" in bot.happened)
    await text_channel(bot, general).send("back")


async def test_members_and_guilds_can_be_fetched(
    server: DiscordServer, bot: EchoBot, ada: User, general: Channel
) -> None:
    assert general.guild is not None
    guild = await bot.fetch_guild(general.guild.id)
    member = await guild.fetch_member(ada.id)
    assert member.name == "ada"
    assert member.guild_permissions.administrator
    assert (await refused(lambda: guild.fetch_member(1)))[:2] == (404, 10007)
    assert (await refused(lambda: bot.fetch_user(1)))[:2] == (404, 10013)
    assert (await refused(lambda: bot.fetch_guild(1)))[:2] == (404, 10004)
    assert [channel.name for channel in await guild.fetch_channels()] == ["general", "random", "leads"]


async def test_a_nonce_posts_once(bot: EchoBot, server: DiscordServer, general: Channel) -> None:
    channel = text_channel(bot, general)
    first, second = await asyncio.gather(channel.send("once", nonce="7"), channel.send("once", nonce="7"))
    assert first.id == second.id
    assert server.transcript(general).count("once") == 1


async def test_a_person_writes_only_where_they_may(server: DiscordServer, ben: User) -> None:
    with pytest.raises(NotPossibleError, match="does not see #leads"):
        await server.message(ben, server.state.channel_named("leads"), "let me in")
    with pytest.raises(NotPossibleError, match="no channel nowhere"):
        server.state.channel_named("nowhere")


async def test_fetched_messages_carry_their_reactions_and_their_thread(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    channel = text_channel(bot, general)
    message = await channel.send("start")
    await message.create_thread(name="more")
    await server.react(ben, server.state.messages[message.id], "👍")
    fetched = await channel.fetch_message(message.id)
    assert [(str(reaction.emoji), reaction.count, reaction.me) for reaction in fetched.reactions] == [("👍", 1, False)]
    assert fetched.thread is not None
    assert fetched.flags.has_thread


async def test_a_bot_that_starts_knows_the_open_threads_it_can_see(
    server: DiscordServer, ben: User, general: Channel
) -> None:
    await server.create_thread(ben, general, "open")
    await server.create_thread(ben, general, "secret", private=True)
    await server.close_thread(await server.create_thread(ben, general, "done"))
    async with running(server) as bot:
        assert [thread.name for thread in bot.guilds[0].threads] == ["open"]


async def test_the_bot_closes_its_own_threads_only(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    own = await (await text_channel(bot, general).send("start")).create_thread(name="own")
    await own.edit(name="renamed", archived=True)
    assert "    ↳ renamed (archived)" in server.transcript(general)
    assert (await refused(lambda: own.edit(name="again")))[:2] == (400, 50083)
    other = await bot.fetch_channel((await server.create_thread(ben, general, "other")).id)
    assert isinstance(other, discord.Thread)
    await other.join()
    assert (await refused(lambda: other.edit(archived=True)))[:2] == (403, 50013)
    assert (await refused(lambda: other.edit(locked=True)))[:2] == (403, 50013)
    route = discord.http.Route("POST", "/channels/{channel_id}/threads", channel_id=other.id)
    assert (await refused(lambda: bot.http.request(route, json={"name": "x"})))[:2] == (400, 50024)


async def test_history_is_read_in_both_directions_where_it_may_be(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    channel = text_channel(bot, general)
    sent = [await channel.send(str(number)) for number in range(4)]
    assert [m.content async for m in channel.history(before=sent[2])] == ["1", "0"]
    assert [m.content async for m in channel.history(after=sent[0], limit=2)] == ["1", "2"]
    await server.set_permissions(general, server.state.bot, deny=Permission.READ_MESSAGE_HISTORY)
    assert [m.content async for m in channel.history()] == []


async def test_the_bot_asks_about_its_guilds_and_their_roles(bot: EchoBot, general: Channel) -> None:
    assert [guild.name async for guild in bot.fetch_guilds()] == ["Acme"]
    assert [role.name for role in await bot.guilds[0].fetch_roles()] == ["@everyone", "admins", "on-call"]


async def test_components_v2_is_said_not_to_be_simulated(bot: EchoBot, general: Channel) -> None:
    view = discord.ui.LayoutView()
    view.add_item(discord.ui.TextDisplay("hello"))
    status, code, text = await refused(lambda: text_channel(bot, general).send(view=view))
    assert (status, code) == (400, 50035)
    assert "not components V2" in text
