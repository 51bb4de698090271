"""The whole way in chat: the real slack-bolt and discord.py against local servers, real models, a real Postgres."""

import signal
from collections import Counter

import pytest

from bot.simulate.slack_server import SlackServer
from bot.simulate.slack_state import Message
from tests.acceptance.conftest import Docent

pytestmark = pytest.mark.models


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_a_question_and_its_follow_up_are_answered_in_the_chat(sample: Docent, platform: str) -> None:
    done = sample.run("simulate", platform)
    assert done.returncode == 0, done.stderr
    first, _, second = done.stdout.partition("[Show evidence]")
    assert "28 vacation days a year" in first
    assert "people/vacation-and-leave.md" in first
    assert "Contractors have no paid vacation" in second
    assert done.stdout.count("[👍] [👎] [Show evidence]") == 2
    assert "Cancel" not in done.stdout, "nothing is left as if it were still being written"


async def test_kill_9_in_the_middle_of_five_answers_leaves_five_answers_and_no_doubles(sample: Docent) -> None:
    async with SlackServer() as server:

        def replies() -> list[Message]:
            said = server.state.channels["CGENERAL"].messages.values()
            return [message for message in said if message.user == "UDOCENT"]

        def finished() -> list[Message]:
            return [message for message in replies() if "vacation-and-leave.md" in str(message.blocks) + message.text]

        first = sample.start("serve", WEB_PORT="0", **server.environment)
        await server.connected(timeout=60)
        asked = [
            await server.mention("CGENERAL", "UGRACE", f"How many vacation days do employees get? Number {number}.")
            for number in range(5)
        ]
        await server.until(lambda: len(replies()) == 5, 120.0)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        assert "[Cancel]" in server.state.transcript("CGENERAL"), "killed while answers were being written"
        second = sample.start("serve", WEB_PORT="0", **server.environment)
        try:
            await server.until(lambda: "[Cancel]" not in server.state.transcript("CGENERAL"), 180.0)
            assert Counter(message.thread_ts for message in replies()) == {one.ts: 1 for one in asked}
            assert len(finished()) == 5
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=60) == 0
            second.communicate()
