"""Slack's payloads, one by one, as what a person did."""

from __future__ import annotations

import pytest

from bot.messages import Press
from bot.platforms.slack.listening import parse_listening
from bot.platforms.slack.markup import readable
from bot.platforms.slack.normalise import Identity, addressing, normalise_action, normalise_event
from core.errors import ConfigurationError

US = Identity("T1", "UBOT", "BBOT")
SAID = {
    "type": "message",
    "channel": "C1",
    "channel_type": "channel",
    "user": "U1",
    "text": "<@UBOT> hi",
    "ts": "1.000001",
}


def message(**fields):
    event = {name: value for name, value in (SAID | fields).items() if value is not None}
    return normalise_event({"team_id": "T1", "event": event}, US)


def test_a_mention_and_its_message_event_are_equal() -> None:
    assert message() == message(type="app_mention", channel_type=None)


@pytest.mark.parametrize(
    ("fields", "addressed"),
    [
        ({}, True),
        ({"text": "hi there <@UBOT>", "thread_ts": "0.000009"}, True),
        ({"text": "hi", "thread_ts": "0.000009"}, False),
        ({"text": "hi <@U2>"}, False),
        ({"text": "hi", "channel": "D1", "channel_type": "im"}, True),
    ],
    ids=["a mention", "a mention in a thread", "in a thread", "a mention of somebody else", "a direct message"],
)
def test_a_message_is_said_to_us_in_private_or_by_mentioning_us(fields: dict[str, str], addressed: bool) -> None:
    assert message(**fields).addressed is addressed


def test_a_reply_belongs_to_its_thread() -> None:
    reply = message(thread_ts="0.000009")
    assert (reply.key, reply.conversation.thread) == ("slack:T1:C1:1.000001", "0.000009")
    assert reply.handle == {"channel": "C1", "ts": "1.000001", "thread_ts": "0.000009", "user": "U1"}


def test_a_direct_message_that_others_replied_to_stays_outside_of_threads() -> None:
    edit = {"ts": "1.000001", "thread_ts": "1.000001", "user": "U1", "text": "new", "edited": {"user": "U1"}}
    fields = {"subtype": "message_changed", "message": edit, "previous_message": SAID, "ts": "2.000001"}
    edited = message(channel="D1", channel_type="im", user=None, text=None, **fields)
    assert (edited.kind, edited.private, edited.conversation.thread, edited.text) == ("edited", True, "", "new")


def test_group_messages_are_not_private() -> None:
    assert not message(channel="G1", channel_type="mpim").private


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_a_question_with_a_file_or_shown_in_the_channel_too_counts(subtype: str) -> None:
    assert message(subtype=subtype).kind == "question"


@pytest.mark.parametrize(
    "fields",
    [
        {"subtype": "channel_join"},
        {"subtype": "channel_topic"},
        {"subtype": "bot_message"},
        {"subtype": "message_replied"},
        {"bot_id": "B2"},
        {"user": "UBOT"},
        {"user": "USLACKBOT"},
        {"user": None},
        {"text": None},
        {"type": "reaction_added"},
        {"type": "member_joined_channel"},
    ],
)
def test_what_no_person_says_to_us_is_nothing(fields: dict[str, str | None]) -> None:
    assert message(**fields) is None


def test_our_own_message_that_someone_deletes_is_nothing() -> None:
    ours = {"ts": "1.000001", "user": "UBOT", "bot_id": "BBOT", "text": "answer"}
    assert message(subtype="message_deleted", deleted_ts="1.000001", previous_message=ours) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@UBOT> hi", "hi"),
        ("<@UBOT|docent>: hi", "hi"),
        ("hey <@UBOT>, hi", "hey, hi"),
        ("ask <@U2|ada> or <@U3>", "ask @ada or @U3"),
        ("in <#C2|general> or <#C3>", "in #general or #C3"),
        ("<!here> <!subteam^S1|@hr> <!date^1^{date}|today>", "@here @hr today"),
        (
            "<https://a.example/x|a.example/x> <https://b.example|our wiki>",
            "https://a.example/x our wiki (https://b.example)",
        ),
        ("<mailto:hr@a.example|hr@a.example>", "hr@a.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt;", "1 < 2 && 3 > 2, &lt;"),
        ("<@UBOT>", ""),
    ],
)
def test_texts_are_read_as_a_person_sees_them(text: str, expected: str) -> None:
    assert readable(text, "UBOT") == expected


def test_who_begins_with_another_name_does_not_speak_to_the_thread() -> None:
    reply = {**SAID, "thread_ts": "0.000001"}
    assert addressing({**reply, "text": "and then?"}, US) == "thread"
    assert addressing({**reply, "text": " <@U2> and then?"}, US) == "channel"
    assert addressing({**reply, "text": "<@U2> and <@UBOT>?"}, US) == "us"


@pytest.mark.parametrize(
    "action", [{"action_id": "else", "value": "7"}, {"action_id": "up"}, {"action_id": "up", "value": "x"}]
)
def test_other_buttons_are_nothing(action: dict[str, str]) -> None:
    assert normalise_action({"user": {"id": "U1"}, "actions": [action]}) is None


def test_a_button_names_its_question() -> None:
    body = {"user": {"id": "U1"}, "actions": [{"action_id": "cancel", "value": "12"}]}
    assert normalise_action(body) == Press("slack", 12, "cancel", "U1")


def test_listening_has_a_default_and_exceptions() -> None:
    listening = parse_listening("mention, C1 = all ,C2=thread")
    assert [listening.mode(channel) for channel in ("C0", "C1", "C2")] == ["mention", "all", "thread"]
    assert parse_listening("C1=all").mode("C0") == "thread"


@pytest.mark.parametrize("setting", ["always", "C1=always", "=all"])
def test_listening_in_no_known_way_is_refused(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="SLACK_LISTEN"):
        parse_listening(setting)
