"""Answers that are kept to be given again, and the chunks that they cite."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("turn_id", sa.BigInteger),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("passages", JSONB, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answers"),
        sa.UniqueConstraint("key", name="uq_kept_answers_key"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_kept_answers_turn_id_turns", ondelete="CASCADE"),
    )
    op.create_index("ix_kept_answers_turn_id", "kept_answers", ["turn_id"])
    op.create_table(
        "kept_citations",
        sa.Column("answer_id", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("chunk_id", sa.BigInteger),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "number", name="pk_kept_citations"),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["kept_answers.id"], name="fk_kept_citations_answer_id_kept_answers", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["chunk_id"], ["chunks.id"], name="fk_kept_citations_chunk_id_chunks", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_kept_citations_chunk_id", "kept_citations", ["chunk_id"])
