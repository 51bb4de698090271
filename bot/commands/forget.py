"""`docent forget`: deletes conversations held on the command line, or all that is stored about a person."""

from __future__ import annotations

import argparse

from bot import wording
from bot.commands.ask import conversation_key
from bot.opening import open_docent
from bot.people import person_named
from core.errors import ConfigurationError
from core.storage.person_store import PersonStore


async def run(arguments: argparse.Namespace) -> int:
    """Delete one conversation, all of the command line's, or a person; exit status 1 when some of it has to wait."""
    if bool(arguments.conversation) + arguments.all + bool(arguments.user) != 1:
        raise ConfigurationError("Say what to forget: --conversation ID, --all, or --user PLATFORM:ID.")
    person = person_named(arguments.user) if arguments.user else None
    async with open_docent(answers=False) as core:
        if person is not None:
            gone = await PersonStore(core.database).forget(person)
            print("\n".join(wording.person_forgotten(person, gone)))
            return 1 if gone.still_open else 0
        if arguments.all:
            await core.kept.forget_unremembered()
            print(wording.forgotten_all(await core.conversations.forget_all("cli")))
        else:
            turns = await core.conversations.forget(conversation_key(arguments.conversation))
            print(wording.forgotten(turns) if turns else wording.FORGOTTEN_NONE)
    return 0
