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


# --- Chats: answers while they grow, buttons, commands

SEARCHING = "Searching the documents …"
CANCELLED = "Stopped. Ask again whenever you like."
NOT_RUNNING = "This answer is not being written any more."
ONLY_THE_ASKER = "Only the person who asked can stop this answer."
THANKS = "Thank you, noted."
NO_EVIDENCE = "The evidence of this answer is no longer kept."
NOT_AN_ADMIN = "Only Docent's admins may do this. Ask one of them, or have yourself added to DOCENT_ADMINS."
EMPTY_QUESTION = 'What would you like to know? Ask me something, such as "How do I book leave?".'
NOTHING_INGESTED_CHAT = "I have no documents yet; an admin has to ingest some first."
NO_MEMORY = "There was nothing to forget in this conversation."
GIVEN_UP = "I was restarted while answering and could not finish. Please ask again."
HELP = (
    "Ask me about the team's documents; I answer with footnotes, or say that I could not find it. "
    "Follow-ups in the same thread work. Commands: `ask`, `reingest` (admins), `status`, `forget` (this conversation), "
    "`help`."
)


def writing(ahead: int, seconds: float | None) -> str:
    """Say that the model phrases the answer, or how many are ahead and how long that takes."""
    if ahead == 0:
        return "Writing from the evidence …"
    if seconds is None:
        return f"{ahead} ahead of you …"
    return f"{ahead} ahead of you, about {max(1, round(seconds))} s …"


def too_long(limit: int) -> str:
    """Say that a question is too long."""
    return f"That question is too long for me; please put it into at most {limit:,} characters."


def database_gone(reference: str) -> str:
    """Say that the database is not there."""
    return f"I can't reach my memory at the moment. Please try again in a minute. (reference {reference})"


def failed(reference: str) -> str:
    """Say that something went wrong."""
    return f"Something went wrong on my side, and it is logged. Please try again. (reference {reference})"


def evidence_text(cited: Sequence[tuple[int, str, str]]) -> str:
    """Give the evidence of an answer: (number, document, evidence) each."""
    if not cited:
        return NO_EVIDENCE
    return "\n\n".join(
        f"[{number}] {document}\n" + "\n".join(f"> {line}" for line in evidence.splitlines())
        for number, document, evidence in cited
    )


def status_text(collections: Sequence[tuple[str, int, int]], model: str, waiting: int) -> str:
    """Give what is in and who answers: (collection, documents, chunks) each."""
    if not collections:
        return NOTHING_INGESTED_CHAT
    lines = [f"- {name}: {documents} documents, {chunks} chunks" for name, documents, chunks in collections]
    return "\n".join([*lines, f"- model: {model}, {waiting} questions being answered"])


def no_such_folder(name: str, known: Sequence[str]) -> str:
    """Say that there is nothing of this name to ingest again."""
    return f"There is no folder {name!r} to ingest again; there is: {', '.join(known) or 'none yet'}."


def ingest_progress(collection: str, done: int, total: int) -> str:
    """Say how far an ingest is."""
    return f"Ingesting {collection}: {done} of {total} documents …"


def ingest_refused(reason: str) -> str:
    """Say why an ingest did not start; the reason is ours and names no person."""
    return f"The ingest did not run: {reason}"


# --- Discord

DISCORD_SOURCES = "Sources"
DISCORD_BUTTONS = {"up": "👍", "down": "👎", "evidence": "Show evidence", "cancel": "Cancel"}
DISCORD_NOTHING = "…"
DISCORD_SOMEONE = "someone"
DISCORD_COMMANDS = {
    "ask": "Ask the team's documents a question",
    "reingest": "Read the documents again (admins)",
    "status": "What Docent knows and whether it is well",
    "forget": "Forget what was said in this channel or thread",
    "help": "How to ask Docent",
}
DISCORD_OPTIONS = {
    "question": "What you would like to know",
    "folder": "Which folder; all of them when left out",
    "dry_run": "Only say what would change",
}


def discord_asked(mention: str, question: str) -> str:
    """Say who asked what, above an answer that Discord can't hang on its question; one short line."""
    return f"{mention} asked: {question}"


# --- Slack

SLACK_SHOW_EVIDENCE = "Show evidence"
SLACK_CANCEL = "Cancel"
SLACK_LOOKING = "is looking …"
SLACK_SOMEONE = "Someone"
SLACK_CANNOT_WRITE = (
    "I can't write in this conversation. Invite me with `/invite`, or ask me in a direct message instead."
)
SLACK_HOME_TITLE = "Docent answers from your team's documents"
SLACK_HOME_KNOWS = "What I know"
SLACK_HOME_ASKING = "How to ask"
SLACK_HOME_EXAMPLES = (
    "Some ways to begin:\n"
    "- In a channel: `@Docent How do I book leave?`\n"
    "- Here, under Messages: `Who can approve a purchase?`\n"
    "- In the thread of an answer, without a mention: `And who approves it?`\n"
    "- Anywhere: `/docent ask Where do I report a lost laptop?`"
)


def slack_asked(name: str, question: str) -> str:
    """Show a question of a slash command, which Slack shows to nobody."""
    return f"{name} asked: {question}"
