"""Makes a report of what the documents lack: gaps grouped by meaning, documents that nobody needs, disliked ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.ports import Embeddings
from core.reporting.grouping import groups_of, most_central
from core.storage.gap_store import DocumentName, DocumentUse, Gap

_NEAREST = 3
# A document counts as cited often from so many answers on.
_OFTEN = 3


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Questions that ask for the same.

    title: the most central of them. questions: all that differ in their words, the newest first. asked: how often.
    people: how many asked. refused, uncertain, disliked: questions each; one may be several of them.
    reasons: why they were disliked, with how often. nearest: the documents that come nearest, best first.
    is_public: everyone may know of all of them; others are for admins alone. ids: of the questions, the newest first.
    """

    title: str
    questions: tuple[str, ...]
    asked: int
    people: int
    refused: int
    uncertain: int
    disliked: int
    reasons: tuple[tuple[str, int], ...]
    nearest: tuple[DocumentName, ...]
    last_asked: datetime
    is_public: bool
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GapReport:
    """What the documents lack.

    days: of which it tells. answered: questions that got an answer or a refusal. groups: most asked first.
    never_cited: most often found first; found and not cited, it may promise more than it says. disliked: those that
    are cited often, most often disliked first. withheld: questions that everyone may not know of, and that were left
    out for that. is_cut: there were more questions than are looked at.
    """

    days: int
    answered: int
    groups: tuple[GapGroup, ...] = ()
    never_cited: tuple[DocumentUse, ...] = ()
    disliked: tuple[DocumentUse, ...] = ()
    withheld: int = 0
    is_cut: bool = False

    @property
    def questions(self) -> int:
        """How many questions the groups hold."""
        return sum(group.asked for group in self.groups)


def group_gaps(gaps: Sequence[Gap], vectors: Embeddings, language: str = "english") -> tuple[GapGroup, ...]:
    """Group gaps by meaning, the one that was asked most first. vectors: one of length 1 for the text of each."""
    groups = [
        _group([gaps[index] for index in indexes], gaps[most_central(indexes, vectors)].text)
        for indexes in groups_of([gap.text for gap in gaps], vectors, language=language)
    ]
    return tuple(sorted(groups, key=lambda group: (group.asked, group.people, group.last_asked), reverse=True))


def for_everyone(gaps: Sequence[Gap], collections: Collection[str]) -> list[Gap]:
    """Give the gaps that everyone may know of, with the nearest documents of these collections alone, no reasons."""
    return [
        Gap(
            id=gap.id,
            text=gap.text,
            asker=gap.asker,
            is_public=True,
            asked_at=gap.asked_at,
            is_refused=gap.is_refused,
            is_uncertain=gap.is_uncertain,
            disliked=gap.disliked,
            documents=tuple(document for document in gap.documents if document.collection in collections),
        )
        for gap in gaps
        if gap.is_public
    ]


def never_cited(documents: Sequence[DocumentUse]) -> tuple[DocumentUse, ...]:
    """Give the documents that no answer cites, most often found first; none where nothing was cited at all."""
    if not any(use.cited for use in documents):
        return ()
    unused = [use for use in documents if not use.cited]
    return tuple(sorted(unused, key=lambda use: -use.retrieved))


def often_disliked(documents: Sequence[DocumentUse]) -> tuple[DocumentUse, ...]:
    """Give the documents that are cited often and disliked more often than liked, most often disliked first."""
    found = [use for use in documents if use.cited >= _OFTEN and use.disliked > use.liked]
    return tuple(sorted(found, key=lambda use: (-use.disliked, -use.cited)))


def _group(gaps: Sequence[Gap], title: str) -> GapGroup:
    nearness: defaultdict[DocumentName, float] = defaultdict(float)
    for gap in gaps:
        for rank, document in enumerate(gap.documents, 1):
            nearness[document] += 1 / rank
    nearest = sorted(nearness, key=lambda document: -nearness[document])[:_NEAREST]
    newest = sorted(gaps, key=lambda gap: gap.asked_at, reverse=True)
    return GapGroup(
        title=title,
        questions=tuple(dict.fromkeys(gap.text for gap in newest)),
        asked=len(gaps),
        people=len({gap.asker for gap in gaps}),
        refused=sum(gap.is_refused for gap in gaps),
        uncertain=sum(gap.is_uncertain for gap in gaps),
        disliked=sum(gap.disliked > 0 for gap in gaps),
        reasons=tuple(Counter(reason for gap in newest for reason in gap.reasons).most_common()),
        nearest=tuple(nearest),
        last_asked=newest[0].asked_at,
        is_public=all(gap.is_public for gap in gaps),
        ids=tuple(gap.id for gap in newest),
    )
