"""SQLAlchemy tables; Alembic migrations create them and a test holds the two to the same shape."""

from __future__ import annotations

from pgvector.sqlalchemy import HALFVEC, SPARSEVEC, VECTOR
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    cast,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

# sparsevec dimensions of the BM25 weights: terms are hashed into this many (core.retrieval.lexical).
LEXICAL_DIMENSIONS = 2**24
# What the bundled embedder gives; `ingest --rebuild` alters the column for another one.
DEFAULT_EMBEDDING_DIMENSIONS = 384

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


collections = Table(
    "collections",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("folder", Text, nullable=False),
    Column("private", Boolean, nullable=False, server_default="false"),
    _now("created_at"),
)

# The last git pull of a collection's folder; error: "" when it went well.
folder_pulls = Table(
    "folder_pulls",
    metadata,
    Column("collection_id", ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True),
    Column("error", Text, nullable=False),
    _now("pulled_at"),
)

# What a platform, a workspace or a channel ("" for all) is limited to. A collection that a limit names can't be
# deleted: with its last collection a limit would vanish, and its channel would see everything.
channel_collections = Table(
    "channel_collections",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
)

# owners: whom its front matter names, as written there. listed_owners: whom the folder's list of owners names, which
# counts where the front matter names nobody.
documents = Table(
    "documents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("collection_id", ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("file_hash", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("owners", ARRAY(Text), nullable=False, server_default="{}"),
    Column("listed_owners", ARRAY(Text), nullable=False, server_default="{}"),
    _now("ingested_at"),
    UniqueConstraint("collection_id", "path"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("page", Integer),
    Column("first_line", Integer),
    Column("last_line", Integer),
    Column("embedding", VECTOR(DEFAULT_EMBEDDING_DIMENSIONS), nullable=False),
    Column("terms", ARRAY(Text), nullable=False),
    Column("term_weights", SPARSEVEC(LEXICAL_DIMENSIONS), nullable=False),
    Column("full_text", TSVECTOR, Computed("array_to_tsvector(terms)", persisted=True)),
    # Chunks of a changed document shift their ordinals one by one: checked at commit.
    UniqueConstraint("document_id", "ordinal", deferrable=True, initially="DEFERRED"),
)
# At half precision: half as large, and as good a guide to the nearest, whose distances are computed in full.
Index(
    "ix_chunks_embedding",
    cast(chunks.c.embedding, HALFVEC(DEFAULT_EMBEDDING_DIMENSIONS)).label("half"),
    postgresql_using="hnsw",
    postgresql_ops={"half": "halfvec_cosine_ops"},
)
Index("ix_chunks_full_text", chunks.c.full_text, postgresql_using="gin")
Index(None, chunks.c.content_hash)

# In how many chunks each term stands: the document frequency of BM25, kept exact by the ingesting transaction.
terms = Table(
    "terms",
    metadata,
    Column("term", Text, primary_key=True),
    Column("chunks", Integer, nullable=False),
)

# One row: what the index was made with. A start with something else is refused.
index_settings = Table(
    "index_settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("embedder", Text, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("chunking", Integer, nullable=False),
    Column("chunks", BigInteger, nullable=False, server_default="0"),
)

# What was asked of a collection, and how it went. status: see core.storage.run_store. owner: the process that works at
# it. report: where a chat is told, as its platform described it; NULL where nobody is told, or everything was.
# reported_at: when it was last told.
ingest_runs = Table(
    "ingest_runs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("collection", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_by", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    Column("dry_run", Boolean, nullable=False, server_default="false"),
    Column("rebuild", Boolean, nullable=False, server_default="false"),
    Column("confirmed", Boolean, nullable=False, server_default="false"),
    Column("plan", JSONB, nullable=False, server_default="{}"),
    Column("progress", JSONB, nullable=False, server_default="{}"),
    Column("summary", JSONB, nullable=False, server_default="{}"),
    Column("error", Text, nullable=False, server_default=""),
    Column("report", JSONB(none_as_null=True)),
    Column("reported_at", DateTime(timezone=True)),
    _now("requested_at"),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
Index("ix_ingest_runs_collection_status", ingest_runs.c.collection, ingest_runs.c.status)
Index("ix_ingest_runs_report", ingest_runs.c.id, postgresql_where=ingest_runs.c.report.is_not(None))

# A run's work, cut into pieces that any worker may take. outcome: NULL until one has done it.
ingest_batches = Table(
    "ingest_batches",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", ForeignKey("ingest_runs.id", ondelete="CASCADE"), nullable=False),
    Column("work", JSONB, nullable=False),
    Column("progress", JSONB, nullable=False, server_default="{}"),
    Column("outcome", JSONB(none_as_null=True)),
    Column("owner", Text, nullable=False, server_default=""),
)
Index(None, ingest_batches.c.run_id)

conversations = Table(
    "conversations",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("platform", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text, nullable=False),
    _now("created_at"),
    _now("updated_at"),
    UniqueConstraint("platform", "workspace", "channel", "thread", name="uq_conversations_platform"),
)

# configuration: see core.answering.configuration. found: how the answer was found (core.storage.conversation_store).
# outdated_at: when a cited chunk was first seen to have changed; outdated_told_at: when the conversation was told.
turns = Table(
    "turns",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("citations", JSONB, nullable=False),
    Column("timings", JSONB, nullable=False),
    Column("configuration", Text, nullable=False, server_default=""),
    Column("found", JSONB, nullable=False, server_default="{}"),
    Column("outdated_at", DateTime(timezone=True)),
    Column("outdated_told_at", DateTime(timezone=True)),
    _now("created_at"),
)
Index(None, turns.c.conversation_id, turns.c.id)
Index(None, turns.c.created_at)

# Answers that may be given again (core.answering.reuse). key: a digest of question, collections and configuration.
# turn_id: the turn that the answer became, with which it is forgotten; NULL where it became none. passages: what else
# was found, by chunk.
kept_answers = Table(
    "kept_answers",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("turn_id", ForeignKey("turns.id", ondelete="CASCADE")),
    Column("text", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("passages", JSONB, nullable=False),
    _now("made_at"),
)
Index(None, kept_answers.c.turn_id)

# What a kept answer cites. chunk_id: NULL once the chunk is gone, and the answer with it.
kept_citations = Table(
    "kept_citations",
    metadata,
    Column("answer_id", ForeignKey("kept_answers.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("chunk_id", ForeignKey("chunks.id", ondelete="SET NULL")),
    Column("content_hash", Text, nullable=False),
    Column("evidence", Text, nullable=False),
)
Index(None, kept_citations.c.chunk_id)

# A question from a chat. Its key is unique: whoever inserts it first, answers it. status: open, answered, failed,
# cancelled or retracted. owner: the process that answers. sent: our messages, for edits also after a restart.
# private: a direct message. audience: who reads the answer, NULL where the platform didn't tell.
questions = Table(
    "questions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("platform", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("audience", JSONB(none_as_null=True)),
    Column("handle", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("sent", JSONB(none_as_null=True)),
    Column("turn_id", ForeignKey("turns.id", ondelete="SET NULL")),
    _now("created_at"),
    _now("updated_at"),
)
Index("ix_questions_status_owner", questions.c.status, questions.c.owner)
Index(
    "ix_questions_platform_workspace_channel_thread",
    questions.c.platform,
    questions.c.workspace,
    questions.c.channel,
    questions.c.thread,
)
Index(None, questions.c.created_at)
Index(None, questions.c.turn_id)

feedback = Table(
    "feedback",
    metadata,
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("given_by", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    _now("created_at"),
)

# Questions whose right answer is known: by a thumb up, or by an admin's correction. kind: "answer", or "refusal" where
# saying that the documents are silent is right. cited: collection, document and evidence of each citation.
golden = Table(
    "golden",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("question_id", ForeignKey("questions.id", ondelete="SET NULL"), unique=True),
    Column("question", Text, nullable=False),
    Column("history", JSONB, nullable=False, server_default="[]"),
    Column("collections", JSONB(none_as_null=True)),
    Column("kind", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("cited", JSONB, nullable=False, server_default="[]"),
    Column("source", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    _now("created_at"),
)

# One examination of the golden set, and what each question got in it.
golden_runs = Table(
    "golden_runs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("configuration", Text, nullable=False),
    _now("made_at"),
)
golden_results = Table(
    "golden_results",
    metadata,
    Column("run_id", ForeignKey("golden_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("golden_id", ForeignKey("golden.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("cited", JSONB, nullable=False),
    Column("agrees", Boolean, nullable=False),
)
Index(None, golden_results.c.golden_id)

# Questions that were handed to the owner of a document.
handovers = Table(
    "handovers",
    metadata,
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("document", Text, nullable=False),
    _now("created_at"),
)

# Who is signed in to the page. token: SHA-256 of the cookie's. role: "member" or "admin".
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token", Text, primary_key=True),
    Column("role", Text, nullable=False),
    _now("created_at"),
    _now("seen_at"),
)

# When the digest of gaps was last sent to a channel.
digests = Table(
    "digests",
    metadata,
    Column("channel", Text, primary_key=True),
    _now("sent_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("platform", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
    _now("created_at"),
)
