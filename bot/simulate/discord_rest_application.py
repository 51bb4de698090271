"""REST routes about the application: who the bot is, its commands, its guilds and their members."""

from __future__ import annotations

from aiohttp import web

from bot.simulate import discord_shapes as shapes
from bot.simulate.discord_commands import CommandRegistry
from bot.simulate.discord_errors import ApiError, Json, refusal
from bot.simulate.discord_objects import Guild
from bot.simulate.discord_rest import BODY, PREFIX, body_of, json_response, no_content, number
from bot.simulate.discord_world import World


class ApplicationRoutes:
    """What the bot asks about itself and its guilds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state
        self._commands = CommandRegistry(world.state)

    def routes(self) -> list[web.RouteDef]:
        """Give the routes."""
        guild = PREFIX + "/guilds/{guild_id}"
        found = [
            web.get(PREFIX + "/users/@me", self.own_user),
            web.get(PREFIX + "/users/@me/guilds", self.own_guilds),
            web.get(PREFIX + "/users/{user_id}", self.user),
            web.get(PREFIX + "/oauth2/applications/@me", self.application),
            web.get(PREFIX + "/applications/@me", self.application),
            web.get(PREFIX + "/gateway", self.gateway),
            web.get(PREFIX + "/gateway/bot", self.gateway),
            web.get(guild, self.guild),
            web.get(guild + "/channels", self.guild_channels),
            web.get(guild + "/roles", self.guild_roles),
            web.get(guild + "/members/{user_id}", self.member),
        ]
        application = PREFIX + "/applications/{application_id}"
        for commands in (application + "/commands", application + "/guilds/{guild_id}/commands"):
            found += [
                web.get(commands, self.list_commands),
                web.put(commands, self.replace_commands),
                web.post(commands, self.add_command),
                web.get(commands + "/{command_id}", self.get_command),
                web.patch(commands + "/{command_id}", self.edit_command),
                web.delete(commands + "/{command_id}", self.delete_command),
            ]
        return found

    # ---- the bot ----

    async def own_user(self, request: web.Request) -> web.Response:
        """Give the bot's user."""
        return json_response(shapes.own_user_json(self._state.bot))

    async def own_guilds(self, request: web.Request) -> web.Response:
        """Give the guilds that the bot is in."""
        guilds = [guild for guild in self._state.guilds.values() if self._state.bot.id in guild.members]
        return json_response([{"id": str(guild.id), "name": guild.name, "features": []} for guild in guilds])

    async def user(self, request: web.Request) -> web.Response:
        """Give any user."""
        user = self._state.users.get(number(request, "user_id"))
        if user is None:
            raise refusal(10013)
        return json_response(shapes.user_json(user))

    async def application(self, request: web.Request) -> web.Response:
        """Give the application."""
        return json_response(shapes.application_json(self._state, self._world.gateway.application_flags))

    async def gateway(self, request: web.Request) -> web.Response:
        """Give the gateway's address, and how often sessions may start."""
        left = 1000 - self._world.gateway.identifies
        start: Json = {"total": 1000, "remaining": left, "reset_after": 86_400_000, "max_concurrency": 1}
        return json_response({"url": self._world.gateway.url, "shards": 1, "session_start_limit": start})

    # ---- guilds ----

    async def guild(self, request: web.Request) -> web.Response:
        """Give a guild."""
        return json_response(shapes.guild_json(self._guild(request)))

    async def guild_channels(self, request: web.Request) -> web.Response:
        """Give the channels of a guild, threads left out."""
        guild = self._guild(request)
        channels = [c for c in self._state.channels.values() if c.guild is guild and not c.is_thread]
        return json_response([shapes.channel_json(self._state, channel) for channel in channels])

    async def guild_roles(self, request: web.Request) -> web.Response:
        """Give the roles of a guild."""
        guild = self._guild(request)
        return json_response([shapes.role_json(guild, role) for role in guild.roles.values()])

    async def member(self, request: web.Request) -> web.Response:
        """Give a member of a guild."""
        guild = self._guild(request)
        member = guild.members.get(number(request, "user_id"))
        if member is None:
            raise refusal(10007)
        return json_response(shapes.member_json(guild, member.user))

    # ---- commands ----

    async def list_commands(self, request: web.Request) -> web.Response:
        """Give the commands of the scope in the path."""
        return json_response(list(self._state.commands.get(self._scope(request), {}).values()))

    async def replace_commands(self, request: web.Request) -> web.Response:
        """Overwrite the commands of a scope."""
        wanted = request[BODY]
        if not isinstance(wanted, list):
            raise ApiError(400, 50035, "Invalid Form Body")
        return json_response(self._commands.replace(self._scope(request), wanted))

    async def add_command(self, request: web.Request) -> web.Response:
        """Create a command."""
        return json_response(self._commands.add(self._scope(request), body_of(request)), 201)

    async def get_command(self, request: web.Request) -> web.Response:
        """Give one command."""
        return json_response(self._commands.get(self._scope(request), number(request, "command_id")))

    async def edit_command(self, request: web.Request) -> web.Response:
        """Change a command."""
        scope, command_id = self._scope(request), number(request, "command_id")
        return json_response(self._commands.change(scope, command_id, body_of(request)))

    async def delete_command(self, request: web.Request) -> web.Response:
        """Delete a command."""
        self._commands.remove(self._scope(request), number(request, "command_id"))
        return no_content()

    # ---- inside ----

    def _guild(self, request: web.Request) -> Guild:
        """Find the guild of a path. Raises ApiError 10004, or 50001 where the bot is no member."""
        guild = self._state.guilds.get(number(request, "guild_id"))
        if guild is None:
            raise refusal(10004)
        if self._state.bot.id not in guild.members:
            raise refusal(50001)
        return guild

    def _scope(self, request: web.Request) -> int | None:
        """Give the guild id of a command path, None for the global commands. Raises ApiError 20012 or 50001."""
        if number(request, "application_id") != self._state.bot.id:
            raise refusal(20012)
        if "guild_id" not in request.match_info:
            return None
        guild = self._state.guilds.get(number(request, "guild_id"))
        if guild is None or self._state.bot.id not in guild.members:
            raise refusal(50001)
        return guild.id
