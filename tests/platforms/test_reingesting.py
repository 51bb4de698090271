"""Re-ingesting over real sockets with the real libraries, desk, queue and worker; only the models are fakes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.simulate.discord_server import DiscordServer
from bot.simulate.slack_server import SlackServer
from tests.platforms.conftest import StartDesk
from tests.platforms.real_desk import at_work, discord, slack
from tests.platforms.slack.adapter_desk import running as slack_running


def shown_in_slack(server: SlackServer) -> str:
    return server.state.transcript("CGENERAL")


async def press_in_slack(server: SlackServer, user: str, action: str) -> None:
    *_, message = (
        message
        for message in server.state.channels["CGENERAL"].messages.values()
        if message.user == server.state.bot_user and not message.visible_to
    )
    await server.click(user, "CGENERAL", message.ts, action)


async def test_an_admin_ingests_again_from_slack_in_one_message(start: StartDesk, folder: Path) -> None:
    desk = await start()
    for number in range(4):
        (folder / f"page{number}.md").write_text(f"# Page {number}\n\nWords of {number}.", "utf-8")
    async with at_work(desk), slack(desk) as server:
        await server.slash_command("UADA", "CGENERAL", "/docent", "reingest docs")
        await server.until(lambda: "Done: 4 added" in shown_in_slack(server), 60.0)
        assert "*Ingesting default*, asked for by ada" in shown_in_slack(server)
        assert wording.REINGEST_BEGUN in shown_in_slack(server)
        assert len(server.calls_of("chat.postMessage")) == 1


async def test_a_removal_is_confirmed_by_its_button_in_slack_by_admins_alone(start: StartDesk, folder: Path) -> None:
    desk = await start()
    for document in folder.iterdir():
        document.unlink()
    (folder / "new.md").write_text("# New\n\nWords.", "utf-8")
    async with at_work(desk), slack(desk) as server:
        await server.slash_command("UADA", "CGENERAL", "/docent", "reingest")
        await server.until(lambda: "[Confirm] [Leave it]" in shown_in_slack(server), 60.0)
        assert "This would remove 3 of 3 documents." in shown_in_slack(server)
        await press_in_slack(server, "UGRACE", "confirm")
        await server.until(lambda: f"(only grace sees this): {wording.NOT_AN_ADMIN}" in shown_in_slack(server), 30.0)
        await press_in_slack(server, "UADA", "confirm")
        await server.until(lambda: "Done: 1 added" in shown_in_slack(server), 60.0)
        assert "[Confirm]" not in shown_in_slack(server)


async def test_the_message_survives_a_restart_and_the_end_of_its_response_url(start: StartDesk, folder: Path) -> None:
    dying = await start()
    (folder / "new.md").write_text("# New\n\nWords.", "utf-8")
    async with SlackServer() as server:
        async with slack_running(server, dying):  # type: ignore[arg-type]
            await server.slash_command("UADA", "CGENERAL", "/docent", "reingest")
            await server.until(lambda: "Looking" in shown_in_slack(server), 30.0)
        await dying.drain(0)
        for url in server.state.response_urls.values():
            url.created_at -= 3600
        following = Dispatcher(dying._core, Admins(""))
        async with at_work(following), slack_running(server, following):  # type: ignore[arg-type]
            await server.until(lambda: "Done: 1 added" in shown_in_slack(server), 60.0)
        assert len(server.calls_of("chat.postMessage")) == 1


async def test_slack_workspace_admins_may_where_that_is_configured(start: StartDesk) -> None:
    desk = Dispatcher((await start())._core, Admins("", managers=True))
    async with SlackServer() as server, slack_running(server, desk, platform_admins="on"):  # type: ignore[arg-type]
        await server.slash_command("UGRACE", "CGENERAL", "/docent", "reingest")
        await server.until(lambda: wording.NOT_AN_ADMIN in shown_in_slack(server), 30.0)
        await server.slash_command("UADA", "CGENERAL", "/docent", "reingest")
        await server.until(lambda: wording.REINGEST_BEGUN in shown_in_slack(server), 30.0)
    await desk.drain(0)


def shown_in_discord(server: DiscordServer) -> str:
    return server.transcript(server.state.channel_named("general"))


async def test_who_manages_the_server_ingests_again_from_discord_and_confirms(start: StartDesk, folder: Path) -> None:
    desk = Dispatcher((await start())._core, Admins("", managers=True))
    for document in folder.iterdir():
        document.unlink()
    async with at_work(desk), discord(desk) as server:
        general, ada, ben = (
            server.state.channel_named("general"),
            server.state.user_named("ada"),
            server.state.user_named("ben"),
        )
        await server.slash_command(ben, general, "reingest", {"folder": "default"}, forced=True)
        await server.until(lambda: wording.NOT_AN_ADMIN in shown_in_discord(server), 30.0)
        await server.slash_command(ada, general, "reingest", {"folder": "default"})
        await server.until(lambda: "[Confirm] [Leave it]" in shown_in_discord(server), 60.0)
        server.fail_next("/webhooks/", 401, 50027, times=9)  # the token of the command has expired by now
        question = next(message for message in server.state.messages_in(general) if message.components)
        await server.click(ada, general, question.id, question.components[0]["components"][0]["custom_id"])
        await server.until(lambda: "Done: 0 added" in shown_in_discord(server), 60.0)
        ours = [message for message in server.state.messages_in(general) if not message.ephemeral]
        assert len(ours) == 1
        assert ours[0].content.startswith("**Ingesting default**, asked for by Ada")


async def test_a_dry_run_from_discord_shows_the_plan_alone(start: StartDesk, folder: Path) -> None:
    desk = Dispatcher((await start())._core, Admins("", managers=True))
    (folder / "new.md").write_text("# New\n\nWords.", "utf-8")
    async with at_work(desk), discord(desk) as server:
        general, ada = server.state.channel_named("general"), server.state.user_named("ada")
        await server.slash_command(ada, general, "reingest", {"folder": "docs", "dry_run": True})
        await server.until(lambda: "Nothing was changed." in shown_in_discord(server), 60.0)
        assert "Plan: 1 added, 0 changed, 0 moved, 0 removed, 3 unchanged, 0 failed." in shown_in_discord(server)


async def test_a_running_ingest_is_stopped_by_its_button(start: StartDesk, folder: Path) -> None:
    desk = await start()
    async with slack(desk) as server:
        await server.slash_command("UADA", "CGENERAL", "/docent", "reingest")
        await server.until(lambda: wording.REINGEST_BEGUN in shown_in_slack(server), 30.0)
        await desk._reports.look(desk._surfaces["slack"])
        assert "[Cancel]" in shown_in_slack(server)
        await press_in_slack(server, "UADA", "stop")
        await server.until(lambda: bool(server.calls_of("chat.update")), 30.0)
        async with asyncio.timeout(30):
            while wording.RUN_LEFT not in shown_in_slack(server):
                await desk._reports.look(desk._surfaces["slack"])
                await asyncio.sleep(0.05)
