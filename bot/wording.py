"""Every sentence that a user can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import DocentError
from core.ingestion.ingest import Summary
from core.models import Answer, Citation, RetrievedChunk, SmallTalk

NOT_FOUND = "I could not find this in the docs."
UNCERTAIN = "I am not sure that this answers it; it is the nearest that I found:"
NOTHING_INGESTED = "Nothing is ingested yet; run `docent ingest DIR` with the folder that holds your documents."
CONNECT = (
    "Slack: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN into .env, then run `make run` again.",
    "Discord: put DISCORD_TOKEN into .env, then run `make run` again.",
)
CHAT_OPENING = "Ask a question; an empty line or Ctrl-D ends, /forget starts anew."
FORGOTTEN_NONE = "There was no such conversation."
SMALL_TALK: Mapping[SmallTalk, str] = {
    "greeting": 'Hello! Ask me about the team\'s documents in your own words, such as "How do I book leave?".',
    "thanks": "Glad to help! Ask me again whenever you like.",
    "identity": (
        "I'm Docent, a bot that answers questions from the team's documents, with footnotes that say where it stands. "
        'Ask me something, such as "How do I book leave?".'
    ),
    "ability": (
        "I'm Docent. Ask me a question in your own words: I search the team's documents, quote what answers it with "
        "footnotes, and say so when I could not find it. You can go on from an answer, "
        'with "and for contractors?" for example.'
    ),
    "farewell": "Until next time! Ask me whenever you want to know something from the team's documents.",
}


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
    """Give the text of an answer: a refusal names the nearest documents, doubts are said, small talk gets its like."""
    if answer.small_talk is not None:
        return SMALL_TALK[answer.small_talk]
    if not answer.refused:
        return f"{UNCERTAIN}\n\n{answer.text}" if answer.uncertain else answer.text
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
DISCORD_CANNOT_WRITE = (
    "I can't write where you asked me. Let me send messages there (Send Messages, in threads Send Messages in "
    "Threads), or ask me here instead."
)
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


# --- The pages of `docent simulate --html`

PAGE_STEPS = "How it came about"
PAGE_FOOTER = "Drawn by `docent simulate` from what its local stand-in for the platform held."
PAGE_EDITED = "(edited)"
SLACK_PAGE_ONLY = "Only visible to you"
SLACK_PAGE_THREAD = "Thread"
SLACK_PAGE_REPLY = "Reply …"
SLACK_PAGE_CHANNELS = "Channels"
SLACK_PAGE_APPS = "Apps"
DISCORD_PAGE_ONLY = "Only you can see this"
DISCORD_PAGE_GONE = "Original message was deleted"
DISCORD_PAGE_CHANNELS = "Text channels"
DISCORD_PAGE_DIRECT = "Direct messages"


def page_title(platform: str, channel: str) -> str:
    """Name the page."""
    return f"Docent in {platform}, {channel}"


def page_saved(path: Path) -> str:
    """Say where the page is."""
    return f"Drawn in {path}; open it in a browser."


def page_asks(name: str) -> str:
    """Say that someone asks."""
    return f"{name} asks"


def page_presses(name: str, button: str) -> str:
    """Say that someone presses a button."""
    return f"{name} presses “{button}”"


def page_written(name: str) -> str:
    """Say that a message is new."""
    return f"{name} writes"


def page_changed(name: str) -> str:
    """Say that a message looks different."""
    return f"{name}’s message changes"


def page_gone(name: str) -> str:
    """Say that a message is not there any more."""
    return f"{name}’s message is gone"


def page_reacted(names: Sequence[str]) -> str:
    """Say who put a reaction on a message."""
    return f"{', '.join(names)} reacts"


def page_unreacted(names: Sequence[str]) -> str:
    """Say who took a reaction back."""
    return f"{', '.join(names)} takes a reaction back"


def page_replies(count: int) -> str:
    """Count the replies in a thread."""
    return f"{count} {'reply' if count == 1 else 'replies'}"


def page_messages(count: int) -> str:
    """Count the messages in a thread."""
    return f"{count} {'message' if count == 1 else 'messages'}"


def page_write_to(channel: str) -> str:
    """Label the box for writing."""
    return f"Message {channel}"


def discord_page_thinking(name: str) -> str:
    """Say that an answer was promised."""
    return f"{name} is thinking…"


def discord_page_used(command: str) -> str:
    """Say which command a message answers."""
    return f"used /{command}"
