"""Reasons, golden questions, outdated answers, owners, handovers, the page's sessions and digests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0008"
down_revision = "0007"


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    op.add_column("documents", sa.Column("owners", ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("documents", sa.Column("listed_owners", ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("feedback", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.add_column("turns", sa.Column("configuration", sa.Text, nullable=False, server_default=""))
    op.add_column("turns", sa.Column("found", JSONB, nullable=False, server_default="{}"))
    op.add_column("turns", sa.Column("outdated_at", sa.DateTime(timezone=True)))
    op.add_column("turns", sa.Column("outdated_told_at", sa.DateTime(timezone=True)))
    op.create_index("ix_turns_created_at", "turns", ["created_at"])
    op.create_index("ix_questions_created_at", "questions", ["created_at"])
    op.create_index("ix_questions_turn_id", "questions", ["turn_id"])
    op.create_table(
        "golden",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("question_id", sa.BigInteger),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("history", JSONB, nullable=False, server_default="[]"),
        sa.Column("collections", JSONB),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("cited", JSONB, nullable=False, server_default="[]"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_golden"),
        sa.UniqueConstraint("question_id", name="uq_golden_question_id"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name="fk_golden_question_id_questions", ondelete="SET NULL"
        ),
    )
    op.create_table(
        "golden_runs",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("configuration", sa.Text, nullable=False),
        _now("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_golden_runs"),
    )
    op.create_table(
        "golden_results",
        sa.Column("run_id", sa.BigInteger, nullable=False),
        sa.Column("golden_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("cited", JSONB, nullable=False),
        sa.Column("agrees", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "golden_id", name="pk_golden_results"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["golden_runs.id"], name="fk_golden_results_run_id_golden_runs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["golden_id"], ["golden.id"], name="fk_golden_results_golden_id_golden", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_golden_results_golden_id", "golden_results", ["golden_id"])
    op.create_table(
        "handovers",
        sa.Column("question_id", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("question_id", "owner", name="pk_handovers"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name="fk_handovers_question_id_questions", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        _now("created_at"),
        _now("seen_at"),
        sa.PrimaryKeyConstraint("token", name="pk_web_sessions"),
    )
    op.create_table(
        "digests",
        sa.Column("channel", sa.Text, nullable=False),
        _now("sent_at"),
        sa.PrimaryKeyConstraint("channel", name="pk_digests"),
    )
