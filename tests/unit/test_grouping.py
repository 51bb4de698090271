import asyncio
from contextlib import aclosing

import pytest

from core.errors import IngestionError, ModelError
from core.ingestion.cutting import CutDocument
from core.ingestion.grouping import Group, groups_of
from core.ingestion.plan import Work
from core.models import Chunk


def document(work: Work, chunks: int, characters: int = 10) -> CutDocument:
    made = tuple(Chunk(number, "x" * characters, "", "", f"{work.path}{number}") for number in range(chunks))
    return CutDocument(work, "", "", 0, 0, made)


def works(count: int) -> list[Work]:
    return [Work("added", f"{number}.md", 1) for number in range(count)]


async def groups(work: list[Work], chunks: int, characters: int = 10) -> list[Group]:
    return [group async for group in groups_of(work, lambda item: document(item, chunks, characters))]


async def test_documents_come_in_their_order_in_groups_of_bounded_size() -> None:
    found = await groups(works(120), chunks=10)
    assert [cut.work for group in found for cut in group.documents] == works(120)
    assert [len(group.documents) for group in found] == [52, 52, 16]


async def test_long_texts_make_smaller_groups() -> None:
    found = await groups(works(10), chunks=2, characters=1024 * 1024)
    assert [len(group.documents) for group in found] == [2, 2, 2, 2, 2]


async def test_nothing_to_do_gives_no_group() -> None:
    assert await groups([], chunks=1) == []


async def test_files_that_can_not_be_read_are_told_with_their_reason() -> None:
    def cut(work: Work) -> CutDocument:
        if work.path == "1.md":
            raise IngestionError("is damaged")
        return document(work, 1)

    (group,) = [group async for group in groups_of(works(3), cut)]
    assert [cut.work.path for cut in group.documents] == ["0.md", "2.md"]
    assert (group.failed, group.files) == ((("1.md", "is damaged"),), 3)


async def test_any_other_failure_ends_it() -> None:
    def cut(work: Work) -> CutDocument:
        raise ModelError("no tokenizer")

    with pytest.raises(ModelError, match="no tokenizer"):
        [group async for group in groups_of(works(3), cut)]


async def test_only_the_next_group_is_cut_ahead_however_many_files_there_are() -> None:
    done: list[str] = []

    def cut(work: Work) -> CutDocument:
        done.append(work.path)
        return document(work, 1)

    async with aclosing(groups_of(works(5000), cut)) as found:
        await anext(found)
        before = -1
        while before != len(done):  # until the threads rest
            before = len(done)
            await asyncio.sleep(0.2)
        # Two groups of 512, and the few files that the threads have at hand.
        assert len(done) < 1100
