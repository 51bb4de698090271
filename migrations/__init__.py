"""The schema's history and the only DDL of the project; run through Alembic on a given connection."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

_VERSIONS = Path(__file__).parent / "versions"


def _revisions() -> list[str]:
    """Give all revisions, oldest first: their files' names begin with them. Alembic is loaded only to migrate."""
    return sorted(path.stem.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def head() -> str:
    """Give the revision that this version of Docent works with."""
    return _revisions()[-1]


def known(revision: str) -> bool:
    """Tell whether this version of Docent has heard of a revision; a newer one's it has not."""
    return revision in _revisions()


def current(connection: Connection) -> str | None:
    """Give the revision of a database, None when it has no schema of ours."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring a database to a revision inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def set_embedding_dimensions(connection: Connection, dimensions: int) -> None:
    """Empty the index and give chunks.embedding another width: what `ingest --rebuild` does for another embedder."""
    connection.execute(text("TRUNCATE kept_answers, documents, chunks, terms CASCADE"))
    connection.execute(text("DROP INDEX ix_chunks_embedding"))
    width = int(dimensions)
    connection.execute(text(f"ALTER TABLE chunks ALTER COLUMN embedding TYPE vector({width})"))
    # A new type brings its own way of storing with it.
    connection.execute(text("ALTER TABLE chunks ALTER COLUMN embedding SET STORAGE MAIN"))
    connection.execute(
        text(
            f"CREATE INDEX ix_chunks_embedding ON chunks USING hnsw ((embedding::halfvec({width})) halfvec_cosine_ops)"
        )
    )
