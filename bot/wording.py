"""Every sentence that a user can see."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.messages import Action
    from core.errors import DocentError
    from core.ingestion.outcome import Progress, Summary
    from core.models import (
        Answer,
        Citation,
        DropReason,
        RetrievedChunk,
        Rule,
        SentenceFate,
        SmallTalk,
        Stage,
    )
    from core.reporting.gaps import GapGroup, GapReport
    from core.storage.access_store import CollectionAccess
    from core.storage.gap_store import DocumentName, DocumentUse
    from core.storage.person_store import Forgotten, Person
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
    return _place(chunk.document, chunk.chunk.heading, chunk.chunk.page, chunk.chunk.lines)


def found_place(passage: Mapping[str, Any]) -> str:
    """Give where a chunk stood, as it was noted with a turn (core.storage.found)."""
    lines = passage.get("lines")
    return _place(passage["document"], passage["heading"], passage.get("page"), tuple(lines) if lines else None)


def _place(document: str, heading: str, page: int | None, lines: tuple[int, int] | None) -> str:
    parts = [document]
    if heading:
        parts.append(heading)
    if page is not None:
        parts.append(f"page {page}")
    elif lines is not None:
        first, last = lines
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
    """Say where the page and the health endpoint are."""
    return f"Docent is running. Ask it at {address} (its health: {address}/healthz)"


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
ASK_A_PERSON = "Ask a person"
ANSWERED_ANEW = "It is being answered anew already."
THANKS = "Thank you, noted."
WHY = "Thank you, noted. What was wrong with the answer?"
WHY_CHOOSE = "Choose a reason"
WHY_OWN_WORDS = "In my own words"
WHY_LABEL = "What should it have said?"
WHY_SEND = "Send"
WHY_LATE = "That took too long to open; please press it once more."
DOWN_REASONS: Mapping[str, str] = {
    "wrong": "It is wrong",
    "outdated": "It is outdated",
    "incomplete": "Something is missing",
    "source": "The wrong source",
    "silent": "It should have said that the documents don't tell",
    "known": "It should have known this",
}
NO_EVIDENCE = "The evidence of this answer is no longer kept."
GOLDEN_NONE = (
    "No question is golden yet: give an answer in a chat or on the page a thumb up, or write "
    '`docent golden add "QUESTION" --answer "..."`.'
)
GOLDEN_NO_ANSWER = "Please write the right answer, in at most 4,000 characters, or say that refusing is right."
GOLDEN_GONE = "There is no such question any more, or it has no answer."
GOLDEN_SAME = "the same"
GOLDEN_FIRST = "asked for the first time"
GOLDEN_SOURCES: Mapping[str, str] = {"thumb": "a thumb up", "correction": "an admin"}
# How two answers to one question differ, by core.evaluation.golden.Difference.
GOLDEN_DIFFERENCES: Mapping[str, str] = {
    "kind": "refuses in the place of an answer, or the other way round",
    "evidence": "cites other evidence",
    "passage": "cites a passage that changed around its evidence",
    "numbers": "tells other numbers",
    "names": "tells other names",
    "words": "lacks words or a denial of the right answer",
}
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


def outdated(questions: Sequence[str], documents: Sequence[str]) -> str:
    """Tell a conversation that answers in it may be wrong by now. documents: what changed, as far as it may be seen."""
    asked = [" ".join(question.split()) for question in questions]
    named = ", ".join(f"“{words if len(words) <= 80 else words[:79].rstrip() + '…'}”" for words in asked)
    changed = f": {', '.join(documents)}" if documents else ""
    rest = "s {} rest on passages that have" if len(asked) > 1 else " {} rests on a passage that has"
    return f"My answer{rest.format(f'to {named}')} changed since{changed}. Ask again to hear what holds now."


def golden_added(golden_id: int) -> str:
    """Confirm a golden question."""
    return f"Golden question {golden_id} is kept; `docent eval golden` asks it."


def golden_removed(golden_id: int) -> str:
    """Confirm that a question is golden no more."""
    return f"Golden question {golden_id} is removed."


def golden_summary(examined: int, agreeing: int, worse: int) -> str:
    """Sum up an examination of the golden set. worse: those that were right before."""
    questions = f"golden question{'' if examined == 1 else 's'}"
    return f"{agreeing} of {examined} {questions} answered right; no longer right: {worse}."


# --- Discord

DISCORD_SOURCES = "Sources"
DISCORD_BUTTONS: Mapping[Action, str] = {
    "up": "👍",
    "down": "👎",
    "evidence": "Show evidence",
    "anew": ASK_ANEW,
    "human": ASK_A_PERSON,
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


# --- The page: its door

WEB_NOT_FOUND = "There is no such page, or it is not yours to see."
WEB_TOO_LARGE = "That was too much at once; please send less."
WEB_NOT_UNDERSTOOD = "I could not understand what the browser sent. Please go back, load the page anew and try again."
WEB_FORGED = "This form did not come from here, or it is too old. Please go back, load the page anew and try again."
WEB_WRONG_HOST = (
    "Without a password the page answers only on its own machine, at http://127.0.0.1 or http://localhost. For anyone "
    "else, and behind a proxy, set WEB_PASSWORD and WEB_ADMIN_PASSWORD and start Docent again."
)
WEB_ADMINS_ONLY = "Only admins may see this."
WEB_WRONG_PASSWORD = "This is not the password."  # noqa: S105


def web_needs_password(variable: str) -> str:
    """Say what has to be set before a page is shown."""
    return f"This page can be reached from elsewhere, so it needs a password: set {variable} and start Docent again."


def web_too_many_tries(seconds: int) -> str:
    """Say that someone has to wait before the next password."""
    return f"Too many tries. Please wait {time_left(seconds)}, then try again."


# --- The page: questions and answers

WEB_BUTTONS: Mapping[str, str] = {
    "cancel": "Stop",
    "up": "👍",
    "down": "👎",
    "evidence": "Show evidence",
    "human": ASK_A_PERSON,
    "anew": ASK_ANEW,
}
WEB_KEPT_BACK = "This answer rests on documents that may not be shown here any more."
WEB_FAILED = "This question could not be answered. Please ask it again."
WEB_FORGOTTEN = "This answer is no longer kept. Please ask again."


def web_too_many_questions(seconds: int) -> str:
    """Say that someone has to wait before the next question."""
    return f"Many questions at once. Please wait {time_left(seconds)}, then ask again; what you wrote is kept."


def web_markdown(text: str, notes: Sequence[tuple[int, str, str]]) -> str:
    """Give an answer to take along, its footnotes below: (number, place, address of the source or "") each."""
    lines = [f"[{number}] {place}" + (f" <{url}>" if url else "") for number, place, url in notes]
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part) + "\n"


# --- The page: a document

WEB_DOCUMENT_GONE = "This document is not among the documents any more. The answer quoted:"
WEB_PASSAGE_CHANGED = "The cited passage has changed since the answer was given. The answer quoted:"
WEB_NOT_ALL_SHOWN = "The document goes on; only its beginning is shown here."


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


# --- the way of an answer

WHY_DROPPED: Mapping[DropReason, str] = {
    "duplicate": "says nearly the same as a better chunk",
    "unread": "was not read for evidence: others come first",
    "unquotable": "holds nothing that can be quoted",
    "empty": "only announces what comes after it",
    "tail": "far below the best piece",
    "budget": "too long for the room that others left",
    "repeats": "a chosen piece says it already",
    "enough": "four others were chosen before it",
}
WHY_SENTENCE: Mapping[SentenceFate, str] = {
    "kept": "kept",
    "corrected": "kept, its footnote corrected",
    "quoted": "left to the quotation, where it stands word for word",
    "repeated": "dropped, it was said before",
    "dropped": "dropped",
}
WHY_RULE: Mapping[Rule, str] = {
    "statement": "it is no whole statement",
    "numbers": "the evidence doesn't hold one of its numbers",
    "names": "the evidence doesn't hold one of its names",
    "denial": "only one of it and the evidence denies something",
    "news": "it tells nothing of the evidence that the question did not hold",
    "words": "too many of its words are not in the evidence",
    "order": "it has the evidence's words in another order",
    "denied": "it denies something else than the evidence",
    "repetition": "it repeats a word more often than the evidence",
}
WHY_STAGES: Mapping[Stage, str] = {
    "queue": "at the desk, before anything was done for it",
    "condense": "putting it together with its conversation",
    "embed": "the question's embedding",
    "search": "by meaning and by words, in Postgres",
    "choose": "reading the chunks, choosing the evidence",
    "prompt": "packing the evidence, counting its tokens",
    "first_token": "waiting for the chat model, which reads the prompt",
    "tokens": "writing",
    "check": "checking what was written",
    "deliver": "until the last message was shown",
}
WHY_SMALL_TALK = "Small talk: nothing was searched."
WHY_NO_TURN = (
    "No answer is on record for this question: it was small talk, is still open, was stopped or failed, or its "
    "conversation was forgotten."
)
WHY_MISSING = "This answer was made before its way was recorded in full; what is not on record is left out."
WHY_MODEL_FAILED = "The chat model was busy, too slow or broken, so the evidence is quoted; the log says which."


def why_reused(when: datetime) -> str:
    """Say that an answer was given again, and so has no way of its own."""
    made = when.astimezone()
    return (
        f"Given again from the answer of {made.day} {made:%B %Y}, {made:%H:%M}: what it cites had not changed, so "
        "nothing was searched or written. Its ranks and distances are those of then."
    )


def why_decision(probability: float, refuse_below: float, sure_from: float) -> str:
    """Say how the probability that the evidence answers decides."""
    if probability < refuse_below:
        what = f"below {refuse_below:.2f}, so nothing is answered"
    elif probability < sure_from:
        what = f"from {refuse_below:.2f} but below {sure_from:.2f}, so the answer says that it may not be the one"
    else:
        what = f"from {sure_from:.2f}, so it is answered"
    return f"The probability that the evidence answers the question is {probability:.2f}: {what}."


def why_sentence(fate: SentenceFate, rule: Rule | None, number: int | None) -> str:
    """Say what the evidence check made of a sentence. number: of the footnote that carries it."""
    words = WHY_SENTENCE[fate]
    if rule is not None:
        return f"{words}: {WHY_RULE[rule]}"
    return f"{words} [{number}]" if number is not None else words


def why_more_dropped(count: int) -> str:
    """Say that more was dropped than is shown."""
    return f"and {count} more"


# --- What the documents lack

GAPS_NOTHING_ASKED = "Nothing was asked in this time."
GAPS_NONE = "Every question got an answer that nobody disliked."
GAPS_NEVER_CITED = "Documents that no answer cites"
GAPS_DISLIKED = "Documents that are cited often and disliked"
GAPS_PRIVATE = "asked in private, too"


def gaps_summary(report: GapReport) -> str:
    """Say of how much a report tells."""
    if not report.answered:
        return GAPS_NOTHING_ASKED
    asked = f"{_number_of(report.answered, 'question')} in the last {_number_of(report.days, 'day')}"
    if not report.groups:
        return f"{asked}. {GAPS_NONE if not report.withheld else gaps_withheld(report.withheld)}"
    words = f"{asked}, {report.questions} without a good answer, about {_number_of(len(report.groups), 'thing')}."
    return f"{words} There were more; these are the newest." if report.is_cut else words


def gaps_withheld(count: int) -> str:
    """Say that some questions are not shown in a channel, and where they are."""
    asked = f"{_number_of(count, 'question')} {'was' if count == 1 else 'were'} asked in private and not answered well"
    return f"{asked}; `docent gaps` and the page show them to admins."


def gap_people(group: GapGroup) -> str:
    """Say how often something was asked, and by how many."""
    return f"asked {_times(group.asked)} by {'one person' if group.people == 1 else f'{group.people} people'}"


def gap_causes(group: GapGroup) -> str:
    """Say why questions stand in the report."""
    counts = (("refused", group.refused), ("uncertain", group.uncertain), ("disliked", group.disliked))
    return ", ".join(f"{name} {_times(count)}" for name, count in counts if count)


def gap_reason(reason: str, count: int) -> str:
    """Give a reason that people gave, and how often."""
    kind, _, own_words = reason.partition(": ")
    label = DOWN_REASONS.get(kind)
    words = f"“{reason}”" if label is None else f"{label}: “{own_words}”" if own_words else label
    return f"{words} ({_times(count)})" if count > 1 else words


def gap_nearest(documents: Sequence[DocumentName], *, with_collection: bool = False) -> str:
    """Name the documents that come nearest. with_collection: there are several collections."""
    return ", ".join(document_named(document, with_collection=with_collection) for document in documents) or "none"


def document_named(document: DocumentName, *, with_collection: bool) -> str:
    """Name a document."""
    return f"{document.collection}: {document.path}" if with_collection else document.path


def document_use(use: DocumentUse) -> str:
    """Say how often a document was found and cited, and what people thought of it."""
    if not use.cited:
        return f"found {_times(use.retrieved)}, never cited" if use.retrieved else "never found"
    return f"cited {_times(use.cited)}, disliked {_times(use.disliked)}, liked {_times(use.liked)}"


def gaps_more(count: int) -> str:
    """Say that a list goes on."""
    return f"and {count} more"


def gaps_digest(report: GapReport, groups: Sequence[GapGroup], more: int, *, with_collections: bool) -> str:
    """Write the weekly message about what the documents lack. more: groups that are left out."""
    lines = ["**What was asked and the documents could not answer**", gaps_summary(report), ""]
    for number, group in enumerate(groups, 1):
        nearest = gap_nearest(group.nearest, with_collection=with_collections)
        lines.append(f"{number}. {' '.join(group.title.split())}")
        lines.append(f"   {gap_people(group)} ({gap_causes(group)}). Nearest: {nearest}.")
    if more:
        lines.append(f"\n{gaps_more(more)}")
    if report.withheld and groups:
        lines.append(f"\n{gaps_withheld(report.withheld)}")
    return "\n".join(lines)


def _number_of(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# --- people and what is stored about them


def bad_person(name: str) -> str:
    """Say how to name a person."""
    return f"{name!r} names nobody; give PLATFORM:ID, such as slack:U123, discord:456 or web:NAME."


def nothing_stored(person: Person) -> str:
    """Say that nothing is stored about a person."""
    return f"Nothing is stored about {person}."


def person_exported(person: Person, place: Path, count: int) -> str:
    """Say where a person's data was written."""
    return f"{count} records about {person} are in {place}."


