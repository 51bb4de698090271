"""What people do on Discord, in the desk's words; plain data in, plain data out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.messages import Press
from bot.platforms.discord import normalise
from bot.platforms.discord.commands import choices, collections_argument, reingest_argument
from bot.platforms.discord.normalise import Asked, Place, Post
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope

CHANNEL = Place(20, 10)
THREAD = Place(21, 10, thread=True)
DIRECT = Place(30, None)
POST = Post(1, CHANNEL, 2, True, "<@9> how much leave?", us=9, to_us=True)


def test_a_mention_becomes_a_question_with_the_key_of_its_message() -> None:
    message = normalise.question(POST)
    assert message is not None
    assert (message.kind, message.key, message.user, message.text) == (
        "question",
        "discord:message:1",
        "2",
        "how much leave?",
    )
    assert message.conversation == ConversationKey("discord", "10", "20", "")
    assert message.handle == {"channel": "20", "message": "1"}
    assert not message.private


def test_a_thread_is_a_conversation_of_its_own_whatever_it_hangs_on() -> None:
    message = normalise.question(replace(POST, place=THREAD))
    assert message is not None
    assert message.conversation == ConversationKey("discord", "10", "21", "")


def test_a_direct_message_is_private_and_needs_no_mention() -> None:
    message = normalise.question(replace(POST, place=DIRECT, text="how much leave?", to_us=False))
    assert message is not None
    assert message.private
    assert message.conversation == ConversationKey("discord", "@me", "30", "")


@pytest.mark.parametrize(
    "post",
    [
        replace(POST, human=False),
        replace(POST, human=False, place=DIRECT),
        replace(POST, to_us=False, text="how much leave?"),
        replace(POST, text=""),
    ],
    ids=["a bot", "a bot in private", "not to us", "a reply that we may not read"],
)
def test_what_does_not_concern_us_becomes_nothing(post: Post) -> None:
    assert normalise.question(post) is None


def test_a_mention_without_words_is_handed_over_so_that_the_desk_can_ask_back() -> None:
    message = normalise.question(replace(POST, text="<@!9>"))
    assert message is not None
    assert message.text == ""


@pytest.mark.parametrize(
    ("post", "is_one"),
    [
        (replace(POST, place=THREAD, to_us=False, text="and for part-timers?"), True),
        (replace(POST, to_us=False, text="and for part-timers?"), False),
        (replace(POST, place=THREAD, to_us=False, text=""), False),
        (replace(POST, place=THREAD, to_us=False, to_others=True, text="yes"), False),
        (replace(POST, place=THREAD, to_us=False, human=False, text="beep"), False),
    ],
    ids=["in a thread", "in a channel", "unreadable", "to somebody else", "by a bot"],
)
def test_a_follow_up_is_what_a_person_says_to_nobody_in_a_thread(post: Post, is_one: bool) -> None:
    assert (normalise.follow_up(post) is not None) is is_one


def test_a_message_is_said_to_us_in_private_or_by_mentioning_us_but_not_by_following_up() -> None:
    unsaid = replace(POST, to_us=False, text="thanks!")
    incoming = [
        normalise.question(POST),
        normalise.question(replace(unsaid, place=DIRECT)),
        normalise.follow_up(replace(unsaid, place=THREAD)),
    ]
    assert [message.addressed for message in incoming if message] == [True, True, False]


def test_an_edit_has_the_key_of_its_message_even_when_the_mention_was_taken_out() -> None:
    message = normalise.edit(replace(POST, to_us=False, text="how much sick leave?"))
    assert message is not None
    assert (message.kind, message.key, message.text) == ("edited", "discord:message:1", "how much sick leave?")


def test_an_edit_that_we_may_not_read_or_that_a_bot_made_becomes_nothing() -> None:
    assert normalise.edit(replace(POST, text="")) is None
    assert normalise.edit(replace(POST, human=False)) is None


def test_a_deletion_has_the_key_of_its_message_and_knows_where_the_answer_stands() -> None:
    message = normalise.deletion(1, CHANNEL)
    assert (message.kind, message.key, message.text) == ("deleted", "discord:message:1", "")
    assert message.handle == {"channel": "20", "message": "1"}


def test_a_command_becomes_a_question_with_the_key_of_its_interaction() -> None:
    asked = Asked(5, CHANNEL, 2, 9, "token", 1_700_000_000.4, "77")
    message = normalise.asked(asked, "what is in <#20>?", {"#20": "general"})
    assert (message.key, message.text) == ("discord:interaction:5", "what is in #general?")
    assert message.handle == {
        "channel": "20",
        "application": "9",
        "token": "token",
        "at": "1700000000",
        "response": "77",
    }


def test_markup_becomes_readable() -> None:
    names = {"@2": "Ben", "@&3": "on-call", "#20": "general"}
    text = "<@9>  hey <@!2>, is <@&3> in <#20>? <a:party:44> </ask:55> <@77>"
    assert normalise.readable(text, names, 9) == "hey @Ben, is @on-call in #general? :party: /ask @someone"


def test_only_our_own_buttons_are_presses() -> None:
    pressed = normalise.press("docent:evidence:12", 2, CHANNEL, manages=True)
    assert pressed == Press("discord", 12, "evidence", "2", True, CHANNEL.audience)
    assert normalise.press("docent:explode:12", 2, CHANNEL) is None
    assert normalise.press("other:up:12", 2, CHANNEL) is None


def test_who_reads_an_answer_is_told_by_its_channel_and_a_thread_is_as_open_as_its_room() -> None:
    assert CHANNEL.audience == Audience(Scope("discord", "10", "20"))
    assert Place(20, 10, is_public=False).audience == Audience(Scope("discord", "10", "20"), is_public=False)
    assert Place(21, 10, True, room=20, is_public=False).audience == Place(20, 10, is_public=False).audience
    assert DIRECT.audience == Audience(Scope("discord", "@me", "30"), is_public=False)
    for message in (normalise.question(POST), normalise.edit(POST)):
        assert message is not None
        assert message.audience == CHANNEL.audience


def test_collections_is_told_as_people_type_it_elsewhere() -> None:
    assert collections_argument("limit", " hr, it ") == "limit hr, it"
    assert collections_argument("lift limit", "") == "limit --all"
    assert collections_argument("private", "hr") == "private hr on"
    assert collections_argument("not private", "hr") == "private hr off"
    assert collections_argument("", "hr") == collections_argument("private", " ") == ""


def test_reingest_is_told_as_people_type_it_elsewhere() -> None:
    assert reingest_argument("hr", dry_run=True) == "hr --dry-run"
    assert reingest_argument(" workshop  manuals ", dry_run=False) == "workshop manuals"
    assert reingest_argument("", dry_run=True) == "--dry-run"


def test_at_most_25_folders_are_offered_those_that_begin_with_it_first() -> None:
    folders = ["old hr", "hr", "HR archive", "it", "x" * 101, *(f"team {n}" for n in range(30))]
    assert [choice.value for choice in choices(folders, "hr")] == ["hr", "HR archive", "old hr"]
    assert len(choices(folders, "")) == 25
    assert choices(["x" * 101], "x") == []
