"""Brings a question that the documents don't answer well to the owner of the nearest document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot import wording
from bot.access import audience_of
from bot.admin import Admins
from bot.messages import Press, Reply, Surface
from bot.notices import below
from core.bootstrap import Core
from core.errors import PlatformError
from core.storage.handover_store import HandoverStore
from core.storage.question_store import StoredQuestion

log = structlog.get_logger()

# Further down the documents have little to do with the question, and their owners neither.
_NEAREST = 5
_SHOWN = 3
_IDS = {"slack": re.compile(r"[UW][A-Z0-9]+"), "discord": re.compile(r"[0-9]+")}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom to ask. name: as written. user: their id on the platform at hand, "" where they can only be named."""

    name: str
    user: str = ""


def owner_on(platform: str, owners: Sequence[str]) -> Owner:
    """Give the first owner who has an id on a platform, else the first one. owners: at least one."""
    for name in owners:
        place, _, user = name.partition(":")
        if place == platform and platform in _IDS and _IDS[platform].fullmatch(user):
            return Owner(name, user)
    return Owner(owners[0])


class Handovers:
    """Asks owners in the conversation of the question, each of them once about a question.

    surfaces: the platforms that can be written to, by name.
    """

    def __init__(self, core: Core, admins: Admins, surfaces: Mapping[str, Surface]) -> None:
        self._access = core.access
        self._store = HandoverStore(core.database)
        self._admins = admins
        self._surfaces = surfaces

    async def hand_over(self, stored: StoredQuestion, press: Press) -> str:
        """Ask the owner of the nearest document that has one; gives what the presser is told. Raises StoreError."""
        seen = await self._access.visible(audience_of(stored.conversation, press.audience))
        documents = await self._store.nearest(stored.id, seen, _NEAREST)
        owned = next((document for document in documents if document.owners), None)
        if owned is None:
            return wording.no_owner(self._admins.names)
        owner = owner_on(press.platform, owned.owners)
        if press.platform not in _IDS:
            return wording.owner_named(owner.name, owned.path)  # nobody else reads this conversation
        asked_by = f"{press.platform}:{press.user}"
        if not await self._store.claim(stored.id, owner.name, asked_by=asked_by, document=owned.path):
            return wording.already_handed_over(owned.path)
        text = wording.handover(
            stored.text,
            owned.path,
            [document.path for document in documents[:_SHOWN]],
            asker=press.user_name,
            owner="" if owner.user else owner.name,
            is_private=stored.private,
        )
        try:
            message = below(stored, f"human {owner.name}")
            await self._surfaces[press.platform].show(message, Reply("final", text, mention=owner.user), None)
        except PlatformError as error:
            log.warning("question not handed over", question=stored.id, error=str(error))
            await self._store.release(stored.id, owner.name)
            return wording.HANDOVER_REFUSED
        return "" if stored.private else wording.handed_over(owned.path)
