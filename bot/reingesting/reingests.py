"""Re-ingesting on an admin's word: the command, and the buttons under what it leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot import wording
from bot.admin import Admins
from bot.messages import Command, Press, Reply, Surface
from bot.reingesting.drawing import title
from bot.reingesting.folders import FolderRefusedError, Folders, Target
from bot.reingesting.place import Place
from core.bootstrap import Core
from core.errors import PlatformError
from core.storage.question_store import QuestionStore
from core.storage.run_store import StoredRun

log = structlog.get_logger()


class Reingests:
    """Turns the words of admins into runs; who works at them, and who tells of them, is not decided here.

    surfaces: the platforms that can be written to, by name.
    """

    def __init__(self, core: Core, questions: QuestionStore, admins: Admins, surfaces: Mapping[str, Surface]) -> None:
        self._core = core
        self._runs = core.runs
        self._questions = questions
        self._admins = admins
        self._surfaces = surfaces

    async def folders(self) -> list[str]:
        """Give the names that `reingest` takes. Raises StoreError."""
        return await asyncio.to_thread((await self._folders()).names)

    async def command(self, command: Command) -> str:
        """Begin what `reingest` asks for and give what its giver is told. Raises StoreError."""
        allowed = self._admins.include(command.platform, command.user, manages=command.manages)
        said, outcome = await self._begin_all(command) if allowed else (wording.NOT_AN_ADMIN, "refused")
        await self._questions.audit(
            command.platform,
            command.user,
            "reingest",
            allowed=allowed,
            detail=command.argument[:200],
            outcome=outcome[:200],
        )
        return said

    async def press(self, press: Press) -> str:
        """Confirm, leave or stop a run, and give what the presser alone is told. Raises StoreError."""
        run = await self._runs.get(press.question_id)
        if run is None or not run.requested_by.startswith(f"{press.platform}:"):
            return wording.RUN_OVER
        allowed = self._admins.include(press.platform, press.user, manages=press.manages)
        is_done = allowed and await self._do(press, run)
        outcome = ("done" if is_done else "too late") if allowed else "refused"
        await self._questions.audit(
            press.platform, press.user, press.action, allowed=allowed, detail=f"run {run.id}", outcome=outcome
        )
        if not allowed:
            return wording.NOT_AN_ADMIN
        return "" if is_done else wording.RUN_OVER

    async def _do(self, press: Press, run: StoredRun) -> bool:
        if press.action == "confirm":
            return await self._runs.confirm(run.id)
        return await self._runs.cancel(run.id)

    async def _begin_all(self, command: Command) -> tuple[str, str]:
        """Give what is said, and what came of it for the audit."""
        name, dry_run = command_words(command.argument)
        folders = await self._folders()
        try:
            targets = [await asyncio.to_thread(folders.choose, name)] if name else folders.all()
        except FolderRefusedError as refusal:
            return str(refusal), f"refused: {refusal}"
        if not targets:
            return wording.NOTHING_TO_REINGEST, "nothing to ingest"
        begun = [await self._begin(command, target, dry_run=dry_run) for target in targets]
        return "\n".join(dict.fromkeys(said for said, _ in begun)), ", ".join(outcome for _, outcome in begun)

    async def _begin(self, command: Command, target: Target, *, dry_run: bool) -> tuple[str, str]:
        busy = await self._runs.going_on(target.collection)
        if busy is not None and busy.status == "waiting":
            # Nobody has answered it: this asks anew, with a plan of now.
            await self._runs.cancel(busy.id)
        elif busy is not None:
            return wording.run_goes_on(busy), f"busy: run {busy.id}"
        if (command.audience is None or command.audience.is_public) and await self._is_private(target.collection):
            return wording.not_in_public([target.collection]), "refused: a private collection in a public channel"
        if command.place is None:
            raise AssertionError("platforms give a place with every reingest")
        message = replace(command.place, key=f"{command.place.key}:{target.collection}")
        place = Place(message, command.user_name)
        opening = Reply("working", title(target.collection, place.asked_by, dry_run=dry_run), wording.RUN_LOOKING)
        try:
            # Before there is a run: where nothing can be shown, nothing happens unseen.
            place = replace(place, sent=await self._surfaces[command.platform].show(message, opening, None))
        except PlatformError as error:
            log.warning("reingest not shown", collection=target.collection, error=str(error))
            return wording.REINGEST_UNSEEN, "not begun: nothing can be shown there"
        run_id = await self._runs.request(
            target.collection,
            str(target.folder),
            requested_by=f"{command.platform}:{command.user}",
            dry_run=dry_run,
            report=place.written(),
            enqueue=True,
        )
        return wording.REINGEST_BEGUN, f"run {run_id}"

    async def _is_private(self, collection: str) -> bool:
        return any(entry.private for entry in await self._core.access.collections() if entry.name == collection)

    async def _folders(self) -> Folders:
        return await asyncio.to_thread(Folders.of, self._core.settings, await self._core.index.status())


def command_words(argument: str) -> tuple[str, bool]:
    """Give the folder ("" for all) and whether it is a dry run, from what stood behind `reingest`."""
    words = argument.split()
    return " ".join(word for word in words if word != "--dry-run"), "--dry-run" in words