def person_forgotten(person: Person, gone: Forgotten) -> list[str]:
    """Say what was deleted of a person, in lines."""
    if gone.is_nothing:
        return [nothing_stored(person)]
    deleted = _counted(
        ("question", gone.questions),
        ("answer", gone.answers),
        ("thumb", gone.feedback),
        ("handover", gone.handovers),
        ("conversation", gone.conversations),
    )
    unnamed = _counted(("golden question", gone.golden), ("line of the audit", gone.audit), ("ingest run", gone.runs))
    lines = [f"Deleted of {person}: {deleted or 'nothing'}."]
    if unnamed:
        lines.append(f"Kept without the name: {unnamed}.")
    if gone.still_open:
        still_open = _counted(("question", gone.still_open))
        lines.append(f"Still being answered: {still_open}; run this again when that is over.")
    lines.append("What stands in the chats themselves, and in logs, is not Docent's to delete.")
    return lines


def _counted(*counts: tuple[str, int]) -> str:
    """Give "2 questions, 1 answer"; "" for nothing."""
    plurals = {"line of the audit": "lines of the audit"}
    return ", ".join(
        f"{count} {name if count == 1 else plurals.get(name, name + 's')}" for name, count in counts if count
    )


# --- Asking a person

HANDOVER_REFUSED = "I can't write in this conversation, so nobody was asked. Please try again, or ask them yourself."
HANDOVER_SOMEONE = "Someone"


