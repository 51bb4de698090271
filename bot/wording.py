"""Every sentence that a user can see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import DocentError
from core.ingestion.ingest import Summary
from core.models import Answer, Citation, RetrievedChunk

NOT_FOUND = "I could not find this in the docs."
NOTHING_INGESTED = "Nothing is ingested yet; run `docent ingest DIR` with the folder that holds your documents."
CONNECT = (
    "Slack: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN into .env, then run `make run` again.",
    "Discord: put DISCORD_TOKEN into .env, then run `make run` again.",
)
CHAT_OPENING = "Ask a question; an empty line or Ctrl-D ends, /forget starts anew."
FORGOTTEN_NONE = "There was no such conversation."


def error_line(error: DocentError) -> str:
    """Give an error of ours as one line for the terminal."""
    return f"docent: {' '.join(str(error).split())}"


def place(chunk: RetrievedChunk) -> str:
    """Give where a chunk stands: document, heading, page or lines."""
    parts = [chunk.document]
    if chunk.chunk.heading:
        parts.append(chunk.chunk.heading)
    if chunk.chunk.page is not None:
        parts.append(f"page {chunk.chunk.page}")
    elif chunk.chunk.lines is not None:
        first, last = chunk.chunk.lines
        parts.append(f"line {first}" if first == last else f"lines {first}-{last}")
    return ", ".join(parts)


def footnote(citation: Citation) -> str:
    """Give a footnote as one line."""
    return f"[{citation.number}] {place(citation.chunk)}"


def nearest(passages: Sequence[RetrievedChunk], limit: int = 3) -> list[str]:
    """Give the nearest documents of a refusal, best first."""
    return list(dict.fromkeys(passage.document for passage in passages))[:limit]


def answer_text(answer: Answer) -> str:
    """Give the text of an answer; a refusal names the nearest documents."""
    if not answer.refused:
        return answer.text
    documents = nearest(answer.passages)
    if not documents:
        return NOT_FOUND
    return f"{NOT_FOUND} The nearest documents: {', '.join(documents)}."


def summary_lines(summary: Summary) -> list[str]:
    """Give the summary of an ingest, the failed files with their reasons last."""
    counts = ", ".join(
        f"{count} {name}"
        for name, count in (
            ("added", summary.added),
            ("changed", summary.changed),
            ("moved", summary.moved),
            ("removed", summary.removed),
            ("unchanged", summary.unchanged),
            ("failed", len(summary.failed)),
        )
    )
    would = "would be " if summary.dry_run else ""
    lines = [
        f"Collection {summary.collection}: {counts}.",
        f"Chunks: {summary.chunks_embedded} {would}embedded, {summary.chunks_kept} {would}kept.",
    ]
    lines.extend(f"failed: {document}: {reason}" for document, reason in summary.failed)
    return lines


def no_documents(folder: Path) -> str:
    """Say that a folder holds nothing that can be read."""
    return f"{folder} holds no documents that can be read; put some in, or set DOCS_DIR to another folder."


def ingesting(folder: Path) -> str:
    """Say which folder is being ingested."""
    return f"Ingesting {folder} ..."


def question_about(title: str) -> str:
    """Give a question that the documents can answer, whatever they are about."""
    return f"What does “{title}” say?"


def serving(address: str) -> str:
    """Say where the health endpoint is."""
    return f"Docent is running; its health is at {address}."


def forgotten(turns: int) -> str:
    """Confirm what was deleted."""
    return f"Forgotten: {turns} turn{'' if turns == 1 else 's'}."


def forgotten_all(conversations: int) -> str:
    """Confirm that every conversation was deleted."""
    return f"Forgotten: {conversations} conversation{'' if conversations == 1 else 's'}."
