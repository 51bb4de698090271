"""Ingest runs that can be asked for, confirmed, shared and cancelled; the queue's own schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.queue import apply_queue_migrations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _name_the_collection()
    for name in ("requested_by", "owner", "error"):
        op.add_column("ingest_runs", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in ("dry_run", "rebuild", "confirmed"):
        op.add_column("ingest_runs", sa.Column(name, sa.Boolean, nullable=False, server_default="false"))
    for name in ("plan", "progress"):
        op.add_column("ingest_runs", sa.Column(name, JSONB, nullable=False, server_default="{}"))
    op.add_column("ingest_runs", sa.Column("report", JSONB))
    op.add_column("ingest_runs", sa.Column("reported_at", sa.DateTime(timezone=True)))
    _tell_asked_from_started()
    op.create_index("ix_ingest_runs_collection_status", "ingest_runs", ["collection", "status"])
    op.create_index("ix_ingest_runs_report", "ingest_runs", ["id"], postgresql_where=sa.text("report IS NOT NULL"))
    op.create_table(
        "ingest_batches",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("run_id", sa.BigInteger, nullable=False),
        sa.Column("work", JSONB, nullable=False),
        sa.Column("progress", JSONB, nullable=False, server_default="{}"),
        sa.Column("outcome", JSONB),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_ingest_batches"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ingest_runs.id"], name="fk_ingest_batches_run_id_ingest_runs", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_ingest_batches_run_id", "ingest_batches", ["run_id"])
    op.add_column("audit", sa.Column("outcome", sa.Text, nullable=False, server_default=""))
    apply_queue_migrations(op.get_bind(), after="", last="03.04.00_50")


def _name_the_collection() -> None:
    """A run names its collection: one that only looks ahead may be of a collection that isn't there."""
    op.add_column("ingest_runs", sa.Column("collection", sa.Text))
    op.execute(
        "UPDATE ingest_runs SET collection = collections.name FROM collections "
        "WHERE collections.id = ingest_runs.collection_id"
    )
    op.alter_column("ingest_runs", "collection", nullable=False)
    op.drop_column("ingest_runs", "collection_id")


def _tell_asked_from_started() -> None:
    op.add_column(
        "ingest_runs",
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.execute("UPDATE ingest_runs SET requested_at = started_at")
    op.alter_column("ingest_runs", "started_at", nullable=True, server_default=None)
