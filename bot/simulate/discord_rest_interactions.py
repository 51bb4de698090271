"""REST routes that an interaction's token opens: the first callback, the original response, follow-ups."""

from __future__ import annotations

from aiohttp import web

from bot.simulate.discord_content import apply_edit, new_content
from bot.simulate.discord_errors import ApiError, Json, refusal
from bot.simulate.discord_limits import Clock, Limits
from bot.simulate.discord_mentions import PARSED_IN_INTERACTIONS
from bot.simulate.discord_message_shapes import callback_json, message_json
from bot.simulate.discord_objects import (
    CallbackKind,
    Channel,
    Interaction,
    InteractionKind,
    Message,
    MessageFlag,
    MessageKind,
)
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_rest import FILES, PREFIX, body_of, json_response, no_content, number
from bot.simulate.discord_validation import check_choices, check_message, check_modal
from bot.simulate.discord_world import World

ANSWERS: dict[InteractionKind, tuple[CallbackKind, ...]] = {
    InteractionKind.COMMAND: (CallbackKind.MESSAGE, CallbackKind.DEFERRED_MESSAGE, CallbackKind.MODAL),
    InteractionKind.COMPONENT: (
        CallbackKind.MESSAGE,
        CallbackKind.DEFERRED_MESSAGE,
        CallbackKind.DEFERRED_UPDATE,
        CallbackKind.UPDATE,
        CallbackKind.MODAL,
    ),
    InteractionKind.AUTOCOMPLETE: (CallbackKind.CHOICES,),
    InteractionKind.MODAL: (CallbackKind.MESSAGE, CallbackKind.DEFERRED_MESSAGE),
}
# A form that a button opened may also change the message of the button.
UPDATES = (CallbackKind.DEFERRED_UPDATE, CallbackKind.UPDATE)
SETTABLE_FLAGS = MessageFlag.EPHEMERAL | MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS


