"""Commands, autocomplete, buttons and modals, answered by the real library."""

from __future__ import annotations

from collections.abc import Awaitable

import discord
import pytest

from bot.simulate.discord_errors import NotPossibleError
from bot.simulate.discord_limits import Limits
from bot.simulate.discord_objects import CallbackKind, Channel, MessageFlag, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.echo_bot import EchoBot, running


async def test_a_slash_command_reaches_its_handler_and_is_answered(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    interaction = await server.slash_command(ben, general, "echo", {"text": "hello"})
    await server.until(lambda: interaction.callback)
    assert interaction.callback is CallbackKind.MESSAGE
    assert interaction.acknowledged_after is not None
    assert "Docent (ben used /echo): echo: hello" in server.transcript(general)
    assert not bot.failures


async def test_a_subcommand_gets_its_options(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    await server.slash_command(ben, general, "memory forget", {"everything": True})
    await server.until(lambda: "forgotten, everything True" in server.transcript(general))


async def test_a_deferred_answer_is_shown_as_thinking_until_it_is_edited(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    bot.answer_after = 0.1
    interaction = await server.slash_command(ben, general, "slow", {"text": "forty-two words"})
    await server.until(lambda: interaction.callback)
    assert "is thinking…" in server.transcript(general)
    await server.until(lambda: "and that is all" in server.transcript(general))
    assert server.transcript(general).split("\n")[1:] == [
        "Docent (ben used /slow): forty-two words (edited)",
        "    | **Sources** <https://example.com/handbook>",
        "    | [1] Handbook: page 3",
        "    [👍 Good] [Shout] [Later]",
        "Docent (to Docent): and that is all",
    ]
    assert interaction.original is not None
    assert interaction.original.previous == ["forty-t"]


async def test_a_follow_up_right_after_a_deferral_fills_the_deferred_message(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    @bot.tree.command(description="Follow up", guild=discord.Object(bot.guild_id or 0))
    async def follow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("filled")

    await bot.tree.sync(guild=discord.Object(bot.guild_id or 0))
    interaction = await server.slash_command(ben, general, "follow")
    await server.until(lambda: "filled" in server.transcript(general))
    assert len(server.state.messages_in(general)) == 1
    assert interaction.original is not None
    assert interaction.original.ephemeral
    assert not interaction.original.loading


async def test_an_ephemeral_answer_is_seen_by_one_person_only(
    server: DiscordServer, bot: EchoBot, ben: User, cleo: User, general: Channel
) -> None:
    interaction = await server.slash_command(ben, general, "echo", {"text": "psst", "private": True})
    await server.until(lambda: interaction.callback)
    assert "(only ben sees this) (ben used /echo): echo: psst" in server.transcript(general)
    assert "psst" in server.transcript(general, viewer=ben)
    assert "psst" not in server.transcript(general, viewer=cleo)
    with pytest.raises(NotPossibleError, match="does not see message"):
        await server.click(cleo, general, interaction.messages[0].id, "echo:good")
    with pytest.raises(discord.NotFound) as caught:
        await bot.http.get_message(general.id, interaction.messages[0].id)
    assert caught.value.code == 10008


async def test_an_answer_after_the_deadline_is_refused_and_people_see_that_nothing_came() -> None:
    async with DiscordServer(limits=Limits(callback=0.05)) as server, running(server) as bot:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        bot.answer_after = 0.1
        interaction = await server.slash_command(ben, general, "echo", {"text": "too late"})
        await server.until(lambda: bot.failures)
        failure = bot.failures[0]
        assert isinstance(failure, discord.NotFound)
        assert (failure.status, failure.code) == (404, 10062)
        assert interaction.too_late
        assert "(only ben sees this) /echo: The application did not respond" in server.transcript(general)


async def test_a_token_expires() -> None:
    async with DiscordServer(limits=Limits(token=0.1)) as server, running(server) as bot:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        bot.answer_after = 0.15
        await server.slash_command(ben, general, "slow", {"text": "so late"})
        await server.until(lambda: bot.failures)
        failure = bot.failures[0]
        assert isinstance(failure, discord.HTTPException)
        assert (failure.status, failure.code) == (401, 50027)
        assert "is thinking…" in server.transcript(general)


async def test_a_token_opens_nothing_before_the_first_answer(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    bot.answer_after = 5
    interaction = await server.slash_command(ben, general, "echo", {"text": "wait"})
    webhook = discord.Webhook.partial(server.state.bot.id, interaction.token, client=bot)
    with pytest.raises(discord.NotFound) as caught:
        await webhook.send("too early", wait=True)
    assert caught.value.code == 10015


async def test_of_two_processes_with_one_token_only_one_can_answer(
    server: DiscordServer, ben: User, general: Channel
) -> None:
    async with running(server) as first, running(server) as second:
        await server.slash_command(ben, general, "echo", {"text": "once"})
        await server.until(lambda: first.failures or second.failures)
    failure = (first.failures + second.failures)[0]
    assert isinstance(failure, discord.HTTPException)
    assert (failure.status, failure.code) == (400, 40060)
    assert server.transcript(general).count("echo: once") == 1


async def test_autocomplete_offers_choices(server: DiscordServer, bot: EchoBot, ada: User, general: Channel) -> None:
    typed = await server.autocomplete(ada, general, "pick", "folder", "hr")
    await server.until(lambda: typed.choices is not None)
    assert [choice["value"] for choice in typed.choices or []] == ["hr0", "hr1", "hr2"]


async def test_more_than_25_choices_are_refused(
    server: DiscordServer, bot: EchoBot, ada: User, general: Channel
) -> None:
    typed = await server.autocomplete(ada, general, "pick", "folder", "many")
    await server.until(lambda: server.statuses[400])
    assert typed.choices is None


async def test_a_button_of_an_earlier_process_still_works(
    server: DiscordServer, ben: User, cleo: User, general: Channel
) -> None:
    async with running(server):
        asked = await server.slash_command(ben, general, "echo", {"text": "remember me"})
        await server.until(lambda: asked.callback)
    async with running(server):
        pressed = await server.click(cleo, general, asked.messages[0].id, "echo:good")
        await server.until(lambda: pressed.callback)
    assert "Docent (only cleo sees this) (to Docent): Thank you." in server.transcript(general)


async def test_a_button_changes_its_message_at_once_or_later(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    asked = await server.slash_command(ben, general, "echo", {"text": "hello"})
    await server.until(lambda: asked.callback)
    pressed = await server.click(ben, general, asked.messages[0].id, "echo:shout")
    await server.until(lambda: "ECHO: HELLO (edited)" in server.transcript(general))
    assert pressed.callback is CallbackKind.UPDATE
    pressed = await server.click(ben, general, asked.messages[0].id, "echo:later")
    await server.until(lambda: "later (edited)" in server.transcript(general))
    assert pressed.callback is CallbackKind.DEFERRED_UPDATE
    assert "[Shout]" not in server.transcript(general)
    with pytest.raises(NotPossibleError, match="nothing to press"):
        await server.click(ben, general, asked.messages[0].id, "echo:shout")


async def test_a_modal_can_be_filled_in(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    opened = await server.slash_command(ben, general, "why")
    await server.until(lambda: opened.modal)
    await server.submit_modal(opened, {"reason": "of reasons"})
    await server.until(lambda: "because of reasons" in server.transcript(general))


async def test_a_command_is_hidden_from_members_without_its_permission_unless_forced(
    server: DiscordServer, bot: EchoBot, ada: User, ben: User, general: Channel
) -> None:
    with pytest.raises(NotPossibleError, match="hidden from ben"):
        await server.slash_command(ben, general, "manage")
    await server.slash_command(ben, general, "manage", forced=True)
    await server.until(lambda: "refused" in server.transcript(general))
    await server.slash_command(ada, general, "manage")
    await server.until(lambda: "done" in server.transcript(general))


async def test_guild_commands_are_missing_in_direct_messages_and_global_ones_are_there(
    server: DiscordServer, ben: User
) -> None:
    direct = server.state.direct_channel(ben)
    async with running(server):
        with pytest.raises(NotPossibleError, match="not registered here"):
            await server.slash_command(ben, direct, "echo", {"text": "hello"})
    async with running(server, guild=False):
        await server.slash_command(ben, direct, "echo", {"text": "hello"})
        await server.until(lambda: "echo: hello" in server.transcript(direct))


async def test_a_client_sends_only_what_the_command_takes(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    for options, fault in (
        ({}, "wants the option text"),
        ({"text": "a", "other": 1}, "no option other"),
        ({"text": 1}, "does not take 1"),
        ({"text": "x" * 6001}, "6001 characters"),
    ):
        with pytest.raises(NotPossibleError, match=fault):
            await server.slash_command(ben, general, "echo", options)


async def test_an_interaction_in_a_locked_thread_cannot_be_answered(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    thread = await server.create_thread(ben, general, "closed soon")
    await server.close_thread(thread, locked=True)
    await server.slash_command(ben, thread, "echo", {"text": "anyone?"})
    await server.until(lambda: bot.failures)
    failure = bot.failures[0]
    assert isinstance(failure, discord.HTTPException)
    assert failure.code == 50083


async def test_flags_of_an_answer_are_kept(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    @bot.tree.command(description="Quiet", guild=discord.Object(bot.guild_id or 0))
    async def quiet(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("https://example.com", suppress_embeds=True)

    await bot.tree.sync(guild=discord.Object(bot.guild_id or 0))
    interaction = await server.slash_command(ben, general, "quiet")
    await server.until(lambda: interaction.callback)
    assert interaction.messages[0].flags is MessageFlag.SUPPRESS_EMBEDS


async def test_answers_and_follow_ups_can_be_read_edited_and_deleted(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    seen: list[str] = []

    @bot.tree.command(description="All of it", guild=discord.Object(bot.guild_id or 0))
    async def everything(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("one")
        seen.append((await interaction.original_response()).content)
        followed = await interaction.followup.send("two", wait=True)
        await followed.edit(content="three")
        seen.append((await interaction.followup.fetch_message(followed.id)).content)
        await followed.delete()
        await interaction.delete_original_response()
        await interaction.followup.edit_message(followed.id, content="four")

    await bot.tree.sync(guild=discord.Object(bot.guild_id or 0))
    await server.slash_command(ben, general, "everything")
    await server.until(lambda: bot.failures)
    assert seen == ["one", "three"]
    assert server.transcript(general) == "#general"
    failure = bot.failures[0]
    assert isinstance(failure, discord.NotFound)
    assert failure.code == 10008


async def test_a_deferred_answer_in_a_thread_that_was_archived_meanwhile_cannot_be_edited(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    bot.answer_after = 0.05
    thread = await server.create_thread(ben, general, "closed soon")
    interaction = await server.slash_command(ben, thread, "slow", {"text": "hello"})
    await server.until(lambda: interaction.callback)
    await server.close_thread(thread)
    await server.until(lambda: bot.failures)
    failure = bot.failures[0]
    assert isinstance(failure, discord.HTTPException)
    assert (failure.status, failure.code) == (400, 50083)


async def test_a_select_menu_hands_over_its_values(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    chosen: list[str] = []

    class Pick(discord.ui.View):
        @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label=name) for name in ("hr", "it")])
        async def pick(self, interaction: discord.Interaction, select: discord.ui.Select[Pick]) -> None:
            chosen.extend(select.values)
            await interaction.response.defer()

    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("which?", view=Pick())
    await server.click(ben, general, message.id, "pick", values=["it"])
    await server.until(lambda: chosen == ["it"])


async def test_a_callback_must_fit_its_interaction(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    bot.answer_after = 5
    interaction = await server.slash_command(ben, general, "echo", {"text": "wait"})
    path = "/interactions/{interaction_id}/{token}/callback"

    def answer(token: str, body: dict[str, object]) -> Awaitable[object]:
        route = discord.http.Route("POST", path, interaction_id=interaction.id, token=token)
        return bot.http.request(route, json=body)

    with pytest.raises(discord.HTTPException, match=r"Value must be one of \(4, 5, 9\)") as caught:
        await answer(interaction.token, {"type": 8})
    assert caught.value.code == 50035
    with pytest.raises(discord.NotFound) as caught:
        await answer("wrong", {"type": 5})
    assert caught.value.code == 10062
    assert await answer(interaction.token, {"type": 5}) == ""
    assert interaction.callback is CallbackKind.DEFERRED_MESSAGE


async def test_a_command_can_be_kept_out_of_a_channel_and_of_direct_messages(
    server: DiscordServer, ben: User, general: Channel
) -> None:
    async with running(server, guild=False) as bot:
        echo = bot.tree.get_command("echo")
        assert isinstance(echo, discord.app_commands.Command)
        echo.guild_only = True
        await bot.tree.sync()
        with pytest.raises(NotPossibleError, match="not offered in direct messages"):
            await server.slash_command(ben, server.state.direct_channel(ben), "echo", {"text": "hello"})
        await server.set_permissions(general, ben, deny=Permission.USE_APPLICATION_COMMANDS)
        with pytest.raises(NotPossibleError, match="may not use application commands"):
            await server.slash_command(ben, general, "echo", {"text": "hello"})


async def test_people_cannot_press_or_fill_in_what_is_not_there(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    with pytest.raises(NotPossibleError, match="no message 1"):
        await server.click(ben, general, 1, "echo:good")
    asked = await server.slash_command(ben, general, "echo", {"text": "hello"})
    with pytest.raises(NotPossibleError, match="opened no modal"):
        await server.submit_modal(asked, {})
    with pytest.raises(NotPossibleError, match="no subcommand remember"):
        await server.slash_command(ben, general, "memory remember")
    with pytest.raises(NotPossibleError, match="is no thread"):
        await server.thread_message(ben, general, "hello")
