"""Reads, embeds and groups what the documents could not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from core.inference.remembering import RememberingEmbedder
from core.ports import Embedder
from core.reporting.gaps import GapGroup, GapReport, for_everyone, group_gaps, never_cited, often_disliked
from core.storage.gap_store import LARGEST, Gap, GapStore

DAYS = 30


class GapReporter:
    """Makes reports over one database; embedder and language are those that questions are searched with."""

    def __init__(self, store: GapStore, embedder: Embedder, language: str) -> None:
        self._store = store
        # A page that is loaded again embeds only what is new.
        self._embedder = RememberingEmbedder(embedder, LARGEST)
        self._language = language

    async def report(self, days: int = DAYS, shown_in: Collection[str] | None = None) -> GapReport:
        """Report on so many days. Raises StoreError and ModelError.

        shown_in: None for admins, who see everything; else the names of the collections that a channel may see, in
        which only what everyone may know of is told.
        """
        every = await self._store.gaps(days)
        gaps = every if shown_in is None else for_everyone(every, shown_in)
        documents = await self._store.documents(days)
        if shown_in is not None:
            documents = [use for use in documents if use.document.collection in shown_in]
        answered = await self._store.answered(days)
        groups: tuple[GapGroup, ...] = ()
        if gaps:
            groups = await asyncio.to_thread(self._grouped, gaps)
        return GapReport(
            days=days,
            answered=answered,
            groups=groups,
            never_cited=never_cited(documents),
            disliked=often_disliked(documents),
            withheld=len(every) - len(gaps),
            is_cut=len(every) == LARGEST,
        )

    def _grouped(self, gaps: Sequence[Gap]) -> tuple[GapGroup, ...]:
        return group_gaps(gaps, self._embedder.embed([gap.text for gap in gaps]), self._language)
