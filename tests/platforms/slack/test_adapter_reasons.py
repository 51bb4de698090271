"""A thumb down in Slack asks for its reason: by a menu, or in their own words in a form."""

from __future__ import annotations

import pytest

from bot import wording
from bot.messages import Press
from tests.platforms.slack.adapter_desk import NotingDesk, running


class AskingDesk(NotingDesk):
    """Asks for the reason of each thumb down that has none."""

    async def press(self, press: Press) -> str:
        self.presses.append(press)
        return wording.WHY if press.action == "down" and not press.reason else wording.THANKS


@pytest.fixture
def desk():
    return AskingDesk()


@pytest.fixture
async def platform(server, desk):
    async with running(server, desk) as platform:
        yield platform


async def disliked(server, desk, channel: str = "CGENERAL") -> str:
    """Ask, press the thumb down as Grace, and give the ts of the question for a reason."""
    if channel == "CGENERAL":
        await server.mention(channel, "UADA", "hello")
    else:
        await server.direct_message("UGRACE", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    answer = desk.sent[desk.received[0].key].ids[0].partition(":")[2]
    await server.click("UGRACE", channel, answer, "down")
    await server.until(lambda: wording.WHY in server.state.transcript(channel))
    return next(
        message.ts for message in server.state.channels[channel].messages.values() if message.visible_to == "UGRACE"
    )


async def test_the_thumb_counts_before_anything_is_chosen_and_its_giver_alone_is_asked(server, platform, desk):
    await disliked(server, desk)
    assert [(press.action, press.reason) for press in desk.presses] == [("down", "")]
    assert f"docent (only grace sees this): {wording.WHY}" in server.state.transcript("CGENERAL")


async def test_a_reason_from_the_menu_is_handed_over_and_thanked_for_in_its_place(server, platform, desk):
    why = await disliked(server, desk)
    await server.click("UGRACE", "CGENERAL", why, "why", "7:outdated")
    await server.until(lambda: wording.WHY not in server.state.transcript("CGENERAL"))
    press = desk.presses[-1]
    assert (press.platform, press.question_id, press.user) == ("slack", 7, "UGRACE")
    assert (press.action, press.reason) == ("down", "outdated")
    assert f"docent (only grace sees this): {wording.THANKS}" in server.state.transcript("CGENERAL")


async def test_every_reason_can_be_chosen(server, platform, desk):
    why = await disliked(server, desk)
    blocks = server.state.message("CGENERAL", why).blocks
    (menu,) = (element for element in blocks[-1]["elements"] if element["action_id"] == "why")
    assert [option["value"] for option in menu["options"]] == [f"7:{reason}" for reason in wording.DOWN_REASONS]


@pytest.mark.parametrize("channel", ["CGENERAL", "DGRACE"])
async def test_their_own_words_come_from_a_form(server, platform, desk, channel):
    why = await disliked(server, desk, channel)
    await server.click("UGRACE", channel, why, "why_words")
    await server.until(lambda: server.calls_of("views.open") != [])
    words = {"words": {"text": {"type": "plain_text_input", "value": " It is <31> days since May. "}}}
    await server.view_submission("UGRACE", "docent_why", words)
    await server.until(lambda: wording.WHY not in server.state.transcript(channel))
    press = desk.presses[-1]
    assert (press.question_id, press.action, press.user) == (7, "down", "UGRACE")
    assert press.reason == "It is <31> days since May."
    assert f"docent (only grace sees this): {wording.THANKS}" in server.state.transcript(channel)


async def test_a_form_without_words_is_no_reason(server, platform, desk):
    why = await disliked(server, desk)
    await server.click("UGRACE", "CGENERAL", why, "why_words")
    await server.until(lambda: server.calls_of("views.open") != [])
    delivery = await server.view_submission("UGRACE", "docent_why", {"words": {"text": {"value": None}}})
    await server.settled()
    assert not delivery.given_up
    assert len(desk.presses) == 1


async def test_a_form_that_opens_too_late_is_asked_for_once_more(server, platform, desk):
    why = await disliked(server, desk)
    server.fail_next("views.open", "expired_trigger_id")
    await server.click("UGRACE", "CGENERAL", why, "why_words")
    await server.until(lambda: wording.WHY_LATE in server.state.transcript("CGENERAL"))
    assert wording.WHY in server.state.transcript("CGENERAL"), "it can be pressed again"


async def test_a_reason_counts_also_when_its_thanks_can_not_be_shown(server, platform, desk):
    why = await disliked(server, desk)
    took = desk.press

    async def slow(press: Press) -> str:
        for url in server.state.response_urls.values():
            url.created_at -= 3600
        return await took(press)

    desk.press = slow
    await server.click("UGRACE", "CGENERAL", why, "why", "7:wrong")
    await server.until(lambda: len(desk.presses) == 2)
    await server.settled()
    assert desk.presses[-1].reason == "wrong"