class InteractionRoutes:
    """What the bot does with an interaction's token; its own token is not asked for here."""

    def __init__(self, world: World, limits: Limits, clock: Clock) -> None:
        self._world = world
        self._state = world.state
        self._limits = limits
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Give the routes."""
        webhook = PREFIX + "/webhooks/{application_id}/{token}"
        message = webhook + "/messages/{message_id}"
        return [
            web.post(PREFIX + "/interactions/{interaction_id}/{token}/callback", self.answer),
            web.post(webhook, self.follow_up),
            web.get(message, self.get_message),
            web.patch(message, self.edit_message),
            web.delete(message, self.delete_message),
        ]

    async def answer(self, request: web.Request) -> web.Response:
        """Accept the first answer to an interaction."""
        interaction = self._state.interactions.get(request.match_info["token"])
        if interaction is None or interaction.id != number(request, "interaction_id"):
            raise refusal(10062)
        if interaction.callback is not None:
            raise refusal(40060)
        waited = self._clock() - interaction.sent_at
        if waited > self._limits.callback:
            interaction.too_late = True
            raise refusal(10062)
        body = body_of(request)
        kind = self._callback_kind(interaction, body)
        self._apply(interaction, kind, body.get("data") or {}, request[FILES])
        interaction.callback, interaction.acknowledged_after = kind, waited
        if request.query.get("with_response", "").lower() not in ("1", "true"):
            return no_content()
        return json_response(callback_json(self._state, interaction))

    async def follow_up(self, request: web.Request) -> web.Response:
        """Post another message; right after a deferral this fills the deferred one."""
        interaction, body = self._interaction(request), body_of(request)
        check_message(body)
        deferred = interaction.original
        if deferred is not None and deferred.loading and not deferred.deleted:
            self._may_write(interaction.channel)
            apply_edit(self._world, deferred, body, request[FILES], PARSED_IN_INTERACTIONS)
            return json_response(self._shape(deferred))
        message = self._post(interaction, body, request[FILES], MessageFlag(int(body.get("flags") or 0)))
        return json_response(self._shape(message))

    async def get_message(self, request: web.Request) -> web.Response:
        """Give the original response or a follow-up."""
        return json_response(self._shape(self._message(request)))

    async def edit_message(self, request: web.Request) -> web.Response:
        """Edit the original response or a follow-up."""
        message, body = self._message(request), body_of(request)
        check_message(body)
        self._may_write(message.channel)
        if message.channel.archived:
            raise refusal(50083)
        apply_edit(self._world, message, body, request[FILES], PARSED_IN_INTERACTIONS)
        return json_response(self._shape(message))

    async def delete_message(self, request: web.Request) -> web.Response:
        """Delete the original response or a follow-up."""
        self._world.delete(self._message(request))
        return no_content()

    # ---- inside ----

    def _callback_kind(self, interaction: Interaction, body: Json) -> CallbackKind:
        """Read the type of a callback. Raises ApiError 50035 where the interaction can't be answered so."""
        allowed = ANSWERS[interaction.kind]
        if interaction.kind is InteractionKind.MODAL and interaction.source is not None:
            allowed += UPDATES
        if body.get("type") not in allowed:
            choices = ", ".join(str(int(kind)) for kind in allowed)
            fault = {"_errors": [{"code": "BASE_TYPE_CHOICES", "message": f"Value must be one of ({choices})."}]}
            raise ApiError(400, 50035, "Invalid Form Body", {"type": fault})
        return CallbackKind(body["type"])

    def _apply(self, interaction: Interaction, kind: CallbackKind, data: Json, files: list[Json]) -> None:
        """Do what a callback asks for."""
        flags = MessageFlag(int(data.get("flags") or 0))
        if kind is CallbackKind.CHOICES:
            interaction.choices = check_choices(data)
        elif kind is CallbackKind.MODAL:
            interaction.modal = check_modal(data)
        elif kind is CallbackKind.DEFERRED_MESSAGE:
            loading = (flags & MessageFlag.EPHEMERAL) | MessageFlag.LOADING
            interaction.original = self._respond(interaction, loading, {}, {})
        elif kind is CallbackKind.MESSAGE:
            check_message(data, ("data",))
            interaction.original = self._post(interaction, data, files, flags)
        else:
            # Both update the message whose button was pressed, one now and one later.
            interaction.original = interaction.source
            if kind is CallbackKind.UPDATE and interaction.source is not None:
                check_message(data, ("data",))
                apply_edit(self._world, interaction.source, data, files, PARSED_IN_INTERACTIONS)

    def _post(self, interaction: Interaction, body: Json, files: list[Json], flags: MessageFlag) -> Message:
        return self._respond(interaction, flags & SETTABLE_FLAGS, body, new_content(self._state, body, files))

    def _respond(self, interaction: Interaction, flags: MessageFlag, body: Json, shown: Json) -> Message:
        channel = interaction.channel
        self._may_write(channel)
        # The answer to a command stands alone; follow-ups and answers to a button are replies.
        first = interaction.original or interaction.source
        message = self._world.post(
            self._state.bot,
            channel,
            allowed_mentions=body.get("allowed_mentions"),
            parsed=PARSED_IN_INTERACTIONS,
            interaction=interaction,
            kind=MessageKind.REPLY if first else MessageKind.CHAT_INPUT_COMMAND,
            replies_to=first,
            flags=flags,
            **shown,
        )
        interaction.messages.append(message)
        return message

    def _interaction(self, request: web.Request) -> Interaction:
        """Find the interaction of a token. Raises ApiError 50027 when it has expired, 10015 before it is answered."""
        interaction = self._state.interactions.get(request.match_info["token"])
        if interaction is None or self._clock() - interaction.sent_at > self._limits.token:
            raise refusal(50027)
        if interaction.callback is None or number(request, "application_id") != self._state.bot.id:
            raise refusal(10015)
        return interaction

    def _message(self, request: web.Request) -> Message:
        """Find a message of an interaction. Raises ApiError 10008."""
        interaction, name = self._interaction(request), request.match_info["message_id"]
        message = interaction.original
        if name != "@original":
            message = next((sent for sent in interaction.messages if str(sent.id) == name), None)
        if message is None or message.deleted:
            raise refusal(10008)
        return message

    def _may_write(self, channel: Channel) -> None:
        """Refuse a thread that a moderator has closed; an archived one wakes up, as for any message."""
        closed = channel.locked and Permission.MANAGE_THREADS not in self._state.permissions(self._state.bot, channel)
        if closed:
            raise refusal(50083 if channel.archived else 160005)

    def _shape(self, message: Message) -> Json:
        return message_json(self._state, message, with_content=True)
