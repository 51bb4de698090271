"""Every sentence that a user can see."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.messages import Action
    from core.errors import DocentError
    from core.ingestion.outcome import Progress, Summary
    from core.models import Answer, Citation, RetrievedChunk, SmallTalk
    from core.storage.access_store import CollectionAccess
    from core.storage.run_store import StoredRun

NOT_FOUND = "I could not find this in the docs."
UNCERTAIN = "I am not sure that this answers it; it is the nearest that I found:"
NOTHING_INGESTED = "Nothing is ingested yet; run `docent ingest DIR` with the folder that holds your documents."
CONNECT = (
    "Slack: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN into .env, then run `make run` again.",
    "Discord: put DISCORD_TOKEN into .env, then run `make run` again.",
)
WORKING = "Docent takes ingest work off the queue until it is stopped."
CHAT_OPENING = "Ask a question; an empty line or Ctrl-D ends, /forget forgets, /anew asks the last question anew."
NOTHING_TO_ASK_ANEW = "Nothing was asked yet."
HOW_TO_ASK_ANEW = "`docent ask --fresh` asks anew, in a chat /anew."
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


def answered_before(made_at: datetime) -> str:
    """Mark an answer that is given again."""
    made = made_at.astimezone()
    return f"Answered before, on {made.day} {made:%B %Y}; what it cites has not changed since."


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
    lines.extend(failed_line(document, reason) for document, reason in summary.failed)
    return lines


def failed_line(document: str, reason: str) -> str:
    """Say on the terminal why a document failed."""
    return printable(f"failed: {document}: {reason}")


def printable(text: str) -> str:
    """Give a text as one line that does nothing to a terminal: file names may hold line ends and escapes."""
    return "".join(character if character.isprintable() else "�" for character in text)


def plan_lines(plan: Mapping[str, Any], *, paths: bool) -> list[str]:
    """Give a plan (see Plan.as_json) for the terminal; paths: with the first documents of each kind."""
    lines = ["Plan: " + ", ".join(f"{plan[kind]} {kind}" for kind in RUN_COUNTS) + "."]
    for kind, first in plan["first"].items() if paths else ():
        more = plan[kind] - len(first)
        lines.extend(printable(f"  {kind}: {path}") for path in first)
        if more:
            lines.append(f"  {kind}: and {more} more")
    return lines


def chunk_rate(chunks: int, chunks_per_second: float) -> str:
    """Say how many chunks are in, and how fast."""
    return f"{chunks} chunks, {chunks_per_second:.1f}/s"


def ingest_line(step: Progress) -> str:
    """Say how far an ingest is, for a log."""
    return f"ingesting {step.done}/{step.total}, {chunk_rate(step.chunks, step.chunks_per_second)}"


def run_line(run: StoredRun, *, is_alive: bool) -> str:
    """Say in a line of `docent status` how a run went or how far it is. is_alive: a process works at it."""
    when = (run.started_at or run.requested_at).astimezone()
    status = run.status if run.status != "running" or is_alive else "interrupted"
    words = [f"{when:%Y-%m-%d %H:%M}  {run.collection}: {status}"]
    if run.dry_run:
        words.append("dry run")
    if run.requested_by:
        words.append(f"asked for by {run.requested_by}")
    if status == "running":
        words.append(f"on {run.owner}")
        words.extend(_how_far(run.progress))
    elif run.summary:
        counts = {**run.summary, "failed": len(run.summary.get("failed", ()))}
        words.extend(f"{counts[kind]} {kind}" for kind in RUN_COUNTS if counts.get(kind))
        words.append(f"{run.summary.get('chunks_embedded', 0)} chunks embedded")
        if run.summary.get("seconds"):
            words.append(f"{run.summary['seconds']:.1f} s")
    if status == "waiting":
        words.append(f"would remove {run.plan.get('removed', 0)} of {run.plan.get('stored', 0)} documents")
        words.append(f"confirm with: {confirming_command(run)}")
    if run.error:
        words.append(run.error)
    return printable(", ".join(words))


def confirming_command(run: StoredRun) -> str:
    """Give the command that does what a run waits for."""
    return shlex.join(["docent", "ingest", run.folder, "--collection", run.collection, "--yes"])


def pull_failed(collection: str, when: datetime, reason: str) -> str:
    """Say in a line of `docent status` that a folder's checkout is not up to date, and why."""
    return printable(f"{when.astimezone():%Y-%m-%d %H:%M}  {collection}: git pull failed, {reason}")


