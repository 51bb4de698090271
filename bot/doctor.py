"""Checks everything that Docent needs, each with what was found and how to mend it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.settings import BotSettings
from core.errors import ConfigurationError, DocentError
from core.inference.factory import build_embedder, context_needed
from core.inference.gguf_header import memory_estimate, read_header
from core.inference.model_files import find_chat_model, verify_bundled
from core.ingestion import loaders
from core.ingestion.ingest import Ingester
from core.ingestion.plan import list_files
from core.settings import CoreSettings
from core.storage.database import Database
from core.storage.index_store import IndexStore

_DISK_NEEDED = 500 * 1024**2
# What Python, the embedder and its libraries take beside the chat model; measured on Linux with the bundled one.
_EMBEDDER_MEMORY = 700 * 1024**2
_PROMPT_SECONDS = 300
# The shapes that both platforms document: https://api.slack.com/concepts/token-types, and a Discord bot token is
# three base64 parts joined by dots.
_SLACK_BOT = re.compile(r"^xoxb-[\w-]{10,}$")
_SLACK_APP = re.compile(r"^xapp-[\w-]{10,}$")
_DISCORD = re.compile(r"^[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}$")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. ok None: nothing to check, or a hint. remedy: "" when all is well."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


async def examine(core: CoreSettings, bot: BotSettings) -> list[Finding]:
    """Run every check; one that fails does not keep the others from running."""
    checks: list[tuple[str, Callable[[], Awaitable[Finding]]]] = [
        ("Python", lambda: _python()),
        ("disk", lambda: _disk(core)),
        ("bundled models", lambda: _bundled(core)),
        ("chat model", lambda: _chat_model(core)),
        ("llama.cpp build", lambda: _prompt(core)),
        ("embedder", lambda: _embedder(core)),
        ("database", lambda: _database(core)),
        ("index", lambda: _index(core)),
        ("folder", lambda: _folder(core)),
        ("Slack", lambda: _slack(bot)),
        ("Discord", lambda: _discord(bot)),
    ]
    findings = []
    for name, check in checks:
        try:
            findings.append(await check())
        except DocentError as error:
            # Our messages hold fact and remedy, so there is none to add.
            findings.append(Finding(name, False, str(error)))
    return findings


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
    if core.chat_model.startswith("hf:") and not list((core.docent_home / "models").glob("**/*.gguf")):
        return Finding("chat model", None, f"{core.chat_model} is fetched at the next start")
    path = await asyncio.to_thread(find_chat_model, core)
    header = await asyncio.to_thread(read_header, path)
    needed = memory_estimate(header, path.stat().st_size, context_needed(core)) + _EMBEDDER_MEMORY
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


async def _embedder(core: CoreSettings) -> Finding:
    embedder = build_embedder(core)
    dimensions = await asyncio.to_thread(lambda: embedder.dimensions)
    return Finding("embedder", True, f"{embedder.name}: {dimensions} dimensions, {embedder.max_tokens} tokens a chunk")


async def _database(core: CoreSettings) -> Finding:
    database = await Database.open(core)
    try:
        await database.ensure_schema()
    finally:
        await database.close()
    return Finding("database", True, f"{database.place}: pgvector and schema are fine")


async def _index(core: CoreSettings) -> Finding:
    database = await Database.open(core)
    try:
        store = IndexStore(database)
        if await store.settings() is None:
            return Finding("index", None, "nothing is ingested yet", "Run `docent ingest DIR`.")
        await Ingester(store, build_embedder(core), core.search_language).check_settings()
        collections = await store.status()
    finally:
        await database.close()
    documents = sum(collection.documents for collection in collections)
    chunks = sum(collection.chunks for collection in collections)
    return Finding("index", True, f"{documents} documents, {chunks} chunks in {len(collections)} collections")


async def _folder(core: CoreSettings) -> Finding:
    files = await asyncio.to_thread(lambda: list(list_files(core.docs_dir, loaders.SUPPORTED)))
    if not files:
        raise ConfigurationError(f"DOCS_DIR {core.docs_dir} holds no documents; put some in.")
    return Finding("folder", True, f"{core.docs_dir} holds {len(files)} documents")


async def _slack(bot: BotSettings) -> Finding:
    if bot.slack_bot_token is None and bot.slack_app_token is None:
        return Finding("Slack", None, "no tokens: not used")
    return _tokens(
        "Slack",
        (
            ("SLACK_BOT_TOKEN", bot.slack_bot_token, _SLACK_BOT, "xoxb-..."),
            ("SLACK_APP_TOKEN", bot.slack_app_token, _SLACK_APP, "xapp-..."),
        ),
    )


async def _discord(bot: BotSettings) -> Finding:
    if bot.discord_token is None:
        return Finding("Discord", None, "no token: not used")
    return _tokens("Discord", (("DISCORD_TOKEN", bot.discord_token, _DISCORD, "three parts joined by dots"),))


def _tokens(name: str, tokens: tuple[tuple[str, SecretStr | None, re.Pattern[str], str], ...]) -> Finding:
    for variable, value, shape, look in tokens:
        if value is None:
            return Finding(name, False, f"{variable} is missing", f"Put it into .env; it looks like {look}.")
        if not shape.match(value.get_secret_value()):
            return Finding(
                name, False, f"{variable} has the wrong shape", f"It should look like {look}; copy it once more."
            )
    return Finding(name, True, "the tokens have the right shape")


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GB"
