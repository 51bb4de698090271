"""Makes a collection mirror a folder: plan, load, cut, embed what is new, write document by document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.errors import ConfigurationError, IngestionError
from core.ingestion import loaders
from core.ingestion.chunking import CHUNKING_VERSION, chunk_document
from core.ingestion.plan import FoundFile, Plan, list_files, make_plan
from core.models import Chunk
from core.ports import Embedder
from core.storage.index_store import DocumentWrite, IndexSettings, IndexStore, StoredDocument

# Chunks that are embedded and written together: long enough for full batches, short enough for flat memory.
_BATCH_CHUNKS = 128


@dataclass(frozen=True, slots=True)
class Summary:
    """What an ingest did, or would do in a dry run; failed holds (document, reason)."""

    collection: str
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    chunks_embedded: int = 0
    chunks_kept: int = 0
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: files of those that need work, chunks embedded so far, the current document."""

    done: int
    total: int
    chunks: int
    document: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document that was loaded and cut, with what of it must be embedded."""

    found: FoundFile
    title: str
    chunks: tuple[Chunk, ...]
    new: frozenset[str]
    replaces: int | None


class Ingester:
    """Ingests folders with one embedder into one index."""

    def __init__(self, store: IndexStore, embedder: Embedder, language: str) -> None:
        self._store = store
        self._embedder = embedder
        self._language = language

    async def check_settings(self) -> IndexSettings:
        """Compare the index with this embedder and language; gives what an ingest records.

        Raises ConfigurationError when questions and chunks would be embedded differently.
        """
        stored = await self._store.settings()
        return await asyncio.to_thread(self._checked, stored)

    def _checked(self, stored: IndexSettings | None) -> IndexSettings:
        wanted = IndexSettings(self._embedder.name, self._embedder.dimensions, self._language, CHUNKING_VERSION)
        if stored is None:
            if wanted.dimensions != 384:
                raise ConfigurationError(
                    f"Embedder {wanted.embedder} gives {wanted.dimensions} dimensions but chunks.embedding has 384; "
                    "ingest with --rebuild to make room for it."
                )
            return wanted
        if stored.dimensions != wanted.dimensions:
            raise ConfigurationError(
                f"Embedder {wanted.embedder} gives {wanted.dimensions} dimensions but chunks.embedding has "
                f"{stored.dimensions} (made by {stored.embedder}); restore EMBEDDER or re-ingest with --rebuild."
            )
        if stored.embedder != wanted.embedder:
            raise ConfigurationError(
                f"The index was made by embedder {stored.embedder}, not {wanted.embedder}: their vectors can't be "
                "compared; restore EMBEDDER or re-ingest with --rebuild."
            )
        if stored.language != wanted.language:
            raise ConfigurationError(
                f"The index was made with SEARCH_LANGUAGE={stored.language}, not {wanted.language}; "
                "restore it or re-ingest with --rebuild."
            )
        return wanted

    async def ingest(
        self,
        folder: Path,
        collection: str = "default",
        *,
        dry_run: bool = False,
        rebuild: bool = False,
        report: Report | None = None,
    ) -> Summary:
        """Bring a collection in line with a folder and give the summary.

        rebuild: empty the whole index first (all collections: vectors of two embedders can't live together).
        Raises ConfigurationError for a bad folder or embedder, StoreError when another ingest runs.
        """
        paths = await asyncio.to_thread(lambda: list(list_files(folder, loaders.SUPPORTED)))
        place = str(await asyncio.to_thread(folder.resolve))
        async with self._store.lock(collection):
            stored_settings = await self._store.settings()
            if rebuild and not dry_run:
                await self._store.reset(await asyncio.to_thread(lambda: self._embedder.dimensions))
                wanted = IndexSettings(self._embedder.name, self._embedder.dimensions, self._language, CHUNKING_VERSION)
            else:
                wanted = await self.check_settings()
            stored = {} if rebuild else await self._store.documents(collection)
            recut = stored_settings is not None and stored_settings.chunking != CHUNKING_VERSION
            plan = await asyncio.to_thread(make_plan, folder, paths, stored, recut=recut)
            if dry_run:
                return await self._rehearse(folder, collection, plan, stored)
            if stored_settings != wanted or rebuild:
                await self._store.save_settings(wanted)
            collection_id = await self._store.collection(collection, place)
            run = await self._store.start_run(collection_id, place)
            try:
                summary = await self._apply(folder, collection, collection_id, plan, stored, report)
            except BaseException:
                await asyncio.shield(self._store.finish_run(run, "failed", {}))
                raise
            status = "failed in part" if summary.failed else "done"
            await self._store.finish_run(run, status, asdict(summary))
            return summary

    async def _rehearse(self, folder: Path, collection: str, plan: Plan, stored: dict[str, StoredDocument]) -> Summary:
        embedded = kept = 0
        failed = list(plan.failed)
        async for batch, failures in self._cut_batches(folder, plan, stored, None):
            failed.extend(failures)
            for cut in batch:
                new = sum(chunk.content_hash in cut.new for chunk in cut.chunks)
                embedded += new
                kept += len(cut.chunks) - new
        return self._summary(collection, plan, stored, failed, embedded, kept, dry_run=True)

    async def _apply(
        self,
        folder: Path,
        collection: str,
        collection_id: int,
        plan: Plan,
        stored: dict[str, StoredDocument],
        report: Report | None,
    ) -> Summary:
        embedded = kept = 0
        failed = list(plan.failed)
        async for batch, failures in self._cut_batches(folder, plan, stored, report):
            failed.extend(failures)
            texts = {
                chunk.content_hash: chunk.search_text
                for cut in batch
                for chunk in cut.chunks
                if chunk.content_hash in cut.new
            }
            vectors = await asyncio.to_thread(self._embedder.embed, list(texts.values()))
            rows = dict(zip(texts, vectors, strict=True))
            writes = [_write(cut, rows, self._embedder.dimensions) for cut in batch]
            await self._store.write(collection_id, writes, self._language)
            embedded += len(texts)
            kept += sum(len(cut.chunks) for cut in batch) - len(texts)
        if plan.removed:
            await self._store.remove([stored[path].id for path in plan.removed])
        times = {
            stored[found.path].id: found.modified_ns
            for found in plan.unchanged
            if stored[found.path].modified_ns != found.modified_ns
        }
        if times:
            await self._store.touch(times)
        return self._summary(collection, plan, stored, failed, embedded, kept)

    def _summary(
        self,
        collection: str,
        plan: Plan,
        stored: dict[str, StoredDocument],
        failed: Sequence[tuple[str, str]],
        embedded: int,
        kept: int,
        *,
        dry_run: bool = False,
    ) -> Summary:
        bad = {path for path, _ in failed}
        return Summary(
            collection=collection,
            added=sum(found.path not in bad for found in plan.added),
            changed=sum(found.path not in bad for found in plan.changed),
            moved=sum(found.path not in bad for found, _ in plan.moved),
            removed=len(plan.removed),
            unchanged=len(plan.unchanged),
            failed=tuple(failed),
            chunks_embedded=embedded,
            chunks_kept=kept,
            dry_run=dry_run,
        )

    async def _cut_batches(
        self, folder: Path, plan: Plan, stored: dict[str, StoredDocument], report: Report | None
    ) -> AsyncIterator[tuple[list[_Cut], list[tuple[str, str]]]]:
        """Load and cut the files that need it, in batches of about _BATCH_CHUNKS new chunks, with the failures."""
        work: list[tuple[FoundFile, int | None]] = [
            *((found, None) for found in plan.added),
            *((found, stored[found.path].id) for found in plan.changed),
            *((found, stored[old].id) for found, old in plan.moved),
        ]
        hashes = await self._store.chunk_hashes([known for _, known in work if known is not None])
        batch: list[_Cut] = []
        failures: list[tuple[str, str]] = []
        waiting = done_chunks = 0
        for index, (found, replaces) in enumerate(work):
            if report:
                report(Progress(index, len(work), done_chunks, found.path))
            try:
                cut = await asyncio.to_thread(self._cut, folder, found, replaces, hashes.get(replaces or 0, []))
            except IngestionError as error:
                failures.append((found.path, str(error)))
                continue
            batch.append(cut)
            waiting += len(cut.new)
            if waiting >= _BATCH_CHUNKS:
                yield batch, failures
                done_chunks += waiting
                batch, failures, waiting = [], [], 0
        yield batch, failures
        if report:
            report(Progress(len(work), len(work), done_chunks + waiting, ""))

    def _cut(self, folder: Path, found: FoundFile, replaces: int | None, known: Sequence[str]) -> _Cut:
        document = loaders.load(folder / found.path, found.path)
        chunks = tuple(chunk_document(document, self._embedder.count_tokens, max_tokens=self._embedder.max_tokens))
        if not chunks:
            raise IngestionError("has no text under its headings; write some, or take the file out")
        new = frozenset(chunk.content_hash for chunk in chunks) - frozenset(known)
        return _Cut(found, document.title, chunks, new, replaces)


def _write(
    cut: _Cut, vectors: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]], dimensions: int
) -> DocumentWrite:
    wanted = list(dict.fromkeys(chunk.content_hash for chunk in cut.chunks if chunk.content_hash in cut.new))
    rows = (
        np.stack([vectors[content_hash] for content_hash in wanted])
        if wanted
        else np.empty((0, dimensions), np.float32)
    )
    return DocumentWrite(
        path=cut.found.path,
        title=cut.title,
        file_hash=cut.found.file_hash,
        size=cut.found.size,
        modified_ns=cut.found.modified_ns,
        chunks=cut.chunks,
        new=cut.new,
        embeddings=rows,
        replaces=cut.replaces,
    )
