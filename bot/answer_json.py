"""Answers and searches as the JSON of the command line's contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.links import NO_LINKS, Links
from bot.wording import answer_text
from core.models import Answer, Citation, RetrievedChunk


def answer_json(answer: Answer, identifier: object = None, *, links: Links = NO_LINKS) -> dict[str, Any]:
    """Give one answer; `id` only where the question had one, `url` only where a passage has one."""
    timings = answer.timings
    return {
        **({"id": identifier} if identifier is not None else {}),
        "question": answer.question,
        "answer": answer_text(answer),
        "refused": answer.refused,
        "kind": answer.kind,
        "confidence": round(answer.confidence, 4),
        "uncertain": answer.uncertain,
        "reused": answer.reused,
        **({"made_at": answer.made_at.isoformat(timespec="seconds")} if answer.made_at else {}),
        "searched": answer.condensed,
        "citations": [_citation(citation, links) for citation in answer.citations],
        "passages": passages_json(answer.passages, links=links),
        "model": answer.model,
        "timings": {
            "retrieve_ms": timings.retrieve_ms,
            "first_token_ms": timings.first_token_ms,
            "total_ms": timings.total_ms,
            "prompt_tokens": timings.prompt_tokens,
            "completion_tokens": timings.completion_tokens,
            "stages_ms": dict(timings.stages),
        },
    }


def passages_json(passages: Sequence[RetrievedChunk], *, links: Links = NO_LINKS) -> list[dict[str, Any]]:
    """Give retrieved chunks, best first, ranks from 1."""
    return [
        {
            "rank": rank,
            "collection": passage.collection,
            "document": passage.document,
            "title": passage.title,
            **_where(passage, links),
            "text": passage.chunk.text,
            "cosine_distance": round(passage.cosine_distance, 6),
            "score": round(passage.score, 6),
        }
        for rank, passage in enumerate(passages, start=1)
    ]


def _citation(citation: Citation, links: Links) -> dict[str, Any]:
    return {
        "number": citation.number,
        "document": citation.chunk.document,
        "title": citation.chunk.title,
        **_where(citation.chunk, links),
        "text": citation.chunk.chunk.text,
        "evidence": citation.evidence,
    }


def _where(retrieved: RetrievedChunk, links: Links) -> dict[str, Any]:
    chunk, url = retrieved.chunk, links.url(retrieved)
    return {
        "heading": chunk.heading,
        **({"page": chunk.page} if chunk.page is not None else {}),
        **({"lines": list(chunk.lines)} if chunk.lines is not None else {}),
        **({"url": url} if url else {}),
    }
