"""The home tab and modals: views.publish and views.open."""

from __future__ import annotations

from typing import Any

from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_blocks import check_blocks, with_ids
from bot.simulate.slack_errors import SlackMethodError, invalid_arguments
from bot.simulate.slack_outcome import Outcome
from bot.simulate.slack_rules import VIEW_BLOCKS
from bot.simulate.slack_state import SlackState

JsonObject = dict[str, Any]


def publish(state: SlackState, arguments: Arguments) -> Outcome:
    """views.publish: what one user sees in the home tab."""
    user = arguments.required("user_id")
    if user not in state.users:
        raise SlackMethodError("user_not_found")
    before = state.homes.get(user)
    if arguments.text("hash") and before and arguments.text("hash") != before["hash"]:
        raise SlackMethodError("hash_conflict")
    view = _view(state, arguments, "home")
    state.homes[user] = view
    return Outcome({"view": view})


def open_modal(state: SlackState, arguments: Arguments) -> Outcome:
    """views.open: a trigger opens one view, within seconds."""
    trigger = state.triggers.get(arguments.required("trigger_id"))
    if trigger is None:
        raise SlackMethodError("invalid_trigger_id")
    if trigger.used:
        raise SlackMethodError("exchanged_trigger_id")
    if state.clock() - trigger.created_at > state.rules.trigger_lifetime:
        raise SlackMethodError("expired_trigger_id")
    view = _view(state, arguments, "modal")
    trigger.used = True
    state.views[view["id"]] = {**view, "opened_for": trigger.user}
    return Outcome({"view": view})


def open_view_of(state: SlackState, user: str, callback_id: str) -> JsonObject:
    """Give the modal that a user has open. Raises LookupError."""
    for view in reversed(state.views.values()):
        if view["opened_for"] == user and view["callback_id"] == callback_id:
            return {name: value for name, value in view.items() if name != "opened_for"}
    raise LookupError(f"{user} has no open view with the callback_id {callback_id!r}; views.open was not called.")


def _view(state: SlackState, arguments: Arguments, kind: str) -> JsonObject:
    view = arguments.mapping("view", "invalid_arguments")
    if view is None or view.get("type") != kind:
        raise invalid_arguments(f"must be a view of type {kind} [json-pointer:/view/type]")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        raise invalid_arguments("missing required field: blocks [json-pointer:/view]")
    if kind == "modal" and len(view.get("title", {}).get("text", "")) not in range(1, 25):
        raise invalid_arguments("must have 1 to 24 characters [json-pointer:/view/title/text]")
    if kind == "modal" and "submit" not in view and any(block.get("type") == "input" for block in blocks):
        raise invalid_arguments("missing required field: submit, which a form with inputs needs [json-pointer:/view]")
    try:
        check_blocks(blocks, at_most=VIEW_BLOCKS, pointer="/view/blocks")
    except SlackMethodError as refusal:
        # Messages get invalid_blocks; views get the same findings as invalid_arguments.
        raise invalid_arguments(*refusal.details["errors"]) from None
    number = state.new_id("")
    identity = {"id": f"V{number}", "team_id": state.team_id, "app_id": state.app_id, "bot_id": state.bot_id}
    return {"callback_id": "", "private_metadata": "", **view, **identity, "hash": number, "blocks": with_ids(blocks)}
