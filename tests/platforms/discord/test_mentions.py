"""Whom a message pings, by its text, its allowed_mentions and the permissions of its author."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.simulate.discord_objects import Channel, Message, MessageFlag, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.echo_bot import EchoBot

EVERYTHING = "@everyone @here <@&{role}> <@{ben}>"


def pinged(server: DiscordServer) -> list[tuple[str, int | None]]:
    return [(ping.kind, ping.target) for ping in server.state.pings]


@pytest.mark.parametrize(
    ("allowed", "kinds"),
    [
        (None, ["everyone", "here", "role", "user"]),
        (discord.AllowedMentions.all(), ["everyone", "here", "role", "user"]),
        (discord.AllowedMentions.none(), []),
        (discord.AllowedMentions(everyone=False), ["role", "user"]),
        (discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(1)]), []),
    ],
)
async def test_a_message_pings_what_its_allowed_mentions_allow(
    server: DiscordServer,
    bot: EchoBot,
    ben: User,
    general: Channel,
    allowed: discord.AllowedMentions | None,
    kinds: list[str],
) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    assert general.guild is not None
    role = next(role for role in general.guild.roles.values() if role.mentionable)
    text = EVERYTHING.format(role=role.id, ben=ben.id)
    options: dict[str, Any] = {} if allowed is None else {"allowed_mentions": allowed}
    message = await channel.send(text, **options)
    assert [kind for kind, _ in pinged(server)] == kinds
    assert message.mention_everyone is ("everyone" in kinds)
    assert [user.id for user in message.mentions] == ([ben.id] if "user" in kinds else [])


async def test_an_answer_to_an_interaction_pings_users_only_unless_it_asks_for_more(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    interaction = await server.slash_command(
        ben, general, "echo", {"text": f"@everyone <@{bot.application_id}> {ben.mention}"}
    )
    await server.until(lambda: interaction.callback)
    assert pinged(server) == [("user", ben.id)]


async def test_the_first_content_of_a_deferred_answer_pings_and_an_edit_only_highlights(
    server: DiscordServer, bot: EchoBot, ben: User, cleo: User, general: Channel
) -> None:
    bot.answer_after = 0.01
    await server.slash_command(ben, general, "slow", {"text": f"{ben.mention}{cleo.mention}"})
    await server.until(lambda: len(server.state.pings) == 2)
    assert [(ping.target, ping.edited) for ping in server.state.pings] == [(ben.id, False), (cleo.id, True)]


async def test_an_edit_is_parsed_anew_whatever_the_message_allowed(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("@everyone", allowed_mentions=discord.AllowedMentions.none())
    await message.edit(embed=discord.Embed(title="more"))
    assert pinged(server) == []
    await message.edit(content="@everyone!")
    assert pinged(server) == [("everyone", None)]
    assert server.state.pings[0].edited


async def test_a_reply_pings_its_author_unless_it_is_told_not_to(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    asked = await server.message(ben, general, "hello")
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.fetch_message(asked.id)
    await message.reply("quiet", mention_author=False)
    assert pinged(server) == []
    await message.reply("loud")
    assert pinged(server) == [("user", ben.id)]


async def test_without_permission_only_mentionable_roles_and_readers_are_pinged(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    assert general.guild is not None
    await server.set_permissions(general, server.state.bot, deny=Permission.MENTION_EVERYONE)
    await server.set_permissions(general, ben, deny=Permission.VIEW_CHANNEL)
    admins, on_call = [role for role in general.guild.roles.values() if role.name != "@everyone"]
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send(f"@everyone @here <@&{admins.id}> <@&{on_call.id}> {ben.mention}")
    assert pinged(server) == [("role", on_call.id)]


async def test_embeds_and_buttons_ping_no_one(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="@everyone", custom_id="x"))
    await channel.send(embed=discord.Embed(description=f"@everyone {ben.mention}"), view=view)
    assert pinged(server) == []


async def test_messages_of_people_are_no_pings_of_the_bot(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    await server.mention(ben, general, "@everyone")
    assert pinged(server) == []


@pytest.mark.parametrize(
    ("content", "flags", "links"),
    [
        ("see https://example.com/a, please", MessageFlag.NONE, ["https://example.com/a"]),
        ("see [a](https://example.com/a)", MessageFlag.NONE, ["https://example.com/a"]),
        ("see <https://example.com/a>", MessageFlag.NONE, []),
        ("see https://example.com/a", MessageFlag.SUPPRESS_EMBEDS, []),
    ],
)
def test_a_link_unfurls_unless_it_is_in_angle_brackets_or_embeds_are_suppressed(
    content: str, flags: MessageFlag, links: list[str]
) -> None:
    state = DiscordServer().state
    message = Message(1, state.channel_named("general"), state.bot, content, flags=flags)
    assert message.unfurls == links
