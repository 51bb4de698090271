"""Alembic's entry: runs migrations on the connection that `migrations.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from core.storage.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
