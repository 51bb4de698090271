"""The way of one question as plain rows: of an answer that is there, and of a turn that was stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, get_args

from bot import wording
from core.answering.answerer import REFUSE_BELOW, SURE_FROM
from core.models import Answer, Stage
from core.storage.found import found_json

# What turns held of their way from the first; without these keys they are older.
_RECORDED = ("evidence", "dropped", "sentences")


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A chunk that was found. by_meaning, by_words: 1-based ranks, None where the search did not find it.

    evidence: the pieces of it that were chosen, each with its score.
    """

    rank: int
    place: str
    by_meaning: int | None
    by_words: int | None
    distance: float
    score: float
    evidence: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """What was looked at and left. text, score: of a piece; "" and None for a whole chunk."""

    place: str
    why: str
    text: str
    score: float | None


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence that the model wrote, and what became of it."""

    text: str
    fate: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage that ran: its name, what is done in it, and its milliseconds."""

    stage: Stage
    what: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Way:
    """How an answer came about. notes: sentences on what is special about it, or missing. kind: see Answer.

    decision: "" where nothing was decided. dropped_more: how much was dropped besides. speed: tokens a second, None
    where the model wrote fewer than two. Times are in milliseconds.
    """

    asked: str
    searched: str
    kind: str
    model: str
    notes: tuple[str, ...]
    passages: tuple[PassageRow, ...]
    dropped: tuple[DroppedRow, ...]
    dropped_more: int
    written: str
    sentences: tuple[SentenceRow, ...]
    decision: str
    stages: tuple[StageRow, ...]
    first_token_ms: float | None
    total_ms: float
    prompt_tokens: int
    completion_tokens: int

    @property
    def speed(self) -> float | None:
        """Tokens a second after the first one."""
        written = sum(row.milliseconds for row in self.stages if row.stage == "tokens")
        return (self.completion_tokens - 1) * 1000 / written if self.completion_tokens > 1 and written else None


def way_of_answer(answer: Answer) -> Way:
    """Give the way of an answer that was just made."""
    if answer.small_talk is not None:
        return _way(answer.question, answer.kind, 0.0, {}, {}, (wording.WHY_SMALL_TALK,))
    return way_of_turn(answer.question, answer.kind, answer.confidence, found_json(answer), asdict(answer.timings))


def way_of_turn(asked: str, kind: str, confidence: float, found: Mapping[str, Any], timings: Mapping[str, Any]) -> Way:
    """Give the way of a stored turn. found, timings: as they were stored, also by versions that stored less."""
    notes = []
    made_at = found.get("made_at")
    if made_at:
        notes.append(wording.why_reused(datetime.fromisoformat(made_at)))
    elif any(name not in found for name in _RECORDED):
        notes.append(wording.WHY_MISSING)
    if found.get("model_failed"):
        notes.append(wording.WHY_MODEL_FAILED)
    return _way(asked, kind, confidence, found, timings, notes)


def _way(
    asked: str,
    kind: str,
    confidence: float,
    found: Mapping[str, Any],
    timings: Mapping[str, Any],
    notes: Sequence[str],
) -> Way:
    is_decided = kind != "chat" and not found.get("made_at")
    stages = timings.get("stages") or {}
    return Way(
        asked=asked,
        searched=found.get("searched", ""),
        kind=kind,
        model=found.get("model", ""),
        notes=tuple(notes),
        passages=tuple(
            _passage(rank, passage, found.get("evidence", ()))
            for rank, passage in enumerate(found.get("passages", ()), start=1)
        ),
        dropped=tuple(_dropped(dropped) for dropped in found.get("dropped", ())),
        dropped_more=found.get("dropped_more", 0),
        written=found.get("written", "").strip(),
        sentences=tuple(
            SentenceRow(
                sentence["text"],
                wording.why_sentence(sentence["fate"], sentence["rule"], sentence["number"]),
                sentence["fate"] in ("kept", "corrected"),
            )
            for sentence in found.get("sentences", ())
        ),
        decision=wording.why_decision(confidence, REFUSE_BELOW, SURE_FROM) if is_decided else "",
        stages=tuple(
            StageRow(stage, wording.WHY_STAGES[stage], stages[stage]) for stage in get_args(Stage) if stage in stages
        ),
        first_token_ms=timings.get("first_token_ms"),
        total_ms=timings.get("total_ms", 0.0),
        prompt_tokens=timings.get("prompt_tokens", 0),
        completion_tokens=timings.get("completion_tokens", 0),
    )


def _passage(rank: int, passage: Mapping[str, Any], evidence: Sequence[Mapping[str, Any]]) -> PassageRow:
    return PassageRow(
        rank=rank,
        place=wording.found_place(passage),
        by_meaning=passage["vector_rank"],
        by_words=passage["text_rank"],
        distance=passage["cosine_distance"],
        score=passage["score"],
        evidence=tuple((piece["text"], piece["score"]) for piece in evidence if piece["rank"] == rank),
    )


def _dropped(dropped: Mapping[str, Any]) -> DroppedRow:
    return DroppedRow(
        place=wording.found_place(dropped),
        why=wording.WHY_DROPPED[dropped["reason"]],
        text=dropped["text"],
        score=dropped["score"] if dropped["text"] else None,
    )
