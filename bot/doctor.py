"""Checks everything that Docent needs, each with what was found and how to mend it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
import shutil
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path

from bot.findings import Finding
from bot.settings import BotSettings
from core.errors import ConfigurationError, DocentError
from core.inference.factory import build_embedder, context_needed
from core.inference.gguf_header import memory_estimate, read_header
from core.inference.model_files import find_chat_model, is_fetched, verify_bundled
from core.ingestion import loaders
from core.ingestion.listing import list_files
from core.ingestion.matching import check_match, settings_of
from core.ports import Embedder
from core.settings import CoreSettings
from core.storage.database import Database
from core.storage.index_store import IndexStore

_DISK_NEEDED = 500 * 1024**2
# What Python, the embedder and its libraries take beside the chat model; measured on Linux with the bundled one.
_EMBEDDER_MEMORY = 700 * 1024**2
_PROMPT_SECONDS = 300


async def examine(core: CoreSettings, bot: BotSettings) -> list[Finding]:
    """Run every check; one that fails does not keep the others from running."""
    findings = [
        await _told("Python", _python()),
        await _told("disk", _disk(core)),
        await _told("bundled models", _bundled(core)),
        await _told("chat model", _chat_model(core)),
        await _told("llama.cpp build", _prompt(core)),
        *await _index_and_its_parts(core),
        await _told("folder", _folder(core)),
    ]
    return [*findings, *await _slack(bot), *await _discord(bot)]


async def _told(name: str, check: Awaitable[Finding]) -> Finding:
    """Give what a check finds, also when it ends with an error of ours."""
    try:
        return await check
    except DocentError as error:
        return _failed(name, error)


def _failed(name: str, error: DocentError) -> Finding:
    # Our messages hold fact and remedy, so there is none to add.
    return Finding(name, False, str(error))


async def _python() -> Finding:
    return Finding("Python", True, f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}")


async def _disk(core: CoreSettings) -> Finding:
    place = core.docent_home.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{_gigabytes(free)} free for {core.docent_home}"
    if free < _DISK_NEEDED:
        return Finding("disk", False, detail, f"Free {_gigabytes(_DISK_NEEDED)}, or set DOCENT_HOME elsewhere.")
    return Finding("disk", True, detail)


async def _bundled(core: CoreSettings) -> Finding:
    if core.chat_model != "bundled" and core.embedder != "bundled":
        return Finding("bundled models", None, "not used")
    await asyncio.to_thread(verify_bundled)
    return Finding("bundled models", True, "checksums match")


async def _chat_model(core: CoreSettings) -> Finding:
    if core.chat_model == "none" or core.chat_model.startswith("openai:"):
        return Finding("chat model", None, f"{core.chat_model}: no file to check")
    if not is_fetched(core):
        return Finding("chat model", None, f"{core.chat_model} is fetched at the next start")
    path = await asyncio.to_thread(find_chat_model, core)
    header = await asyncio.to_thread(read_header, path)
    cached = context_needed(core) * core.parallel
    needed = memory_estimate(header, path.stat().st_size, cached) + _EMBEDDER_MEMORY
    available = _available_memory()
    detail = f"{path.name} ({header.file_type}) needs about {_gigabytes(needed)} with the embedder"
    if available is None:
        return Finding("chat model", True, detail)
    detail += f", {_gigabytes(available)} are available"
    if available < needed:
        return Finding("chat model", False, detail, "Choose a smaller model or quantisation, or free memory.")
    return Finding("chat model", True, detail)


def _available_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:  # macOS has none
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


async def _prompt(core: CoreSettings) -> Finding:
    """Prompt the model in a process of its own: a build for another CPU dies with SIGILL, and takes only that along."""
    if core.chat_model == "none":
        return Finding("llama.cpp build", None, "CHAT_MODEL is none")
    if not is_fetched(core):
        # Gigabytes: fetched where people see how far it is.
        return Finding("llama.cpp build", None, f"not tried: {core.chat_model} is not fetched yet")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.doctor_prompt",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), _PROMPT_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Finding(
            "llama.cpp build", False, f"no answer in {_PROMPT_SECONDS} s", "Choose a smaller model for this machine."
        )
    version = importlib.metadata.version("llama-cpp-python")
    if process.returncode == 0:
        return Finding("llama.cpp build", True, f"{version}: {output.decode().strip()}")
    if process.returncode is not None and process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        return Finding(
            "llama.cpp build",
            False,
            f"{version} died with {name}: it was built for another CPU",
            "Run `make clean run` to build it for this one.",
        )
    lines = errors.decode(errors="replace").strip().splitlines()
    return Finding("llama.cpp build", False, lines[-1] if lines else f"exit status {process.returncode}")


async def _index_and_its_parts(core: CoreSettings) -> list[Finding]:
    """Check the embedder, the database and what is in it; each of the two is opened once."""
    embedder_found, embedder = await _embedder(core)
    database_found, database = await _database(core)
    try:
        index_found = await _told("index", _index(core, embedder, database))
    finally:
        if database is not None:
            await database.close()
    return [embedder_found, database_found, index_found]


async def _embedder(core: CoreSettings) -> tuple[Finding, Embedder | None]:
    try:
        embedder = build_embedder(core)
        dimensions = await asyncio.to_thread(lambda: embedder.dimensions)
    except DocentError as error:
        return _failed("embedder", error), None
    detail = f"{embedder.name}: {dimensions} dimensions, {embedder.max_tokens} tokens a chunk"
    return Finding("embedder", True, detail), embedder


async def _database(core: CoreSettings) -> tuple[Finding, Database | None]:
    try:
        database = await Database.open(core)
    except DocentError as error:
        return _failed("database", error), None
    try:
        await database.ensure_schema()
    except DocentError as error:
        await database.close()
        return _failed("database", error), None
    return Finding("database", True, f"{database.place}: pgvector and schema are fine"), database


async def _index(core: CoreSettings, embedder: Embedder | None, database: Database | None) -> Finding:
    if embedder is None or database is None:
        return Finding("index", None, "not looked at: the embedder and the database must work first")
    store = IndexStore(database)
    made_with = await store.settings()
    if made_with is None:
        return Finding("index", None, "nothing is ingested yet", "Run `docent ingest DIR`.")
    check_match(made_with, await asyncio.to_thread(settings_of, embedder, core.search_language))
    collections = await store.status()
    documents = sum(collection.documents for collection in collections)
    chunks = sum(collection.chunks for collection in collections)
    return Finding("index", True, f"{documents} documents, {chunks} chunks in {len(collections)} collections")


async def _folder(core: CoreSettings) -> Finding:
    files = await asyncio.to_thread(list_files, core.docs_dir, loaders.SUPPORTED)
    if not files:
        raise ConfigurationError(f"DOCS_DIR {core.docs_dir} holds no documents; put some in.")
    return Finding("folder", True, f"{core.docs_dir} holds {len(files)} documents")


async def _slack(bot: BotSettings) -> list[Finding]:
    if bot.slack_bot_token is None and bot.slack_app_token is None and bot.slack_signing_secret is None:
        return [Finding("Slack", None, "no tokens: not used")]
    from bot.platforms.slack.doctor import examine_slack  # a platform's library is imported only where it is used

    return await examine_slack(bot)


async def _discord(bot: BotSettings) -> list[Finding]:
    if bot.discord_token is None:
        return [Finding("Discord", None, "no token: not used")]
    from bot.platforms.discord.doctor import examine_discord

    return await examine_discord(bot, bot.discord_token.get_secret_value())


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GB"
