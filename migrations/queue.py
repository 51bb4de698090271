"""The queue's tables: procrastinate's own migrations, applied from within ours so that there is one way to a schema."""

from __future__ import annotations

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection


def queue_migrations() -> list[Path]:
    """Give the migrations that the installed procrastinate ships, in the order in which they apply."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def apply_queue_migrations(connection: Connection, *, after: str, last: str) -> None:
    """Apply the migrations whose names come after `after`, up to and with those that begin with `last`.

    A migration of ours names its range, so that it does the same with every later version of procrastinate.
    """
    for path in queue_migrations():
        if after < path.stem and path.stem[: len(last)] <= last:
            # Many statements with "%" in them: sent as they are, without parameters.
            connection.exec_driver_sql(path.read_text(encoding="utf-8"), execution_options={"no_parameters": True})
