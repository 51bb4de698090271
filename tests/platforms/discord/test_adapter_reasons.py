"""A thumb down in Discord asks for its reason: by a menu, or in their own words in a form."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import wording
from bot.messages import Press
from bot.platforms.discord.normalise import Place
from bot.platforms.discord.reasons import reason_press
from bot.simulate.discord_objects import CallbackKind, Channel, Message, User
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.adapter_desk import FINAL, RecordingDesk, serving


class AskingDesk(RecordingDesk):
    """Asks for the reason of each thumb down that has none."""

    async def press(self, press: Press) -> str:
        self.pressed.append(press)
        return wording.WHY if press.action == "down" and not press.reason else wording.THANKS


@pytest.fixture
async def desk(server: DiscordServer) -> AsyncIterator[AskingDesk]:
    asking = AskingDesk()
    asking.replies = (FINAL,)
    async with serving(server, desk=asking):
        yield asking


async def disliked(server: DiscordServer, desk: RecordingDesk, asker: User, giver: User, place: Channel) -> Message:
    """Ask, press the thumb down and give the question for a reason."""
    await server.mention(asker, place, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.click(giver, place, server.state.messages_in(place)[-1].id, "docent:down:7")
    await server.until(lambda: wording.WHY in server.transcript(place, viewer=giver))
    return server.state.messages_in(place)[-1]


async def test_the_thumb_counts_before_anything_is_chosen_and_its_giver_alone_is_asked(
    server: DiscordServer, desk: AskingDesk, ben: User, cleo: User, general: Channel
) -> None:
    await disliked(server, desk, ben, cleo, general)
    assert [(press.action, press.reason) for press in desk.pressed] == [("down", "")]
    assert wording.WHY not in server.transcript(general, viewer=ben)


async def test_a_reason_from_the_menu_is_handed_over_and_thanked_for_in_its_place(
    server: DiscordServer, desk: AskingDesk, ben: User, cleo: User, general: Channel
) -> None:
    why = await disliked(server, desk, ben, cleo, general)
    menu = why.components[0]["components"][0]
    assert [option["value"] for option in menu["options"]] == list(wording.DOWN_REASONS)
    await server.click(cleo, general, why.id, "docent:why:7", values=["outdated"])
    await server.until(lambda: wording.WHY not in server.transcript(general, viewer=cleo))
    press = desk.pressed[-1]
    assert (press.platform, press.question_id, press.user) == ("discord", 7, str(cleo.id))
    assert (press.action, press.reason) == ("down", "outdated")
    assert [item["custom_id"] for row in why.components for item in row["components"]] == ["docent:human:7"]
    assert wording.THANKS in server.transcript(general, viewer=cleo)


async def test_their_own_words_come_from_a_form(
    server: DiscordServer, desk: AskingDesk, ben: User, cleo: User, general: Channel
) -> None:
    why = await disliked(server, desk, ben, cleo, general)
    opened = await server.click(cleo, general, why.id, "docent:words:7")
    await server.until(lambda: opened.modal)
    assert opened.callback is CallbackKind.MODAL
    await server.submit_modal(opened, {"words": " It is 31 days since May. "})
    await server.until(lambda: wording.WHY not in server.transcript(general, viewer=cleo))
    press = desk.pressed[-1]
    assert (press.question_id, press.action, press.user) == (7, "down", str(cleo.id))
    assert press.reason == "It is 31 days since May."
    assert wording.THANKS in server.transcript(general, viewer=cleo)


async def test_a_form_without_words_is_acknowledged_and_no_reason(
    server: DiscordServer, desk: AskingDesk, ben: User, cleo: User, general: Channel
) -> None:
    why = await disliked(server, desk, ben, cleo, general)
    opened = await server.click(cleo, general, why.id, "docent:words:7")
    await server.until(lambda: opened.modal)
    sent = await server.submit_modal(opened, {"words": "  "})
    await server.until(lambda: sent.callback)
    assert sent.callback is CallbackKind.DEFERRED_UPDATE
    assert len(desk.pressed) == 1


async def test_a_form_of_an_earlier_process_is_taken_by_the_next(
    server: DiscordServer, ben: User, cleo: User, general: Channel
) -> None:
    before, after = AskingDesk(), AskingDesk()
    before.replies = (FINAL,)
    async with serving(server, desk=before):
        why = await disliked(server, before, ben, cleo, general)
        opened = await server.click(cleo, general, why.id, "docent:words:7")
        await server.until(lambda: opened.modal)
    async with serving(server, desk=after):
        await server.submit_modal(opened, {"words": "It is 31 days."})
        await server.until(lambda: after.pressed)
    assert after.pressed[0].reason == "It is 31 days."


async def test_a_reason_that_is_delivered_twice_counts_once(
    server: DiscordServer, desk: AskingDesk, ben: User, cleo: User, general: Channel
) -> None:
    why = await disliked(server, desk, ben, cleo, general)
    await server.click(cleo, general, why.id, "docent:why:7", values=["wrong"])
    await server.until(lambda: wording.WHY not in server.transcript(general, viewer=cleo))
    await server.redeliver()
    await server.until(lambda: server.statuses[400] == 1)
    assert len(desk.pressed) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"custom_id": "docent:down:7"},
        {"custom_id": "docent:why:7", "values": []},
        {"custom_id": "docent:words:7", "components": [{"type": 1, "components": [{"type": 4, "value": "  "}]}]},
        {"custom_id": "someone:why:7", "values": ["wrong"]},
    ],
)
def test_what_gives_no_reason_is_none(data: dict[str, object]) -> None:
    assert reason_press(data, 5, Place(1, 2)) is None


def test_words_under_a_label_are_read_like_those_in_a_row() -> None:
    field = {"type": 4, "custom_id": "words", "value": "It is 31 days."}
    for components in ([{"type": 1, "components": [field]}], [{"type": 18, "component": field}]):
        press = reason_press({"custom_id": "docent:words:7", "components": components}, 5, Place(1, 2))
        assert press is not None
        assert (press.question_id, press.reason) == (7, "It is 31 days.")
