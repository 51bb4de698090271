"""The whole way in chat: the real slack-bolt and discord.py against local servers, real models, a real Postgres."""

import pytest

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
