"""Commands and buttons over real sockets: who sees what, who may, and what works after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.messages import Command, Reply, Sent
from bot.platforms.discord.surface import DiscordSurface
from bot.simulate.discord_errors import NotPossibleError
from bot.simulate.discord_objects import CallbackKind, Channel, User
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.adapter_desk import FINAL, RecordingDesk, serving


@pytest.fixture
async def desk(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RecordingDesk]:
    monkeypatch.setattr(DiscordSurface, "edit_seconds", 0.15)
    async with serving(server) as recording:
        yield recording


async def test_the_commands_appear_in_the_configured_server_only(server: DiscordServer, desk: RecordingDesk) -> None:
    [(scope, commands)] = server.state.commands.items()
    assert scope == next(iter(server.state.guilds))
    names = ["ask", "collections", "forget", "help", "reingest", "status"]
    assert sorted(command["name"] for command in commands.values()) == names


async def test_without_a_server_they_appear_everywhere_but_in_private_channels(server: DiscordServer) -> None:
    async with serving(server, guild=False):
        [(scope, commands)] = server.state.commands.items()
    assert scope is None
    assert all(command["contexts"] == [0, 1] for command in commands.values())


@pytest.mark.parametrize("name", ["status", "forget", "help"])
async def test_what_a_command_says_is_seen_by_its_giver_alone(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel, name: str
) -> None:
    await server.slash_command(ben, general, name)
    await server.until(lambda: "All is well." in server.transcript(general, viewer=ben))
    assert server.transcript(general, viewer=cleo) == "#general"
    [command] = desk.commanded
    assert (command.platform, command.name, command.user) == ("discord", name, str(ben.id))
    assert command.conversation.channel == str(general.id)


async def test_a_command_is_acknowledged_before_it_has_anything_to_say(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.hold.clear()
    given = await server.slash_command(ben, general, "status")
    await server.until(lambda: given.callback)
    assert given.callback is CallbackKind.DEFERRED_MESSAGE
    assert given.messages[0].ephemeral


async def test_what_a_command_leads_to_is_an_ordinary_message_that_outlives_its_token(
    server: DiscordServer, desk: RecordingDesk, ada: User, cleo: User, general: Channel
) -> None:
    await server.slash_command(ada, general, "reingest", {"folder": "hr", "dry_run": True})
    await server.until(lambda: "All is well." in server.transcript(general))
    [command] = desk.commanded
    assert (command.argument, command.user_name, command.manages) == ("hr --dry-run", "Ada", True)
    assert command.place is not None
    sent = await desk.surface.show(command.place, Reply("working", "1 of 2", actions=("stop",), question_id=3), None)
    server.fail_next("/webhooks/", 401, 50027, times=9)
    await desk.surface.show(command.place, Reply("final", "2 of 2"), sent)
    assert "2 of 2" in server.transcript(general, viewer=cleo)
    [progress] = [message for message in server.state.messages_in(general) if not message.ephemeral]
    assert progress.previous == ["1 of 2"]


async def test_progress_that_comes_with_the_words_for_the_giver_is_a_message_of_its_own(
    server: DiscordServer,
    desk: RecordingDesk,
    monkeypatch: pytest.MonkeyPatch,
    ada: User,
    cleo: User,
    general: Channel,
) -> None:
    showing: list[asyncio.Task[Sent]] = []

    async def command(given: Command) -> str:
        assert given.place is not None
        showing.append(asyncio.create_task(desk.surface.show(given.place, Reply("working", "1 of 2"), None)))
        return desk.said

    monkeypatch.setattr(desk, "command", command)
    await server.slash_command(ada, general, "reingest", {"folder": "hr", "dry_run": True})
    await server.until(lambda: desk.said in server.transcript(general))
    await showing[0]
    assert "1 of 2" in server.transcript(general, viewer=cleo)
    assert desk.said not in server.transcript(general, viewer=cleo)


async def test_a_press_says_whether_its_presser_may_manage_the_server(
    server: DiscordServer, desk: RecordingDesk, ada: User, ben: User, general: Channel
) -> None:
    desk.replies = (Reply("working", "Remove it all?", actions=("confirm", "leave"), question_id=3),)
    await server.mention(ben, general, "hello")
    await server.until(lambda: "[Confirm]" in server.transcript(general))
    question = server.state.messages_in(general)[-1]
    for person in (ada, ben):
        await server.click(person, general, question.id, "docent:confirm:3")
        await server.until(lambda: desk.pressed and desk.pressed[-1].user == str(person.id))  # noqa: B023
    assert [press.manages for press in desk.pressed] == [True, False]


async def test_reingest_without_a_folder_means_all_of_them(
    server: DiscordServer, desk: RecordingDesk, ada: User, general: Channel
) -> None:
    await server.slash_command(ada, general, "reingest")
    await server.until(lambda: desk.commanded)
    assert desk.commanded[0].argument == ""


async def test_a_refusal_is_seen_by_its_giver_alone_even_when_the_command_was_forced(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel
) -> None:
    desk.said = "Only Docent's admins may do this."
    with pytest.raises(NotPossibleError, match="hidden from ben"):
        await server.slash_command(ben, general, "reingest", {"folder": "hr"})
    await server.slash_command(ben, general, "reingest", {"folder": "hr"}, forced=True)
    await server.until(lambda: "Only Docent's admins" in server.transcript(general, viewer=ben))
    assert desk.commanded[0].user == str(ben.id)
    assert server.transcript(general, viewer=cleo) == "#general"


async def test_private_words_after_the_token_has_expired_come_as_a_direct_message(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    server.fail_next("/webhooks/", 401, 50027, times=9)
    await server.slash_command(ben, general, "status")
    direct = server.state.direct_channel(ben)
    await server.until(lambda: "All is well." in server.transcript(direct))
    assert "All is well." not in server.transcript(general)


async def test_a_command_that_has_nothing_to_say_leaves_no_thinking_behind(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.said = ""
    given = await server.slash_command(ben, general, "forget")
    await server.until(lambda: given.callback and server.transcript(general) == "#general")


async def test_a_long_report_is_told_in_several_unseen_messages(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel
) -> None:
    desk.said = "\n".join(f"- collection number {n}: 12 documents" for n in range(120))
    await server.slash_command(ben, general, "status")
    await server.until(lambda: "collection number 119" in server.transcript(general, viewer=ben))
    assert server.transcript(general, viewer=cleo) == "#general"


async def test_a_command_delivered_twice_is_done_once(
    server: DiscordServer, desk: RecordingDesk, ada: User, general: Channel
) -> None:
    await server.slash_command(ada, general, "reingest")
    await server.until(lambda: "All is well." in server.transcript(general))
    await server.redeliver()
    await server.until(lambda: server.statuses[400] == 1)
    assert len(desk.commanded) == 1


async def test_a_command_that_discord_called_off_is_not_done(
    server: DiscordServer, desk: RecordingDesk, ada: User, general: Channel
) -> None:
    server.fail_next("/callback", 404, 10062)
    await server.slash_command(ada, general, "reingest")
    await server.until(lambda: server.statuses[404])
    await server.slash_command(ada, general, "status")
    await server.until(lambda: desk.commanded)
    assert [command.name for command in desk.commanded] == ["status"]


async def test_folders_complete_themselves_for_those_who_manage_the_server(
    server: DiscordServer, desk: RecordingDesk, ada: User, general: Channel
) -> None:
    desk.known_folders += [f"project {number}" for number in range(40)]
    for typed, names in (("", 25), ("PROJECT 1", 11), ("manuals", 1), ("x", 0)):
        typing = await server.autocomplete(ada, general, "reingest", "folder", typed)
        await server.until(lambda: typing.choices is not None)  # noqa: B023
        assert len(typing.choices or []) == names


async def test_folders_are_not_told_to_others_even_when_the_command_was_forced(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    typing = await server.autocomplete(ben, general, "reingest", "folder", "h", forced=True)
    await server.until(lambda: typing.choices is not None)
    assert typing.choices == []


async def test_a_button_is_handed_over_and_its_answer_seen_by_the_presser_alone(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel
) -> None:
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    answer = server.state.messages_in(general)[-1]
    await server.click(cleo, general, answer.id, "docent:up:7")
    await server.until(lambda: "Thank you, noted." in server.transcript(general, viewer=cleo))
    assert "Thank you, noted." not in server.transcript(general, viewer=ben)
    [press] = desk.pressed
    assert (press.platform, press.question_id, press.action, press.user) == ("discord", 7, "up", str(cleo.id))
    assert answer.content.startswith("You have")


async def test_a_button_is_acknowledged_before_the_desk_has_done_anything_and_may_have_nothing_to_say(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.line = ""
    desk.replies = (desk.replies[0],)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    pressed = await server.click(ben, general, server.state.messages_in(general)[-1].id, "docent:cancel:7")
    await server.until(lambda: desk.pressed)
    assert pressed.callback is CallbackKind.DEFERRED_UPDATE
    assert len(server.state.messages_in(general)) == 2


async def test_buttons_of_an_earlier_process_work(server: DiscordServer, ben: User, general: Channel) -> None:
    async with serving(server) as before:
        await server.mention(ben, general, "how much leave?")
        await server.until(lambda: before.sent and "[Show evidence]" in server.transcript(general))
    async with serving(server) as desk:
        await server.click(ben, general, server.state.messages_in(general)[-1].id, "docent:evidence:7")
        await server.until(lambda: "Thank you" in server.transcript(general))
        assert desk.pressed[0].action == "evidence"


async def test_a_press_delivered_twice_counts_once(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = (FINAL,)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.click(ben, general, server.state.messages_in(general)[-1].id, "docent:down:7")
    await server.until(lambda: "Thank you" in server.transcript(general))
    await server.redeliver()
    await server.until(lambda: server.statuses[400] == 1)
    assert len(desk.pressed) == 1


async def test_long_evidence_is_shown_in_several_unseen_messages(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.line = "\n\n".join(f"[{number}] a.md\n> " + "evidence @everyone " * 60 for number in range(4))
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    await server.click(ben, general, server.state.messages_in(general)[-1].id, "docent:evidence:7")
    await server.until(lambda: "[3] a.md" in server.transcript(general, viewer=ben))
    assert "[0] a.md" in server.transcript(general, viewer=ben)
    assert server.state.pings == []
