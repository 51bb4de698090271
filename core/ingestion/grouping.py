"""Cuts files ahead of those who write them, in threads, and groups the documents so that memory stays flat."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from core.errors import IngestionError
from core.ingestion.cutting import CutDocument
from core.ingestion.plan import Work

# What is written in one transaction, and so held in memory, at most; a single document may be larger.
_GROUP_CHUNKS = 512
_GROUP_BYTES = 4 * 1024 * 1024
_MOST_THREADS = 8

Cut = Callable[[Work], CutDocument]


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are written together, and (path, reason) of files that could not be read on the way."""

    documents: tuple[CutDocument, ...]
    failed: tuple[tuple[str, str], ...]

    @property
    def files(self) -> int:
        """How many files of the work it stands for."""
        return len(self.documents) + len(self.failed)


async def groups_of(work: Sequence[Work], cut: Cut) -> AsyncGenerator[Group, None]:
    """Yield groups of cut documents; the next one is being cut while the caller works at this one.

    What `cut` raises comes out here, but for IngestionError, which makes a file one that failed.
    """
    groups = _grouped(work, cut)
    ahead = asyncio.create_task(asyncio.to_thread(next, groups, None))
    try:
        while (group := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, groups, None))
            yield group
    finally:
        ahead.cancel()


def _grouped(work: Sequence[Work], cut: Cut) -> Iterator[Group]:
    documents: list[CutDocument] = []
    failed: list[tuple[str, str]] = []
    chunks = size = 0
    for item, cutting in _cut_ahead(work, cut):
        try:
            document = cutting.result()
        except IngestionError as error:
            failed.append((item.path, str(error)))
            continue
        documents.append(document)
        chunks += len(document.chunks)
        size += document.bytes
        if chunks >= _GROUP_CHUNKS or size >= _GROUP_BYTES:
            yield Group(tuple(documents), tuple(failed))
            documents, failed, chunks, size = [], [], 0, 0
    if documents or failed:
        yield Group(tuple(documents), tuple(failed))


def _cut_ahead(work: Sequence[Work], cut: Cut) -> Iterator[tuple[Work, Future[CutDocument]]]:
    """Cut files in as many threads as there are cores to spare, a few files ahead; yield them in their order.

    Threads are enough to use many cores: large files and risky formats are read in processes of their own
    (core.ingestion.loaders.guarded), and counting tokens and embedding leave the interpreter to others.
    """
    threads = max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1))
    pool = ThreadPoolExecutor(threads, "docent-cut")
    ahead: deque[tuple[Work, Future[CutDocument]]] = deque()
    try:
        for item in work:
            ahead.append((item, pool.submit(cut, item)))
            if len(ahead) > threads:
                yield ahead.popleft()
        yield from ahead
    finally:
        # Whoever gives up doesn't wait for a slow file.
        pool.shutdown(wait=False, cancel_futures=True)
