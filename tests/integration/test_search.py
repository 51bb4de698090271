from pathlib import Path

from core.storage.database import Database
from tests.integration.builders import EXPENSES, VACATION, ingester, query, retriever, write


async def test_the_nearest_chunk_comes_first_with_both_ranks(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES))
    best, *rest = await retriever(database).retrieve(query("How many vacation days do employees get?"))
    assert (best.document, best.chunk.heading, best.vector_rank, best.text_rank) == (
        "vacation.md",
        "Vacation › Employees",
        1,
        1,
    )
    assert [chunk.score for chunk in (best, *rest)] == sorted((chunk.score for chunk in (best, *rest)), reverse=True)
    assert 0 <= best.cosine_distance < 1
    assert best.chunk.lines == (5, 5)


async def test_a_rare_identifier_is_found_by_words(database: Database, tmp_path: Path) -> None:
    pages = {f"page{n}": f"# Page {n}\n\nRotate the key of service {n} every year." for n in range(60)}
    pages["cookie"] = "# Sessions\n\nSet SRC_COOKIE_KEY in the vault and restart all of the frontends, one by one."
    await ingester(database).ingest(write(tmp_path / "docs", **pages))
    best = (await retriever(database).retrieve(query("rotate key SRC_COOKIE_KEY")))[0]
    assert (best.document, best.text_rank) == ("cookie.md", 1)


async def test_only_the_named_collections_are_seen(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "a", vacation=VACATION), "people")
    await ingester(database).ingest(write(tmp_path / "b", vacation=VACATION, expenses=EXPENSES), "finance")
    question = "How many vacation days do employees get?"
    for names, seen in ((["people"], {"people"}), ([], set()), (["unknown"], set())):
        found = await retriever(database).retrieve(query(question), collections=names)
        assert {chunk.collection for chunk in found} == seen


async def test_the_same_text_in_two_places_is_given_once(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    write(folder / "copy", vacation=VACATION)
    await ingester(database).ingest(folder)
    found = await retriever(database).retrieve(query("How many vacation days do employees get?"))
    assert len({chunk.chunk.text for chunk in found}) == len(found) == 3


async def test_as_many_chunks_come_as_are_asked_for(database: Database, tmp_path: Path) -> None:
    pages = {f"page{n}": f"# Page {n}\n\nVacation number {n} is in week {n}." for n in range(90)}
    await ingester(database).ingest(write(tmp_path / "docs", **pages))
    for limit in (1, 10, 70):
        assert len(await retriever(database).retrieve(query("Which week is vacation 7?"), limit=limit)) == limit


async def test_odd_questions_search_without_harm(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", vacation=VACATION))
    for question in ("'; DROP TABLE chunks; --", "a & b | !c <-> (d)", "how do I", "🏖️", "\\' \\\\", "%s :name"):
        assert await retriever(database).retrieve(query(question))


async def test_an_empty_index_finds_nothing(database: Database) -> None:
    assert await retriever(database).retrieve(query("anything")) == ()
