"""The connection to Postgres: opened, checked against what Docent needs, its errors translated at one place."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import migrations
from core.errors import ConfigurationError, StoreError
from core.settings import CoreSettings
from core.storage.embedded import start_embedded

# Scans that go on until a filter has let enough through came with pgvector 0.8.0: https://github.com/pgvector/pgvector/blob/master/CHANGELOG.md
_PGVECTOR_NEEDED = (0, 8)
_CONNECT_SECONDS = 10


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except ArgumentError:
        raise ConfigurationError(
            "DATABASE_URL is no database address; it should look like postgresql://user:password@host:5432/docent."
        ) from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"DATABASE_URL names {url.get_backend_name()}, but Docent needs Postgres with pgvector: "
            "postgresql://user:password@host:5432/docent."
        )
    return url.set(drivername="postgresql+psycopg")


class Database:
    """An engine on one Postgres; `begin` gives a transaction whose driver errors arrive as StoreError."""

    def __init__(self, engine: AsyncEngine, *, embedded: bool) -> None:
        self.engine = engine
        self.embedded = embedded

    @classmethod
    async def open(cls, settings: CoreSettings) -> Database:
        """Open DATABASE_URL, or the embedded Postgres when it is unset; nothing is checked yet."""
        given = settings.database_url
        raw = given.get_secret_value() if given else start_embedded(settings.docent_home.resolve())
        engine = create_async_engine(
            _url(raw),
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "docent"},
        )
        return cls(engine, embedded=given is None)

    @property
    def place(self) -> str:
        """The address without the password, for messages."""
        return "the embedded Postgres" if self.embedded else self.engine.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside a transaction; raises StoreError for what the database refuses."""
        with self.translated():
            async with self.engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def ensure_schema(self, *, migrate: bool = False) -> None:
        """Check pgvector and the schema's version; create the schema in an empty database.

        migrate: also bring an older schema up to date. Raises StoreError with the remedy otherwise.
        """
        async with self.begin() as connection:
            await self._check_pgvector(connection)
            current = await connection.run_sync(migrations.current)
            head = migrations.head()
            if current == head:
                return
            if current is not None and not migrations.known(current):
                raise StoreError(
                    f"The schema in {self.place} is at version {current}, newer than this Docent's {head}; "
                    "update Docent, or use another DATABASE_URL."
                )
            if current is not None and not migrate:
                raise StoreError(
                    f"The schema in {self.place} is at version {current}, this Docent needs {head}; "
                    "run `docent migrate` (make a backup first)."
                )
            # One process migrates, the others wait for it and then find the work done.
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('docent migrate'))"))
            if await connection.run_sync(migrations.current) != head:
                await connection.run_sync(migrations.upgrade)

    async def _check_pgvector(self, connection: AsyncConnection) -> None:
        found = (
            await connection.execute(
                text("SELECT default_version, installed_version FROM pg_available_extensions WHERE name = 'vector'")
            )
        ).one_or_none()
        if found is None:
            raise StoreError(
                f"{self.place} has no pgvector; install it on that server (Debian: postgresql-NN-pgvector; "
                "container: pgvector/pgvector), or leave DATABASE_URL empty for the embedded Postgres."
            )
        version = found.installed_version or found.default_version
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
        if numbers < _PGVECTOR_NEEDED:
            raise StoreError(
                f"{self.place} has pgvector {version}, Docent needs 0.8 or newer; "
                "update it and run ALTER EXTENSION vector UPDATE."
            )
        if found.installed_version is None:
            # Creating it takes rights that the role may lack; say that here and not as a failed migration.
            may = await connection.scalar(
                text(
                    "SELECT rolsuper OR (trusted AND has_database_privilege(current_database(), 'CREATE')) "
                    "FROM pg_roles, pg_available_extension_versions "
                    "WHERE rolname = current_user AND name = 'vector' AND version = :version"
                ),
                {"version": found.default_version},
            )
            if not may:
                raise StoreError(
                    f"The role in {self.place} may not create the pgvector extension; "
                    "let a superuser run CREATE EXTENSION vector in that database once."
                )

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise what the driver raises in the body as StoreError."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise StoreError(
                f"Can't reach {self.place}: {_first_line(error)}. "
                + (
                    "Run `docent doctor`."
                    if self.embedded
                    else "Check DATABASE_URL and that the server runs, or leave it empty for the embedded Postgres."
                )
            ) from error
        except DBAPIError as error:
            raise StoreError(f"{self.place} refused a statement: {_first_line(error)}. Run `docent doctor`.") from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__


def rebuild_for(connection: Connection, dimensions: int) -> None:
    """Empty the index and alter the embedding column to another width, in the connection's transaction."""
    migrations.set_embedding_dimensions(connection, dimensions)