def handover(question: str, document: str, nearest: Sequence[str], *, asker: str, owner: str, is_private: bool) -> str:
    """Put a question to the owner of a document. owner: their name, "" where they are mentioned before the text.

    asker: what people call who asks for it. is_private: only the asker reads it, and may show it to the owner.
    """
    called = f"{owner}: " if owner else ""
    if is_private:
        opening = f"{called}owner of {document}. I can't bring anyone in here; you could ask them yourself:"
    else:
        opening = f"{called}{asker or HANDOVER_SOMEONE} asks you, as owner of {document}, what I could not answer well:"
    quoted = "\n".join(f"> {line}" for line in question.strip().splitlines())
    found = f"The nearest that I found: {', '.join(nearest)}."
    ending = found if is_private else f"{found} Please answer here; written into the document, it helps the next one."
    return f"{opening}\n\n{quoted}\n\n{ending}"


def handed_over(document: str) -> str:
    """Confirm that an owner was asked."""
    return f"I have asked the owner of {document} in this conversation."


def already_handed_over(document: str) -> str:
    """Say that an owner was asked before."""
    return f"The owner of {document} was asked about this already."


def owner_named(owner: str, document: str) -> str:
    """Name whom to ask where they can't be called."""
    return f"{document} comes nearest, and {owner} owns it: please ask there."


