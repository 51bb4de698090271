"""Guards that stand behind other guards: each is tried where the others don't help."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.platforms.discord.surface import DiscordSurface
from bot.simulate.discord_limits import BUCKETS
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_server import DiscordServer
from core.errors import PlatformError
from tests.platforms.discord.adapter_desk import FINAL, WORKING, RecordingDesk, serving


@pytest.fixture
async def desk(server: DiscordServer) -> AsyncIterator[RecordingDesk]:
    async with serving(server) as recording:
        yield recording


async def test_where_a_reaction_has_to_wait_typing_says_that_the_question_was_seen(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    server.rate_limited("/reactions/", 3600.0)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    assert [request.status for request in server.requests if request.path.endswith("/typing")] == [204]


async def test_a_thread_that_is_locked_meanwhile_is_an_error_with_its_remedy(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    thread = await server.create_thread(ben, general, "leave")
    await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.lock_thread(thread)
    [message] = desk.questions
    with pytest.raises(PlatformError, match="160005 Thread is locked; a moderator has to unlock"):
        await desk.surface.show(message, FINAL, desk.sent[message.key])


def test_one_growing_answer_stays_inside_the_limit_of_edits() -> None:
    edits = [bucket for route, bucket in BUCKETS.items() if route.startswith("PATCH ")]
    assert edits
    assert all(bucket.seconds / bucket.requests <= DiscordSurface.edit_seconds for bucket in edits)
