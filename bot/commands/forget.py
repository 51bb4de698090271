"""`docent forget`: deletes conversations held on the command line."""

from __future__ import annotations

import argparse

from bot import wording
from bot.commands.ask import conversation_key
from bot.opening import open_docent
from core.errors import ConfigurationError


async def run(arguments: argparse.Namespace) -> int:
    """Delete one conversation, or all of the command line's."""
    if bool(arguments.conversation) == arguments.all:
        raise ConfigurationError("Say what to forget: --conversation ID, or --all.")
    async with open_docent(answers=False) as core:
        if arguments.all:
            await core.kept.forget_unremembered()
            print(wording.forgotten_all(await core.conversations.forget_all("cli")))
        else:
            turns = await core.conversations.forget(conversation_key(arguments.conversation))
            print(wording.forgotten(turns) if turns else wording.FORGOTTEN_NONE)
    return 0
