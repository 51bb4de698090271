"""Owners reach the index with an ingest, and cost nothing but a row when only they have changed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from core.storage.database import Database
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, ingester, write


async def owners(database: Database) -> dict[str, tuple[list[str], list[str]]]:
    async with database.begin() as connection:
        rows = await connection.execute(text("SELECT path, owners, listed_owners FROM documents"))
        return {row.path: (row.owners, row.listed_owners) for row in rows}


async def chunk_ids(database: Database) -> list[int]:
    async with database.begin() as connection:
        return list((await connection.scalars(text("SELECT id FROM chunks ORDER BY id"))).all())


class NoEmbedder(FakeEmbedder):
    """Refuses to embed: nothing that is embedded has changed."""

    def embed(self, texts):  # type: ignore[no-untyped-def]
        raise AssertionError(f"embedded again: {texts}")


def owned(words: str, owner: str) -> str:
    return f"---\nowner: {owner}\n---\n{words}"


async def test_owners_come_from_front_matter_and_from_the_folders_list(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=owned(VACATION, "slack:U1"), expenses=EXPENSES)
    (folder / "CODEOWNERS").write_text("*.md slack:U2 Ada\n")
    await ingester(database).ingest(folder)
    assert await owners(database) == {
        "vacation.md": (["slack:U1"], ["slack:U2", "Ada"]),
        "expenses.md": ([], ["slack:U2", "Ada"]),
    }


async def test_another_list_of_owners_changes_rows_and_embeds_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder)
    before = await chunk_ids(database)
    (folder / "CODEOWNERS").write_text("/vacation.md slack:U2\n")
    summary = await ingester(database, NoEmbedder()).ingest(folder)
    assert (summary.unchanged, summary.changed) == (2, 0)
    assert await owners(database) == {"vacation.md": ([], ["slack:U2"]), "expenses.md": ([], [])}
    (folder / "vacation.md").rename(folder / "leave.md")
    await ingester(database, NoEmbedder()).ingest(folder)
    assert await owners(database) == {"leave.md": ([], []), "expenses.md": ([], [])}
    assert await chunk_ids(database) == before


async def test_another_owner_in_front_matter_changes_the_row_and_embeds_nothing(
    database: Database, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", vacation=owned(VACATION, "slack:U1"))
    await ingester(database).ingest(folder)
    before = await chunk_ids(database)
    write(folder, vacation=owned(VACATION, "slack:U100"))
    await ingester(database, NoEmbedder()).ingest(folder)
    assert await owners(database) == {"vacation.md": (["slack:U100"], [])}
    assert await chunk_ids(database) == before


async def test_a_list_that_cannot_be_read_is_told_and_leaves_the_owners(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    (folder / "CODEOWNERS").write_text("* slack:U2\n")
    await ingester(database).ingest(folder)
    (folder / "CODEOWNERS").write_bytes(b"* \xff\n")
    summary = await ingester(database).ingest(folder)
    assert [document for document, _ in summary.failed] == ["the list of owners"]
    assert await owners(database) == {"vacation.md": ([], ["slack:U2"])}
