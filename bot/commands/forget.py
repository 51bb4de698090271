"""`docent forget`: deletes conversations held on the command line."""

from __future__ import annotations

import argparse

from bot import wording
from bot.commands.ask import conversation_key
from core.bootstrap import open_core
from core.errors import ConfigurationError
from core.settings import CoreSettings, load_settings


async def run(arguments: argparse.Namespace) -> int:
    """Delete one conversation, or all of the command line's."""
    if bool(arguments.conversation) == arguments.all:
        raise ConfigurationError("Say what to forget: --conversation ID, or --all.")
    async with open_core(load_settings(CoreSettings)) as core:
        if arguments.all:
            print(wording.forgotten_all(await core.conversations.forget_all("cli")))
        else:
            turns = await core.conversations.forget(conversation_key(arguments.conversation))
            print(wording.forgotten(turns) if turns else wording.FORGOTTEN_NONE)
    return 0
