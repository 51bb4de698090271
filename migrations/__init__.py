"""The schema's history and the only DDL of the project; run through Alembic on a given connection."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_HERE = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Give the revision that this version of Docent works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # there is always a first migration
    return revision


def known(revision: str) -> bool:
    """Tell whether this version of Docent has heard of a revision; a newer one's it has not."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def current(connection: Connection) -> str | None:
    """Give the revision of a database, None when it has no schema of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring a database to a revision inside the connection's transaction."""
    command.upgrade(_config(connection), revision)


def set_embedding_dimensions(connection: Connection, dimensions: int) -> None:
    """Empty the index and give chunks.embedding another width: what `ingest --rebuild` does for another embedder."""
    connection.execute(text("TRUNCATE documents, chunks, terms CASCADE"))
    connection.execute(text("DROP INDEX ix_chunks_embedding"))
    connection.execute(text(f"ALTER TABLE chunks ALTER COLUMN embedding TYPE vector({int(dimensions)})"))
    connection.execute(text("CREATE INDEX ix_chunks_embedding ON chunks USING hnsw (embedding vector_cosine_ops)"))
