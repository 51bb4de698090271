from collections.abc import Sequence
from itertools import pairwise

import pytest

from core.ingestion.chunking import chunk_document
from core.models import Block, Chunk, LoadedDocument


def count_words(texts: Sequence[str]) -> list[int]:
    """Count like an embedder whose tokens are words, two special tokens included."""
    return [len(text.split()) + 2 for text in texts]


def cut(*blocks: Block, title: str = "Leave", max_tokens: int = 30) -> list[Chunk]:
    return chunk_document(LoadedDocument(title, blocks), count_words, max_tokens=max_tokens)


def words(count: int, name: str = "w") -> str:
    return " ".join(f"{name}{number}" for number in range(count))


def test_a_section_is_one_chunk_with_its_heading_path_and_lines() -> None:
    chunks = cut(
        Block("heading", "Leave", 1, lines=(1, 1)),
        Block("heading", "Sick days", 2, lines=(3, 3)),
        Block("paragraph", "Stay in bed.", lines=(5, 5)),
        Block("paragraph", "Tell your lead.", lines=(7, 8)),
    )
    assert [(chunk.heading, chunk.text, chunk.lines) for chunk in chunks] == [
        ("Leave › Sick days", "Stay in bed.\n\nTell your lead.", (5, 8))
    ]


def test_title_and_heading_path_are_embedded_with_the_plain_words() -> None:
    (chunk,) = cut(Block("heading", "Sick days", 2), Block("paragraph", "Stay **in** bed."))
    assert chunk.search_text == "Leave › Sick days\nStay in bed."
    assert chunk.text == "Stay **in** bed."


def test_sections_do_not_share_a_chunk() -> None:
    chunks = cut(
        Block("heading", "A", 2), Block("paragraph", "One."), Block("heading", "B", 2), Block("paragraph", "Two.")
    )
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [("A", "One."), ("B", "Two.")]


@pytest.mark.parametrize("kind", ["paragraph", "list_item", "code", "table", "quote", "row"])
def test_no_chunk_is_longer_than_the_embedder_sees(kind: str) -> None:
    text = "\n".join(f"| {words(7, f'r{row}x')} |" for row in range(12)) if kind == "table" else words(200)
    chunks = cut(Block(kind, text))  # type: ignore[arg-type]
    assert len(chunks) > 1
    assert all(count_words([chunk.search_text])[0] <= 30 for chunk in chunks)


def test_one_endless_word_is_cut_too() -> None:
    def count_characters(texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]

    chunks = chunk_document(LoadedDocument("", (Block("paragraph", "x" * 500),)), count_characters, max_tokens=64)
    assert "".join(chunk.text for chunk in chunks) == "x" * 500
    assert all(len(chunk.search_text) + 2 <= 64 for chunk in chunks)


def test_a_cut_table_repeats_its_header_and_keeps_each_rows_lines() -> None:
    rows = "\n".join(f"| item{row} | {words(4)} |" for row in range(10))
    chunks = cut(Block("table", f"| Item | Limit |\n| --- | --- |\n{rows}", lines=(11, 22)))
    assert len(chunks) > 1
    assert all(chunk.text.startswith("| Item | Limit |\n| --- | --- |\n") for chunk in chunks)
    assert chunks[0].lines[0] == 13  # type: ignore[index]
    assert chunks[-1].lines[1] == 22  # type: ignore[index]


def test_a_cut_list_repeats_the_line_that_opens_it() -> None:
    items = [Block("list_item", f"- {words(8, f'i{n}x')}", lines=(n, n)) for n in range(3, 9)]
    chunks = cut(Block("paragraph", "You may claim:", lines=(1, 1)), *items)
    assert len(chunks) > 1
    assert all(chunk.text.startswith("You may claim:") for chunk in chunks)
    assert chunks[1].lines is not None
    assert chunks[1].lines[0] > 1, "overlap does not stretch the lines"


def test_a_cut_section_overlaps_by_its_last_short_paragraph() -> None:
    paragraphs = [Block("paragraph", f"{words(5, f'p{n}x')}.") for n in range(8)]
    chunks = cut(*paragraphs)
    assert len(chunks) > 1
    for before, after in pairwise(chunks):
        assert before.text.split("\n\n")[-1] == after.text.split("\n\n")[0]


def test_each_row_of_a_question_table_is_a_chunk() -> None:
    assert len(cut(Block("row", "**Q: A?**\n\nB."), Block("row", "**Q: C?**\n\nD."))) == 2


def test_nested_items_are_indented_under_their_parent() -> None:
    (chunk,) = cut(Block("list_item", "- outer"), Block("list_item", "- inner", 1))
    assert chunk.text == "- outer\n  - inner"


def test_pages_are_kept() -> None:
    first, second = cut(Block("row", "a", page=2), Block("row", "b", page=3))
    assert (first.page, second.page) == (2, 3)


def test_the_hash_tells_texts_apart_and_knows_the_same_again() -> None:
    once, again = cut(Block("paragraph", "Same.")), cut(Block("paragraph", "Same."))
    other = cut(Block("paragraph", "Other."))
    assert once[0].content_hash == again[0].content_hash != other[0].content_hash


def test_a_word_without_end_is_cut_although_it_is_one_token() -> None:
    letters = "".join(str(number) for number in range(20_000))
    chunks = cut(Block("paragraph", letters))
    assert max(len(chunk.text) for chunk in chunks) <= 30 * 40
    assert "".join(chunk.text for chunk in chunks).replace(" ", "") == letters
