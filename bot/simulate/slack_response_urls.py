"""Answers to commands and clicks through a response_url: no token, few uses, half an hour."""

from __future__ import annotations

from typing import Any

from bot.simulate import slack_events as events
from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_chat import read_content, remove_message
from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_shapes import message_shape
from bot.simulate.slack_state import Message, ResponseUrl, SlackState

JsonObject = dict[str, Any]


def respond(state: SlackState, token: str, body: JsonObject) -> tuple[JsonObject, ...]:
    """Do what a post to a response_url asks for and give the events that follow.

    Raises SlackMethodError with the HTTP status that Slack's hooks answer with: 404 for a URL that is unknown,
    used up or expired, 400 for content that is refused.
    """
    url = state.response_urls.get(token)
    if url is None:
        raise SlackMethodError("no_service", status=404)
    if state.clock() - url.created_at > state.rules.response_url_lifetime:
        raise SlackMethodError("expired_url", status=404)
    if url.uses >= state.rules.response_url_uses:
        raise SlackMethodError("used_url", status=404)
    url.uses += 1
    try:
        return _answer_person(state, url, Arguments(body))
    except SlackMethodError as refusal:
        raise SlackMethodError(refusal.error, status=400) from None


def show_acknowledgement(state: SlackState, command: JsonObject, response: JsonObject) -> tuple[JsonObject, ...]:
    """Show what a command was acknowledged with, under the rules of its response_url; give the events that follow."""
    url = state.response_urls[command["response_url"].rsplit("/", 1)[1]]
    try:
        return _answer_person(state, url, Arguments(response))
    except SlackMethodError as refusal:
        show_failure(state, command, refusal.error)
        return ()


def show_failure(state: SlackState, command: JsonObject, error: str) -> None:
    """Show the person who ran a command that it failed, as Slack does."""
    state.add(
        Message(
            channel=command["channel_id"],
            ts=state.next_ts(),
            user="USLACKBOT",
            username="Slack",
            text=f"{command['command']} failed with the error “{error}”",
            visible_to=command["user_id"],
        )
    )


def _answer_person(state: SlackState, url: ResponseUrl, arguments: Arguments) -> tuple[JsonObject, ...]:
    """Show a new message, or change or delete what was clicked; give the events that follow."""
    clicked = state.channels[url.channel].messages.get(url.message_ts)
    if clicked and arguments.flag("delete_original"):
        if clicked.visible_to:
            state.remove(clicked)
            return ()
        return (remove_message(state, clicked),)
    content = read_content(arguments)
    if clicked and arguments.flag("replace_original"):
        previous = message_shape(state, clicked)
        clicked.text, clicked.blocks = content.text or "", content.blocks or []
        state.notify(clicked)
        return () if clicked.visible_to else (events.message_changed(state, clicked, previous),)
    in_channel = arguments.text("response_type") == "in_channel"
    message = Message(
        channel=url.channel,
        ts=state.next_ts(),
        user=state.bot_user,
        bot_id=state.bot_id,
        text=content.text or "",
        blocks=content.blocks or [],
        thread_ts=arguments.text("thread_ts"),
        visible_to="" if in_channel else url.user,
        unfurl_links=arguments.flag("unfurl_links"),
        unfurl_media=arguments.flag("unfurl_media"),
    )
    state.post(message)
    return (events.message_posted(state, message),) if in_channel else ()
