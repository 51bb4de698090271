"""Collections, documents, chunks with both indexes, conversations and ingest runs."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import SPARSEVEC, VECTOR
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

revision = "0001"
down_revision = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "collections",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False, server_default="false"),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("name", name="uq_collections_name"),
    )
    op.create_table(
        "documents",
        _id(),
        sa.Column("collection_id", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("file_hash", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        _now("ingested_at"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_documents_collection_id_collections", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("collection_id", "path", name="uq_documents_collection_id_path"),
    )
    op.create_table(
        "chunks",
        _id(),
        sa.Column("document_id", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("page", sa.Integer),
        sa.Column("first_line", sa.Integer),
        sa.Column("last_line", sa.Integer),
        sa.Column("embedding", VECTOR(384), nullable=False),
        sa.Column("terms", ARRAY(sa.Text), nullable=False),
        sa.Column("term_weights", SPARSEVEC(2**24), nullable=False),
        sa.Column("full_text", TSVECTOR, sa.Computed("array_to_tsvector(terms)", persisted=True)),
        sa.PrimaryKeyConstraint("id", name="pk_chunks"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_chunks_document_id_documents", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "document_id", "ordinal", name="uq_chunks_document_id_ordinal", deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_index(
        "ix_chunks_embedding",
        "chunks",
        ["embedding"],
        postgresql_using="hnsw",
        postgresql_ops={"embedding": "vector_cosine_ops"},
    )
    op.create_index("ix_chunks_full_text", "chunks", ["full_text"], postgresql_using="gin")
    op.create_index("ix_chunks_content_hash", "chunks", ["content_hash"])
    op.create_table(
        "terms",
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_terms"),
    )
    op.create_table(
        "index_settings",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("embedder", sa.Text, nullable=False),
        sa.Column("dimensions", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("chunking", sa.Integer, nullable=False),
        sa.Column("chunks", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_index_settings"),
    )
    op.create_table(
        "ingest_runs",
        _id(),
        sa.Column("collection_id", sa.BigInteger, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("summary", JSONB, nullable=False, server_default="{}"),
        _now("started_at"),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_ingest_runs"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_ingest_runs_collection_id_collections", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "conversations",
        _id(),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("platform", "workspace", "channel", "thread", name="uq_conversations_platform"),
    )
    op.create_table(
        "turns",
        _id(),
        sa.Column("conversation_id", sa.BigInteger, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("citations", JSONB, nullable=False),
        sa.Column("timings", JSONB, nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_turns_conversation_id_conversations",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_turns_conversation_id_id", "turns", ["conversation_id", "id"])
