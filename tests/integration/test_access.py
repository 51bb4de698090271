"""Who may see which collection, over a real Postgres: the rule, the search under it, evidence and memory."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

import migrations
from core.errors import ConfigurationError, StoreError
from core.models import Answer, Citation, ConversationKey
from core.storage.access_store import AccessStore, Audience, Scope
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.question_store import QuestionStore
from core.storage.search_store import SearchStore
from tests.conftest import on_server, settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, ingester, query, retriever, write

CHANNEL = Scope("slack", "T1", "C1")
PUBLIC, PRIVATE = Audience(CHANNEL), Audience(CHANNEL, is_public=False)


async def three_collections(database: Database, *private: str) -> AccessStore:
    """Make handbook, hr and it, without documents."""
    async with database.begin() as connection:
        for name in ("handbook", "hr", "it"):
            statement = text("INSERT INTO collections (name, folder, private) VALUES (:name, '/docs', :private)")
            await connection.execute(statement, {"name": name, "private": name in private})
    return AccessStore(database)


async def test_without_limits_everything_but_what_is_private_is_seen(database: Database) -> None:
    access = await three_collections(database, "hr")
    assert await access.visible(PUBLIC) == await access.visible(PRIVATE) == ("handbook", "it")


async def test_a_private_collection_is_seen_where_a_channel_that_not_everyone_reads_is_limited_to_it(
    database: Database,
) -> None:
    access = await three_collections(database, "hr")
    await access.limit(CHANNEL, ["hr", "it"])
    assert await access.visible(PRIVATE) == ("hr", "it")
    assert await access.visible(PUBLIC) == ("it",)


@pytest.mark.parametrize("scope", [Scope("slack"), Scope("slack", "T1"), Scope("slack", "T1", "C2")])
async def test_no_wider_or_other_limit_opens_a_private_collection(database: Database, scope: Scope) -> None:
    access = await three_collections(database, "hr")
    await access.limit(scope, ["hr"])
    assert "hr" not in await access.visible(PRIVATE)
    assert "hr" not in await access.visible(replace(PRIVATE, scope=Scope("slack", "T1")))


async def test_the_nearest_limit_counts(database: Database) -> None:
    access = await three_collections(database)
    await access.limit(Scope("slack"), ["handbook", "hr"])
    await access.limit(Scope("slack", "T1"), ["hr"])
    await access.limit(CHANNEL, ["it"])

    async def seen(platform: str, workspace: str, channel: str) -> Sequence[str]:
        return await access.visible(Audience(Scope(platform, workspace, channel)))

    assert await seen("slack", "T1", "C1") == ("it",)
    assert await seen("slack", "T1", "C2") == ("hr",)
    assert await seen("slack", "T2", "C1") == ("handbook", "hr")
    assert await seen("discord", "T1", "C1") == ("handbook", "hr", "it")


async def test_a_limit_takes_the_place_of_the_one_before_until_it_is_lifted(database: Database) -> None:
    access = await three_collections(database)
    await access.limit(CHANNEL, ["it", "it"])
    await access.limit(CHANNEL, ["hr"])
    assert await access.visible(PUBLIC) == ("hr",)
    assert await access.lift(CHANNEL)
    assert not await access.lift(CHANNEL)
    assert await access.visible(PUBLIC) == ("handbook", "hr", "it")


async def test_what_is_not_there_is_refused_and_changes_nothing(database: Database) -> None:
    access = await three_collections(database)
    await access.limit(CHANNEL, ["hr"])
    with pytest.raises(ConfigurationError, match="no collection 'law'; there is: handbook, hr, it"):
        await access.limit(CHANNEL, ["it", "law"])
    with pytest.raises(ConfigurationError, match="no collection 'law'"):
        await access.set_private(["law"], private=True)
    assert await access.visible(PUBLIC) == ("hr",)


async def test_a_collection_that_a_limit_names_cannot_be_deleted(database: Database) -> None:
    access = await three_collections(database)
    await access.limit(CHANNEL, ["hr"])
    with pytest.raises(StoreError):
        async with database.begin() as connection:
            await connection.execute(text("DELETE FROM collections WHERE name = 'hr'"))
    assert await access.visible(PUBLIC) == ("hr",), "the channel would see everything"


async def test_the_list_tells_what_is_in_and_for_whom_it_is_named(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES), "hr")
    access = AccessStore(database)
    await access.set_private(["hr"], private=True)
    await access.limit(CHANNEL, ["hr"])
    await access.limit(Scope("discord", "@me"), ["hr"])
    (entry,) = await access.collections()
    assert (entry.name, entry.documents, entry.private) == ("hr", 2, True)
    assert entry.chunks > 2
    assert entry.named_for == ("discord:@me", "slack:T1:C1")
    await access.set_private(["hr"], private=False)
    assert not (await access.collections())[0].private


async def test_a_private_collection_is_not_marked_open_by_its_next_ingest(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder, "hr")
    await AccessStore(database).set_private(["hr"], private=True)
    await ingester(database).ingest(folder, "hr")
    assert await AccessStore(database).visible(PUBLIC) == ()


# --- searching under a filter


async def crowded(database: Database, tmp_path: Path) -> list[str]:
    """Put 100 chunks (faq) and three (hr) among 400 (handbook) that are nearer to the question "vacation".

    Gives the documents of hr.
    """
    chance = random.Random(1)
    words = [f"word{number}" for number in range(40)]
    for name, count, said in (("handbook", 400, "vacation vacation vacation"), ("faq", 100, "vacation")):
        pages = {f"{name}{n}": f"# Leave\n\n{said} {' '.join(chance.sample(words, 4))}" for n in range(count)}
        await ingester(database).ingest(write(tmp_path / name, **pages), name)
    hidden = {f"salary{n}": f"# Pay\n\nvacation pay with the salary of grade{n}" for n in range(3)}
    await ingester(database).ingest(write(tmp_path / "hr", **hidden), "hr")
    # With so few rows Postgres would leave the vector index alone.
    name = database.engine.url.database
    for setting in ("enable_seqscan", "enable_sort"):
        on_server(
            database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
            f"ALTER DATABASE {name} SET {setting} = off",
        )
    await database.engine.dispose()
    return sorted(f"{name}.md" for name in hidden)


async def nearest(store: SearchStore, *collections: str) -> list[str]:
    (embedding,) = FakeEmbedder().embed(["vacation"])
    found = await store.search(embedding, {}, collections=collections or None, vector_limit=50, text_limit=50)
    return sorted(candidate.retrieved.document for candidate in found)


async def test_a_small_collection_is_found_whole_among_many_nearer_chunks(database: Database, tmp_path: Path) -> None:
    hidden = await crowded(database, tmp_path)
    assert await nearest(SearchStore(database, scanned=1), "hr") == hidden
    assert await nearest(SearchStore(database, few=0, scanned=1), "hr") == hidden, "so small a share of all are few"
    alone = SearchStore(database, few=0, share=0, scanned=1)
    assert await nearest(alone, "hr") != hidden, "the index alone would not find it"
    assert set(hidden).isdisjoint(await nearest(SearchStore(database), "handbook", "faq"))


async def test_in_a_large_collection_the_index_is_read_on_until_enough_is_found(
    database: Database, tmp_path: Path
) -> None:
    await crowded(database, tmp_path)
    found = await nearest(SearchStore(database, few=0), "faq")
    assert len(found) > 40, "an index of this kind may miss a few"
    assert all(document.startswith("faq") for document in found)
    assert len(await nearest(SearchStore(database, few=0, scanned=1), "faq")) < 40, "so far the first reading comes"


async def test_who_sees_every_collection_searches_as_without_a_filter(database: Database, tmp_path: Path) -> None:
    await crowded(database, tmp_path)
    # A filter would end this scan too early.
    store = SearchStore(database, few=0, scanned=1)
    assert await nearest(store, "faq", "handbook", "hr") == await nearest(store)
    assert len(await nearest(store)) == 50


async def test_words_find_nothing_in_a_collection_that_is_not_seen(database: Database, tmp_path: Path) -> None:
    await crowded(database, tmp_path)
    for names, documents in ((["hr"], {"salary2.md"}), (["handbook"], set())):
        found = await retriever(database).retrieve(query("grade2"), collections=names)
        assert {chunk.document for chunk in found if chunk.text_rank} == documents


# --- evidence and memory

PLACE = ConversationKey("slack", "T1", "C1", "1.0")


async def answered(database: Database, tmp_path: Path) -> tuple[QuestionStore, ConversationStore, int]:
    """Answer one question from both collections, and a second one from none."""
    for name, document in (("handbook", EXPENSES), ("hr", VACATION)):
        await ingester(database).ingest(write(tmp_path / name, page=document), name)
    found = await retriever(database).retrieve(query("vacation days and the limit of a taxi"))
    by_name = {chunk.collection: chunk for chunk in found}
    citations = tuple(
        Citation(number, by_name[name], f"said by {name}") for number, name in enumerate(("handbook", "hr"), start=1)
    )
    questions, conversations = QuestionStore(database), ConversationStore(database)
    question_id = await questions.claim("k", PLACE, "U1", "days?", private=False, handle={}, owner="me")
    assert question_id is not None
    turn = await conversations.add(PLACE, Answer("days?", "30 [2]", "quoted", citations))
    await questions.close(question_id, "answered", turn)
    await conversations.add(PLACE, Answer("moon?", "", "refused"))
    return questions, conversations, question_id


@pytest.mark.parametrize(
    ("seen", "shown", "kept_back"),
    [(("handbook", "hr"), ["handbook", "hr"], 0), (("handbook",), ["handbook"], 1), ((), [], 2)],
)
async def test_evidence_leaves_the_database_only_as_far_as_it_may_be_seen_now(
    database: Database, tmp_path: Path, seen: tuple[str, ...], shown: list[str], kept_back: int
) -> None:
    questions, _, question_id = await answered(database, tmp_path)
    cited, hidden = await questions.evidence(question_id, seen)
    assert [entry["evidence"] for entry in cited] == [f"said by {name}" for name in shown]
    assert hidden == kept_back


async def test_a_turn_that_cites_what_may_not_be_seen_any_more_is_not_remembered(
    database: Database, tmp_path: Path
) -> None:
    _, conversations, _ = await answered(database, tmp_path)

    async def remembered(seen: Sequence[str] | None) -> list[str]:
        return [turn.question for turn in await conversations.turns(PLACE, collections=seen)]

    assert await remembered(None) == await remembered(("handbook", "hr")) == ["days?", "moon?"]
    assert await remembered(("handbook",)) == await remembered(()) == ["moon?"]


async def test_who_read_a_question_is_known_also_after_a_restart(database: Database) -> None:
    questions = QuestionStore(database)
    for key, audience in (("told", PRIVATE), ("untold", None)):
        await questions.claim(key, PLACE, "U1", "?", private=False, audience=audience, handle={}, owner="dead")
    assert [stored.audience for stored in await questions.take_over("slack", "next")] == [PRIVATE, None]


async def test_citations_of_an_older_schema_learn_their_collection(empty_database: str) -> None:
    database = await Database.open(settings_for(empty_database))
    async with database.begin() as connection:
        await connection.run_sync(migrations.upgrade, "0003")
        await connection.execute(text("INSERT INTO collections (name, folder) VALUES ('hr', '/docs')"))
        for statement in (
            "INSERT INTO documents (collection_id, path, title, file_hash, size, modified_ns) "
            "SELECT id, 'leave.md', 'Leave', '', 0, 0 FROM collections",
            "INSERT INTO chunks (document_id, ordinal, heading, text, search_text, content_hash, embedding, terms, "
            "term_weights) SELECT id, 0, '', '', '', 'h1', array_fill(1, ARRAY[384])::vector, '{}', '{1\\:1}/16777216' "
            "FROM documents",
            "INSERT INTO conversations (platform, workspace, channel, thread) VALUES ('slack', 'T1', 'C1', '')",
            "INSERT INTO turns (conversation_id, question, answer, kind, confidence, citations, timings) "
            "SELECT id, 'q', 'a', 'quoted', 1, "
            """'[{"number"\\: 1, "document"\\: "leave.md", "content_hash"\\: "h1"}, """
            """{"number"\\: 2, "document"\\: "gone.md", "content_hash"\\: "h2"}]', '{}' FROM conversations""",
            "INSERT INTO turns (conversation_id, question, answer, kind, confidence, citations, timings) "
            "SELECT id, 'q', '', 'refused', 1, '[]', '{}' FROM conversations",
        ):
            await connection.execute(text(statement))
    await database.ensure_schema(migrate=True)
    async with database.begin() as connection:
        stored = (await connection.scalars(text("SELECT citations FROM turns ORDER BY id"))).all()
    await database.close()
    assert [[(entry["number"], entry["collection"]) for entry in citations] for citations in stored] == [
        [(1, "hr"), (2, "")],
        [],
    ]
