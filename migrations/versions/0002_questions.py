"""Questions from chats, claimed once; feedback on their answers; an audit of what admins do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("handle", JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
        sa.Column("sent", JSONB),
        sa.Column("turn_id", sa.BigInteger),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("key", name="uq_questions_key"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_questions_turn_id_turns", ondelete="SET NULL"),
    )
    op.create_index("ix_questions_status_owner", "questions", ["status", "owner"])
    op.create_index(
        "ix_questions_platform_workspace_channel_thread", "questions", ["platform", "workspace", "channel", "thread"]
    )
    op.create_table(
        "feedback",
        sa.Column("question_id", sa.BigInteger, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("question_id", "given_by", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name="fk_feedback_question_id_questions", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("allowed", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
