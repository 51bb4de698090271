"""The index of embeddings at half precision, and what search computes with stored in the chunk's own row."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# What the graph takes while it is built, by chunk, beside its vector of two bytes a dimension; with room to spare.
_BYTES_BESIDE = 2_000
_MEGABYTES_AT_ONCE = 64


def upgrade() -> None:
    connection = op.get_bind()
    dimensions = connection.scalar(
        sa.text("SELECT atttypmod FROM pg_attribute WHERE attrelid = 'chunks'::regclass AND attname = 'embedding'")
    )
    chunks = connection.scalar(sa.text("SELECT count(*) FROM chunks")) or 0
    op.execute("DROP INDEX ix_chunks_embedding")
    op.execute("ALTER TABLE chunks ALTER COLUMN embedding SET STORAGE MAIN, ALTER COLUMN term_weights SET STORAGE MAIN")
    # Writes every row anew, a document's chunks beside each other; only new rows would be stored in the new way.
    op.execute("CLUSTER chunks USING uq_chunks_document_id_ordinal")
    megabytes = chunks * (2 * dimensions + _BYTES_BESIDE) // 1_000_000 + 1
    if megabytes > _MEGABYTES_AT_ONCE:
        # A graph that leaves memory is built many times slower. One process alone: several would share that memory,
        # of which a container may have little.
        op.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        op.execute(f"SET LOCAL maintenance_work_mem = '{megabytes}MB'")
    op.create_index(
        "ix_chunks_embedding",
        "chunks",
        [sa.text(f"(embedding::halfvec({dimensions})) halfvec_cosine_ops")],
        postgresql_using="hnsw",
    )
