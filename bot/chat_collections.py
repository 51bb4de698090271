"""The command `collections` of a chat: what there is, what this channel sees, and changing that; for admins."""

from __future__ import annotations

from collections.abc import Sequence

from bot import wording
from bot.access import audience_of
from bot.admin import Admins
from bot.messages import Command
from core.errors import ConfigurationError
from core.storage.access_store import AccessStore, Audience, CollectionAccess
from core.storage.question_store import QuestionStore

ALL = "--all"


class ChatCollections:
    """Carries out `collections`, `collections limit NAME...`, `limit --all` and `private NAME... [on|off]`."""

    def __init__(self, access: AccessStore, questions: QuestionStore, admins: Admins) -> None:
        self._access = access
        self._questions = questions
        self._admins = admins

    async def command(self, command: Command) -> str:
        """Do the command and give what its giver is told; every try is audited. Raises StoreError."""
        allowed = self._admins.include(command.platform, command.user, manages=command.manages)
        said = await self._do(command) if allowed else wording.NOT_AN_ADMIN
        await self._questions.audit(
            command.platform,
            command.user,
            "collections",
            allowed=allowed,
            detail=command.argument[:200],
            outcome=(said if allowed else "refused")[:200],
        )
        return said

    async def _do(self, command: Command) -> str:
        audience = audience_of(command.conversation, command.audience)
        verb, _, rest = command.argument.strip(" ,").partition(" ")
        known = await self._access.collections()
        try:
            if verb == "limit" and rest.strip():
                return await self._limit(audience, rest.strip(), known)
            if verb == "private" and rest.strip():
                return await self._mark(rest.strip(), known)
        except ConfigurationError as error:
            return str(error)
        return await self._told(audience, known)

    async def _told(self, audience: Audience, known: Sequence[CollectionAccess]) -> str:
        return wording.collections_text(known, await self._access.visible(audience))

    async def _limit(self, audience: Audience, rest: str, known: Sequence[CollectionAccess]) -> str:
        if rest == ALL:
            await self._access.lift(audience.scope)
        else:
            names = _names(rest, known)
            private = [entry.name for entry in known if entry.private and entry.name in names]
            if private and audience.is_public:
                return wording.not_in_public(private)
            await self._access.limit(audience.scope, names)
        return wording.now_sees(await self._access.visible(audience))

    async def _mark(self, rest: str, known: Sequence[CollectionAccess]) -> str:
        name, _, switch = rest.rpartition(" ")
        if switch not in ("on", "off") or not name:
            name, switch = rest, "on"
        names = _names(name, known)
        await self._access.set_private(names, private=switch == "on")
        return "\n".join(wording.marked(name, private=switch == "on") for name in names)


def _names(text: str, known: Sequence[CollectionAccess]) -> list[str]:
    """Give the names in a text: the whole of it when a collection is called so, else between commas or white space."""
    if any(entry.name == text for entry in known):
        return [text]
    return [name.strip() for name in (text.split(",") if "," in text else text.split()) if name.strip()]