def _how_far(progress: Mapping[str, Any]) -> list[str]:
    if not progress:
        return ["just begun"]
    return [
        f"{progress['done']} of {progress['total']} documents",
        chunk_rate(progress["chunks"], progress["chunks_per_second"]),
    ]


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
ONLY_THE_ASKER = "Only the person who asked, or an admin, can stop this answer."
ASK_ANEW = "Ask anew"
ANSWERED_ANEW = "It is being answered anew already."
THANKS = "Thank you, noted."
NO_EVIDENCE = "The evidence of this answer is no longer kept."
NOT_AN_ADMIN = "Only Docent's admins may do this. Ask one of them, or have yourself added to DOCENT_ADMINS."
EMPTY_QUESTION = 'What would you like to know? Ask me something, such as "How do I book leave?".'
NOTHING_INGESTED_CHAT = "I have no documents yet; an admin has to ingest some first."
NO_MEMORY = "There was nothing to forget in this conversation."
GIVEN_UP = "I was restarted while answering and could not finish. Please ask again."
HELP = (
    "Ask me about the team's documents; I answer with footnotes, or say that I could not find it. "
    "Follow-ups in the same thread work. Commands: `ask`, `status`, `forget` (this conversation), `help`; for admins "
    "`reingest` and `collections`."
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


def evidence_text(cited: Sequence[tuple[int, str, str]], kept_back: int = 0) -> str:
    """Give the evidence of an answer: (number, document, evidence) each. kept_back: how many may not be shown."""
    if not cited and not kept_back:
        return NO_EVIDENCE
    parts = [
        f"[{number}] {document}\n" + "\n".join(f"> {line}" for line in evidence.splitlines())
        for number, document, evidence in cited
    ]
    return "\n\n".join([*parts, EVIDENCE_KEPT_BACK] if kept_back else parts)


def status_text(collections: Sequence[tuple[str, int, int]], model: str, waiting: int) -> str:
    """Give what is in and who answers: (collection, documents, chunks) each."""
    if not collections:
        return NOTHING_INGESTED_CHAT
    lines = [f"- {name}: {documents} documents, {chunks} chunks" for name, documents, chunks in collections]
    return "\n".join([*lines, f"- model: {model}, {waiting} questions being answered"])


# --- Who may see what

EVIDENCE_KEPT_BACK = "Some of the evidence comes from a collection that may not be shown here."
COLLECTIONS_USAGE = (
    "`collections limit NAME …` lets this channel see only those, `collections limit --all` lifts that, "
    "`collections private NAME` (or `… off`) keeps one out of public channels."
)


def collections_text(collections: Sequence[CollectionAccess], visible: Sequence[str]) -> str:
    """Give every collection with who is kept out, and what is seen here."""
    if not collections:
        return NOTHING_INGESTED_CHAT
    lines = [
        f"- {entry.name}{' (private)' if entry.private else ''}: {entry.documents} documents, {entry.chunks} chunks"
        + (f"; named for {', '.join(entry.named_for)}" if entry.named_for else "")
        for entry in collections
    ]
    return "\n".join([*lines, "", now_sees(visible), COLLECTIONS_USAGE])


def now_sees(visible: Sequence[str]) -> str:
    """Say which collections are seen in a channel."""
    return f"Seen in this channel: {', '.join(visible) or 'nothing'}."


def marked(name: str, *, private: bool) -> str:
    """Confirm what a collection is from now on."""
    if private:
        return f"{name} is private: it is seen only in private channels and direct messages whose own limit names it."
    return f"{name} is not private any more."


def not_in_public(names: Sequence[str]) -> str:
    """Refuse to name private collections for a channel that everyone can read."""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} private, and everyone can read this channel. Say this in a private channel."


def limited(place: str, names: Sequence[str]) -> str:
    """Confirm a limit on the command line."""
    return f"{place} sees only: {', '.join(names)}."


def private_too_wide(name: str) -> str:
    """Warn of a limit that can't do what it seems to."""
    return f"{name} is private and stays unseen there: name it for each channel, PLATFORM:WORKSPACE:CHANNEL."


def unlimited(place: str, *, was_limited: bool) -> str:
    """Confirm that a limit is gone."""
    return f"{place} has no limit of its own any more." if was_limited else f"{place} had no limit of its own."


# --- Chats: ingesting again

RUN_COUNTS = ("added", "changed", "moved", "removed", "unchanged", "failed")
REINGEST_BEGUN = "Begun: the message in this conversation tells how it goes."
REINGEST_UNSEEN = "Nothing was begun: I can't write in this conversation, and everyone in it should see how it goes."
NOTHING_TO_REINGEST = "Nothing is ingested yet; name a folder."
RUN_LOOKING = "Looking at what has changed …"
RUN_QUEUED = "Waiting for a worker …"
RUN_STOPPING = "Stopping after the documents that are being written …"
RUN_OVER = "This run is not waiting for that any more."
RUN_LEFT = "Left as it was; nothing was changed."
RUN_INTERRUPTED = "It was interrupted; what was written until then is kept, and the next ingest goes on from there."
RUN_BUTTONS: Mapping[Action, str] = {"confirm": "Confirm", "leave": "Leave it", "stop": "Cancel"}


