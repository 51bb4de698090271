"""Limits of channels to collections; who reads the answer to a question; the collection of what a turn cites."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

# Turns knew document and chunk only. A chunk that is gone has no collection, and is shown nowhere any more.
_NAME_THE_COLLECTION = """
UPDATE turns SET citations = (
    SELECT jsonb_agg(cited || jsonb_build_object('collection', coalesce((
        SELECT min(k.name)
        FROM chunks c JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id
        WHERE c.content_hash = cited ->> 'content_hash' AND d.path = cited ->> 'document'), '')) ORDER BY place)
    FROM jsonb_array_elements(citations) WITH ORDINALITY AS each (cited, place)
) WHERE citations <> '[]'
"""


def upgrade() -> None:
    op.create_table(
        "channel_collections",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("collection_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "channel", "collection_id", name="pk_channel_collections"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_channel_collections_collection_id_collections"
        ),
    )
    op.add_column("questions", sa.Column("audience", JSONB))
    op.execute(_NAME_THE_COLLECTION)
