"""How an answer was found, as JSON that is kept with its turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.models import Answer, Citation, Dropped, Evidence, RetrievedChunk, WrittenSentence

# Of what was dropped, so many pieces and so many whole chunks are told of, and of a piece so many characters.
_DROPPED = 12
_PIECE_CHARACTERS = 240


def found_json(answer: Answer) -> dict[str, Any]:
    """Give what people may later be shown of an answer's way: the question as searched, the model, what was found.

    Passages are named by collection, document, heading and content hash, with both ranks, best first; their words are
    the index's to keep. Of the pieces that were weighed as evidence the beginnings are kept, with their scores and, for
    those that were dropped, why; of what the model wrote each sentence with what became of it. made_at: of an answer
    that was kept and given again, which has less of all this; else None.
    """
    pieces = [dropped for dropped in answer.dropped if dropped.text]
    whole = [dropped for dropped in answer.dropped if not dropped.text]
    told = [*pieces[:_DROPPED], *whole[:_DROPPED]]
    return {
        "searched": answer.condensed,
        "uncertain": answer.uncertain,
        "model": answer.model,
        "passages": [_passage(passage) for passage in answer.passages],
        "made_at": answer.made_at.isoformat(timespec="seconds") if answer.made_at else None,
        "model_failed": bool(answer.model_failure),
        "evidence": [_evidence(piece, answer.passages) for piece in answer.evidence],
        "dropped": [_dropped(dropped) for dropped in told],
        "dropped_more": len(answer.dropped) - len(told),
        "written": answer.written,
        "sentences": [_sentence(sentence, answer.citations) for sentence in answer.sentences],
    }


def _evidence(piece: Evidence, passages: Sequence[RetrievedChunk]) -> dict[str, Any]:
    """Give a chosen piece; rank: its chunk's among the passages, None where it is not one of them."""
    ranks = {passage.id: rank for rank, passage in enumerate(passages, start=1)}
    return {"rank": ranks.get(piece.chunk.id), "text": piece.text[:_PIECE_CHARACTERS], "score": piece.score}


def _dropped(dropped: Dropped) -> dict[str, Any]:
    return {
        "document": dropped.chunk.document,
        "heading": dropped.chunk.chunk.heading,
        "reason": dropped.reason,
        "text": dropped.text[:_PIECE_CHARACTERS],
        "score": dropped.score,
    }


def _sentence(sentence: WrittenSentence, citations: Sequence[Citation]) -> dict[str, Any]:
    """Give a sentence; number: of the footnote that carries it, None where none does."""
    numbers = {citation.chunk.id: citation.number for citation in citations}
    return {
        "text": sentence.text,
        "fate": sentence.fate,
        "number": numbers.get(sentence.chunk_id) if sentence.chunk_id is not None else None,
        "rule": sentence.rule,
    }


def _passage(passage: RetrievedChunk) -> dict[str, Any]:
    return {
        "collection": passage.collection,
        "document": passage.document,
        "heading": passage.chunk.heading,
        "content_hash": passage.chunk.content_hash,
        "page": passage.chunk.page,
        "lines": list(passage.chunk.lines) if passage.chunk.lines else None,
        "cosine_distance": passage.cosine_distance,
        "score": passage.score,
        "vector_rank": passage.vector_rank,
        "text_rank": passage.text_rank,
    }
