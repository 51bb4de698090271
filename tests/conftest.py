"""A real Postgres with pgvector for the whole run, and a freshly migrated database for each test that wants one."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import structlog

from bot.settings import BotSettings
from core.settings import CoreSettings
from core.storage.database import Database
from core.storage.embedded import start_embedded

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep a developer's .env and variables out of the tests."""
    for kind in (CoreSettings, BotSettings):
        monkeypatch.setitem(kind.model_config, "env_file", None)
        for name in kind.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DOCENT_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _logging_of_its_own() -> Iterator[None]:
    """Take back what a command that ran inside a test has set up: it writes to that test's captured output."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running server; connect to its databases by name.

    Not under pytest's own folder: that is closed to the user that Postgres runs as when the tests run as root.
    """
    with tempfile.TemporaryDirectory(prefix="docent-test-", ignore_cleanup_errors=True) as home:
        yield start_embedded(Path(home))


def on_server(url: str, statement: str) -> None:
    """Run one statement outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The address of a database without any schema."""
    name = f"empty_{next(_numbers)}"
    on_server(postgres_url, f"CREATE DATABASE {name}")
    yield database_url(postgres_url, name)
    on_server(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def database_url(server: str, name: str) -> str:
    """Give a server's address with another database name."""
    address, _, options = server.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}?{options}"


@pytest.fixture(scope="session")
async def template_database(postgres_url: str) -> str:
    """The name of a migrated database that others are cloned from: much faster than migrating each."""
    on_server(postgres_url, "CREATE DATABASE docent_template")
    database = await Database.open(settings_for(database_url(postgres_url, "docent_template")))
    await database.ensure_schema()
    await database.close()
    return "docent_template"


def settings_for(url: str, home: Path | None = None, **changes: object) -> CoreSettings:
    """Give settings that use one database and no .env file."""
    values = {
        "database_url": url,
        "chat_model": "none",
        "reranker": "none",
        **({"docent_home": home} if home else {}),
        **changes,
    }
    return CoreSettings(_env_file=None, **values)  # type: ignore[arg-type,call-arg]


@pytest.fixture
def migrated_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The address of a fresh database with the schema."""
    name = f"test_{next(_numbers)}"
    on_server(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield database_url(postgres_url, name)
    on_server(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """An open fresh database with the schema."""
    opened = await Database.open(settings_for(migrated_url))
    yield opened
    await opened.close()