def no_such_folder(name: str, known: Sequence[str]) -> str:
    """Say that there is nothing of this name to ingest."""
    return f"There is no folder {name!r} to ingest; there is: {', '.join(known) or 'none yet'}."


def folder_outside(name: str) -> str:
    """Say that a folder may not be ingested from a chat."""
    return f"{name!r} is not among the folders that may be ingested from here; INGEST_ROOTS says which they are."


def folder_name_taken(collection: str, folder: Path) -> str:
    """Say that a new collection would have the name of another."""
    return f"The collection {collection!r} mirrors another folder, {str(folder)!r}; rename the new folder."


def run_goes_on(run: StoredRun) -> str:
    """Say who runs an ingest, and how far it is."""
    asked_by = str((run.report or {}).get("asked_by") or run.requested_by)
    words = f"{run.collection} is being ingested already, asked for by {asked_by}: "
    if run.progress:
        return words + f"{run.progress['done']} of {run.progress['total']} documents so far."
    return words + ("it waits for a worker." if run.status == "queued" else "it has just begun.")


def run_title(collection: str, asked_by: str, *, dry_run: bool) -> str:
    """Head the message about a run."""
    what = "What an ingest would change in" if dry_run else "Ingesting"
    return f"**{what} {collection}**" + (f", asked for by {asked_by}" if asked_by else "")


def run_plan(counts: Mapping[str, int], chunks: tuple[int, int] | None) -> str:
    """Give what a run is going to do; chunks: to embed and to keep, None where that is not known yet."""
    plan = "Plan: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + "."
    return plan + (f" Chunks: {chunks[0]} to embed, {chunks[1]} to keep." if chunks else "")


def run_would_remove(removed: int, documents: int) -> str:
    """Ask whether so much should really go."""
    return f"This would remove {removed} of {documents} documents. Is that meant?"


def run_progress(bar: str, done: int, total: int, rate: float, seconds_left: float | None) -> str:
    """Say how far a run is. rate: chunks a second, 0 for unknown."""
    parts = [f"{bar} {done} of {total} documents"]
    if rate:
        parts.append(f"{rate:.0f} chunks/s" if rate >= 10 else f"{rate:.1f} chunks/s")
    if seconds_left is not None:
        parts.append(f"about {time_left(seconds_left)} left")
    return " · ".join(parts)


def time_left(seconds: float) -> str:
    """Give a time in the unit that suits it."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def run_rehearsed(failed: Sequence[tuple[str, str]], more: int) -> str:
    """End a dry run."""
    return "\n".join(["Nothing was changed.", *_failed_lines(failed, more)])


def run_summary(
    counts: Mapping[str, int],
    chunks: tuple[int, int],
    failed: Sequence[tuple[str, str]],
    more: int,
    *,
    stopped: bool = False,
) -> str:
    """Give what a run did; failed: the first documents with why, and more of them. chunks: embedded and kept."""
    done = ", ".join(f"{count} {name}" for name, count in counts.items())
    lines = [f"{'Stopped' if stopped else 'Done'}: {done}. Chunks: {chunks[0]} embedded, {chunks[1]} kept."]
    if stopped:
        lines.append("What was written until then is kept.")
    return "\n".join([*lines, *_failed_lines(failed, more)])


def _failed_lines(failed: Sequence[tuple[str, str]], more: int) -> list[str]:
    lines = [f"- {document}: {reason}" for document, reason in failed]
    if more:
        lines.append(f"- and {more} more; `docent status` lists them")
    return ["", "Could not be read:", *lines] if lines else []


def ingest_refused(reason: str) -> str:
    """Say why an ingest did not run; the reason is ours and names no person."""
    return f"The ingest did not run: {reason}"


# --- Discord

DISCORD_SOURCES = "Sources"
DISCORD_BUTTONS: Mapping[Action, str] = {
    "up": "👍",
    "down": "👎",
    "evidence": "Show evidence",
    "anew": ASK_ANEW,
    "cancel": "Cancel",
    **RUN_BUTTONS,
}
DISCORD_NOTHING = "…"
DISCORD_SOMEONE = "someone"
DISCORD_CANNOT_WRITE = (
    "I can't write where you asked me. Let me send messages there (Send Messages, in threads Send Messages in "
    "Threads), or ask me here instead."
)
DISCORD_COMMANDS = {
    "ask": "Ask the team's documents a question",
    "reingest": "Read the documents again (admins)",
    "collections": "Which collections this channel sees (admins)",
    "status": "What Docent knows and whether it is well",
    "forget": "Forget what was said in this channel or thread",
    "help": "How to ask Docent",
}
DISCORD_OPTIONS = {
    "question": "What you would like to know",
    "folder": "Which folder or collection; every collection when left out",
    "dry_run": "Only say what would change",
    "change": "What to change; nothing when left out",
    "names": "Which collections, with commas between them",
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


def page_commands(name: str, command: str) -> str:
    """Say that someone gives a command."""
    return f"{name} gives the command {command}"


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
