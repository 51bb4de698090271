"""Failures that bots are known for, on both platforms with the real desk: see README.md beside this file."""

from __future__ import annotations

import pytest

from core.errors import ModelError, StoreError
from tests.fakes.chat_model import FakeChatModel
from tests.platforms.real_desk import QUESTION
from tests.platforms.rooms import PlatformName, room

pytestmark = pytest.mark.parametrize("platform", ["slack", "discord"])


async def test_whatever_is_delivered_again_is_answered_once(start, platform: PlatformName) -> None:
    model = FakeChatModel("Hm.")
    desk = await start(model)
    async with room(platform, desk) as people:
        await people.ask(QUESTION)
        await people.until(lambda: desk.answered == 1)
        await people.deliver_again()
        await people.ask("What may a hotel cost a night?")
        await people.until(lambda: desk.answered >= 2 and not desk.busy)
        assert people.answers() == 2
    assert len(model.prompts) == 2


async def test_what_was_said_in_private_is_in_no_prompt_of_a_channel(start, platform: PlatformName) -> None:
    model = FakeChatModel("Hm.")
    desk = await start(model)
    async with room(platform, desk) as people:
        await people.ask("How many vacation days do employees on the secret zebra team get?", private=True)
        await people.until(lambda: desk.answered == 1)
        await people.ask("and for contractors?", private=True)
        await people.until(lambda: desk.answered == 2)
        await people.ask("and for contractors?")
        await people.until(lambda: desk.answered == 3)
    _, private, public = ("\n".join(message.content for message in prompt) for prompt in model.prompts)
    assert "zebra" in private
    assert "zebra" not in public


async def test_a_broken_model_leaves_the_evidence(start, platform: PlatformName) -> None:
    model = FakeChatModel()
    model.enqueue(ModelError("out of memory at 0x7f"))
    desk = await start(model)
    async with room(platform, desk) as people:
        await people.ask(QUESTION)
        await people.until(lambda: desk.answered == 1)
        assert "30 vacation days" in people.seen()
        assert "0x7f" not in people.seen()


async def test_a_failure_in_the_middle_ends_in_a_sentence_with_a_reference(
    start, platform: PlatformName, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await start()

    async def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(desk._core.conversations, "turns", explode)
    async with room(platform, desk) as people:
        await people.ask(QUESTION)
        await people.until(lambda: desk.answered == 1)
        assert "Something went wrong on my side" in people.seen()
        assert "(reference " in people.seen()
        assert "secret" not in people.seen()


async def test_a_database_that_is_gone_is_told_to_the_asker_alone(
    start, platform: PlatformName, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await start()

    async def gone(*_: object, **__: object) -> None:
        raise StoreError("connection refused to postgresql://secret")

    monkeypatch.setattr(desk._questions, "claim", gone)
    async with room(platform, desk) as people:
        await people.ask(QUESTION)
        await people.until(lambda: "(reference " in people.seen())
        assert people.answers() == 0
        assert "secret" not in people.seen()


async def test_where_docent_may_not_write_the_asker_is_told_once_and_alone(start, platform: PlatformName) -> None:
    desk = await start()
    async with room(platform, desk) as people:
        await people.shut_out()
        await people.ask(QUESTION)
        await people.until(lambda: desk.answered == 1)
        assert people.answers() == 0
        assert people.seen().count("I can't write") == 1
