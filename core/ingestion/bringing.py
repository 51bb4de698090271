"""Brings files into the index: embedded a slice at a time, while the group of documents before is written."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Self

from core.ending import end
from core.errors import DocentError
from core.ingestion.cutting import CutDocument, Load, cut_file
from core.ingestion.grouping import Group, groups_of
from core.ingestion.matching import settings_of
from core.ingestion.outcome import Outcome, Progress
from core.ingestion.plan import Work
from core.ports import Embedder
from core.storage.chunk_writing import DocumentWrite
from core.storage.index_store import IndexStore
from core.storage.indexed_text import IndexedText, index_text

# Chunks between two looks at the clock: about a second of two cores.
_SLICE_CHUNKS = 64

Reporter = Callable[[Progress], Awaitable[None]]


class Bringer:
    """Loads, cuts, embeds and writes files with one embedder into one index."""

    def __init__(self, store: IndexStore, embedder: Embedder, language: str, load: Load, file_seconds: float) -> None:
        self._store = store
        self._embedder = embedder
        self._language = language
        self._load = load
        self._file_seconds = file_seconds

    async def bring_in(
        self, folder: Path, collection_id: int, work: Sequence[Work], report: Reporter | None = None
    ) -> Outcome:
        """Bring files in, group by group, each in one transaction; done twice, the index is the same.

        A group is written while the next one is embedded. Raises ModelError when embedding fails and StoreError when
        writing does; groups that were written stay.
        """
        meter = _Meter(len(work), report)
        await meter.tell()
        outcome = Outcome()
        settings = await asyncio.to_thread(settings_of, self._embedder, self._language)

        async def write(group: Group, texts: Mapping[str, IndexedText]) -> None:
            await self._store.write(collection_id, [_document(cut, texts) for cut in group.documents], settings)

        async with aclosing(groups_of(work, partial(self._cut, folder))) as groups, _Writer(write, meter) as writer:
            async for group in groups:
                missing = await self._missing(group)
                texts = {content_hash: text for content_hash, text in writer.texts.items() if content_hash in missing}
                texts |= await self._store.indexed_texts(list(missing.keys() - texts.keys()))
                new = {content_hash: text for content_hash, text in missing.items() if content_hash not in texts}
                texts |= await self._index_texts(new, group, meter)
                await writer.put(group, texts)
                outcome += _outcome(group, embedded=len(new))
        return outcome

    async def rehearse(self, folder: Path, work: Sequence[Work]) -> Outcome:
        """Say what bringing files in would do; nothing is embedded or written. Raises StoreError."""
        outcome = Outcome()
        seen: set[str] = set()
        async with aclosing(groups_of(work, partial(self._cut, folder))) as groups:
            async for group in groups:
                missing = (await self._missing(group)).keys() - seen
                new = missing - await self._store.known_hashes(list(missing))
                seen |= new
                outcome += _outcome(group, embedded=len(new))
        return outcome

    def _cut(self, folder: Path, work: Work) -> CutDocument:
        return cut_file(
            folder, work, self._load, self._embedder.count_tokens, self._embedder.max_tokens, self._file_seconds
        )

    async def _missing(self, group: Group) -> dict[str, str]:
        """Give content hash -> search_text of the chunks that the stored versions of their documents lack."""
        ids = [document.work.stored for document in group.documents if document.work.stored is not None]
        stored = await self._store.chunk_hashes(ids) if ids else {}
        missing: dict[str, str] = {}
        for document in group.documents:
            have = Counter(stored.get(document.work.stored or 0, ()))
            for chunk in document.chunks:
                if have[chunk.content_hash] > 0:
                    have[chunk.content_hash] -= 1
                else:
                    missing[chunk.content_hash] = chunk.search_text
        return missing

    async def _index_texts(self, new: Mapping[str, str], group: Group, meter: _Meter) -> dict[str, IndexedText]:
        """Embed texts by their content hash; similar lengths together, so that little is padding."""
        order = sorted(new, key=lambda content_hash: len(new[content_hash]))
        texts: dict[str, IndexedText] = {}
        for start in range(0, len(order), _SLICE_CHUNKS):
            part = {content_hash: new[content_hash] for content_hash in order[start : start + _SLICE_CHUNKS]}
            texts |= await asyncio.to_thread(self._index_slice, part)
            await meter.embedded(group, len(part), len(texts) / len(order))
        return texts

    def _index_slice(self, part: Mapping[str, str]) -> dict[str, IndexedText]:
        vectors = self._embedder.embed(list(part.values()))
        return {
            content_hash: index_text(text, vector, self._language)
            for (content_hash, text), vector in zip(part.items(), vectors, strict=True)
        }


class _Writer:
    """Writes one group while the next one is made ready, in their order. texts: of the group that is being written.

    At the end, also when the next group failed, what is ready is written; who is cancelled takes it back.
    """

    def __init__(self, write: Callable[[Group, Mapping[str, IndexedText]], Awaitable[None]], meter: _Meter) -> None:
        self._write = write
        self._meter = meter
        self._task: asyncio.Task[None] | None = None
        self.texts: Mapping[str, IndexedText] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, DocentError):
            await self._settle()
        elif self._task is not None:
            await end([self._task])

    async def put(self, group: Group, texts: Mapping[str, IndexedText]) -> None:
        """Begin to write a group once the one before is written. Raises what writing that one raises."""
        await self._settle()
        self.texts = texts
        self._meter.ready(group)
        self._task = asyncio.create_task(self._written(group, texts))

    async def _written(self, group: Group, texts: Mapping[str, IndexedText]) -> None:
        await self._write(group, texts)
        self._meter.written(group)

    async def _settle(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            try:
                await task
            finally:
                await end([task])  # also when who waits is cancelled
            await self._meter.tell()


class _Meter:
    """Tells how far the work is: a group's files count by the share of its chunks that is embedded."""

    def __init__(self, total: int, report: Reporter | None) -> None:
        self._total = total
        self._report = report
        self._written = 0
        self._ready = 0
        self._chunks = 0
        self._started = time.monotonic()

    async def embedded(self, group: Group, chunks: int, share: float) -> None:
        self._chunks += chunks
        reached = group.documents[min(int(share * len(group.documents)), len(group.documents) - 1)]
        # The last file counts when the group is written.
        await self.tell(min(int(share * group.files), group.files - 1), reached.work.path)

    def ready(self, group: Group) -> None:
        self._ready = max(0, group.files - 1)

    def written(self, group: Group) -> None:
        self._ready = 0
        self._written += group.files

    async def tell(self, more: int = 0, document: str = "") -> None:
        if self._report is not None:
            done = self._written + self._ready + more
            rate = self._chunks / max(time.monotonic() - self._started, 1e-3)
            await self._report(Progress(done, self._total, self._chunks, document, round(rate, 1)))


def _document(cut: CutDocument, texts: Mapping[str, IndexedText]) -> DocumentWrite:
    return DocumentWrite(
        path=cut.work.path,
        title=cut.title,
        file_hash=cut.file_hash,
        size=cut.size,
        modified_ns=cut.modified_ns,
        chunks=cut.chunks,
        owners=cut.owners,
        texts=texts,
        replaces=cut.work.stored,
    )


def _outcome(group: Group, *, embedded: int) -> Outcome:
    kinds = Counter(document.work.kind for document in group.documents)
    return Outcome(
        added=kinds["added"],
        changed=kinds["changed"],
        moved=kinds["moved"],
        failed=group.failed,
        chunks_embedded=embedded,
        chunks_kept=sum(len(document.chunks) for document in group.documents) - embedded,
    )
