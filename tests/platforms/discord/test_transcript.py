"""What people see, as text."""

from __future__ import annotations

from bot.simulate.discord_objects import Channel, Message, MessageFlag, MessageKind
from bot.simulate.discord_people import People
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_state import DiscordState


def post(state: DiscordState, channel: Channel, content: str, **fields: object) -> Message:
    message = Message(state.snowflakes.next(), channel, state.bot, content, **fields)  # type: ignore[arg-type]
    state.messages[message.id] = message
    return message


async def test_messages_embeds_buttons_reactions_and_threads_are_shown() -> None:
    server = DiscordServer()
    state = server.state
    general, ben, cleo = state.channel_named("general"), state.user_named("ben"), state.user_named("cleo")
    on_call = next(role for role in state.guilds[general.guild.id].roles.values() if role.mentionable)  # type: ignore[union-attr]
    first = await server.message(ben, general, f"{cleo.mention} see <#{general.id}>, <@&{on_call.id}>\nand <@1>")
    await server.react(cleo, first, "👍")
    answer = post(
        state,
        general,
        "two\nlines",
        embeds=[
            {"author": {"name": "A"}, "title": "T", "description": "D", "fields": [{"name": "N", "value": "V"}]},
            {"footer": {"text": "F"}},
        ],
        components=[
            {
                "type": 1,
                "components": [
                    {"type": 2, "label": "Yes", "custom_id": "y"},
                    {"type": 2, "label": "No", "disabled": True},
                ],
            }
        ],
    )
    thread = await server.create_thread(ben, general, "more", message=answer)
    await server.thread_message(cleo, thread, "in the thread")
    await server.create_thread(ben, general, "aside")
    post(state, general, "", flags=MessageFlag.LOADING)
    deleted = await server.message(ben, general, "gone")
    await server.delete_message(deleted)
    assert server.transcript(general).split("\n") == [
        "#general",
        "ben: @cleo see #general, @on-call",
        "    and <@1>",
        "    👍 1",
        "Docent: two",
        "    lines",
        "    | A",
        "    | **T**",
        "    | D",
        "    | N: V",
        "    | F",
        "    [Yes] (No)",
        "    ↳ more",
        "    cleo: in the thread",
        "Docent: is thinking…",
        "    ↳ aside",
    ]


async def test_closed_threads_and_direct_messages_say_so() -> None:
    server = DiscordServer()
    ben, general = server.state.user_named("ben"), server.state.channel_named("general")
    for name, locked in (("done", False), ("shut", True)):
        thread = await server.create_thread(ben, general, name)
        await server.close_thread(thread, locked=locked)
    await server.direct_message(ben, "psst")
    assert server.transcript(general) == "#general\n    ↳ done (archived)\n    ↳ shut (locked)"
    assert server.transcript(server.state.direct_channel(ben)) == "@ben\nben: psst"


async def test_suppressed_embeds_are_not_shown() -> None:
    server = DiscordServer()
    general = server.state.channel_named("general")
    post(server.state, general, "x", embeds=[{"title": "T"}], flags=MessageFlag.SUPPRESS_EMBEDS)
    assert server.transcript(general) == "#general\nDocent: x"


async def test_a_reply_names_whom_it_answers_and_the_verbs_need_no_server() -> None:
    people: People = DiscordServer()
    ben, cleo, general = (
        people.state.user_named("ben"),
        people.state.user_named("cleo"),
        people.state.channel_named("general"),
    )
    first = await people.message(ben, general, "one")
    second = await people.reply(cleo, general, first.id, "two")
    assert second.kind is MessageKind.REPLY
    await people.edit_message(second, "three")
    assert second.previous == ["two"]


async def test_threads_outlive_their_first_message_and_private_ones_are_seen_by_their_members_only() -> None:
    server = DiscordServer()
    ben, cleo, general = (
        server.state.user_named("ben"),
        server.state.user_named("cleo"),
        server.state.channel_named("general"),
    )
    first = await server.message(ben, general, "first")
    await server.thread_message(ben, await server.create_thread(ben, general, "more", message=first), "second")
    await server.create_thread(ben, general, "secret", private=True)
    await server.delete_message(first)
    assert server.transcript(general, viewer=ben) == "#general\n    ↳ more\n    ben: second\n    ↳ secret"
    assert server.transcript(general, viewer=cleo) == "#general\n    ↳ more\n    ben: second"