def no_owner(admins: Sequence[str]) -> str:
    """Say that nobody is known who could be asked."""
    if not admins:
        return "No owner is named for the nearest documents, and DOCENT_ADMINS names nobody."
    named = ", ".join(admins)
    return f"No owner is named for the nearest documents. Docent's admins (DOCENT_ADMINS) may know: {named}."


# --- the dashboard, the list of questions

CHARTS: Mapping[str, tuple[str, str]] = {
    "questions": (
        "Questions a day",
        "A bar for each day: questions by how they ended. Other: small talk, stopped by a person, or forgotten since.",
    ),
    "votes": ("Feedback a day", "A bar for each day: thumbs up and down on the questions of that day."),
    "first-token": (
        "Time to the first token",
        "Seconds from a question to the first token of the chat model, where it wrote any.",
    ),
    "answer": (
        "Time to the whole answer",
        "Seconds from a question until the last message was shown; answers that were given again count, too.",
    ),
    "speed": ("Tokens a second", "How fast the chat model wrote after its first token, the median of each day."),
}
OUTCOMES: Mapping[str, str] = {
    "phrased": "phrased",
    "quoted": "quoted",
    "refused": "refused",
    "failed": "failed",
    "other": "other",
    "open": "being answered",
}
FILTERS: Mapping[str, str] = {
    "all": "All",
    "phrased": "Phrased",
    "quoted": "Quoted",
    "refused": "Refused",
    "failed": "Failed",
    "disliked": "Disliked",
    "outdated": "Outdated",
}
MEDIAN = "median"
SLOWEST = "95 % are faster"
WHY_TIMES = "Where the time went"
_PLATFORMS = {"slack": "Slack", "discord": "Discord", "web": "the page", "cli": "the command line"}


def day(date: date) -> str:
    """Name a day on an axis."""
    return f"{date.day} {date:%b}"


def moment(when: datetime) -> str:
    """Give a time by the machine's clock."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def share(part: int, whole: int) -> str:
    """Give a share in percent; a dash of nothing."""
    return f"{part / whole:.0%}" if whole else "–"


def asked_where(platform: str, workspace: str, channel: str, *, private: bool) -> str:
    """Say where a question was asked, without who: the channel of a direct message, or of a browser, names a person."""
    name = _PLATFORMS.get(platform, platform)
    if platform == "web" or not channel:
        return name
    if private:
        return f"{name}, direct message"
    return ", ".join(part for part in (name, workspace, channel) if part)


def asked_from(requested_by: str) -> str:
    """Say from where an ingest was asked for, without who; "" where nobody noted it."""
    place = _PLATFORMS.get(requested_by.partition(":")[0])
    return f"asked for from {place}" if place else ""


def seen_by(collection: CollectionAccess) -> str:
    """Say who may see a collection."""
    if not collection.private:
        return "every place that is not limited to others"
    if not collection.named_for:
        return "nobody in a chat: it is private, and no limit names it"
    return "private channels and direct messages that a limit of their own names"
