"""The words of the domain as frozen values; everything between two steps of the pipeline is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table", "code", "quote", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """One structural piece of a loaded document, in reading order.

    text: the source's own words (Markdown as written; plain text for other formats).
    level: heading level 1-6 for headings, nesting depth from 0 for list items, else 0.
    page: 1-based page for paged formats. lines: first and last 1-based source line, both included.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a loader makes of one file: a title, its blocks in reading order, and whom it names as its owners."""

    title: str
    blocks: tuple[Block, ...]
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored piece of a document.

    text: the source's own words. heading: the heading path, outermost first, joined by " › ".
    search_text: what is embedded and full-text searched (title, heading path, plain text).
    content_hash: SHA-256 hex of search_text and text: a chunk's identity, which a move of its file does not change.
    """

    ordinal: int
    text: str
    heading: str
    search_text: str
    content_hash: str
    page: int | None = None
    lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk that a search returned, with why.

    document: path relative to the ingested folder. cosine_distance: 0 (same) to 2; lower is nearer.
    score: what the retriever ranks by; higher is better, comparable within one search only.
    *_rank: 1-based rank in each list, None when that list didn't hold the chunk.
    """

    id: int
    document_id: int
    collection: str
    document: str
    title: str
    chunk: Chunk
    cosine_distance: float
    score: float
    vector_rank: int | None = None
    text_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence, list item or table row of a chunk that supports an answer.

    text: verbatim from the chunk. score: 0 to 1, higher supports more.
    lead: the line that gives it meaning (a table's header, a list's opening line), verbatim, or "".
    """

    chunk: RetrievedChunk
    text: str
    score: float
    position: int
    lead: str = ""


# Of a whole chunk: "duplicate" (a better one says nearly the same), "unread" (others are nearer) or "unquotable". Of a
# piece of one: "empty" (it only announces what comes after it), "tail" (far below the best piece), "budget" (too long
# beside better ones), "repeats" (said by one of them) or "enough" (as many as may be were chosen before).
DropReason = Literal["duplicate", "unread", "unquotable", "empty", "tail", "budget", "repeats", "enough"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was looked at and did not become evidence, with why.

    text: a piece, verbatim; "" for a whole chunk. score: a piece's, like Evidence.score.
    """

    chunk: RetrievedChunk
    reason: DropReason
    text: str = ""
    score: float = 0.0


# "corrected": kept under another number than it named. "quoted": it stands in the quotation word for word, and only
# there. "repeated": it was said before.
SentenceFate = Literal["kept", "corrected", "quoted", "repeated", "dropped"]
# What a sentence must be or do: be a statement; hold only the evidence's numbers, and its names; deny where it denies;
# tell something that the question did not hold, in the evidence's words, in their order; deny the same words; repeat
# none more often.
Rule = Literal["statement", "numbers", "names", "denial", "news", "words", "order", "denied", "repetition"]


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A sentence that the chat model wrote, without its markers, and what the evidence check made of it.

    chunk_id: of the chunk that carries it, None where none does. rule: the one that a dropped sentence broke, of the
    evidence that came nearest to carrying it; None for the others.
    """

    text: str
    fate: SentenceFate
    chunk_id: int | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote: the number used in the answer, the cited chunk and the words that carry the claim."""

    number: int
    chunk: RetrievedChunk
    evidence: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. temperature 0 is greedy; top_k 0, top_p 1 and min_p 0 switch each filter off."""

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    seed: int = 0
    max_tokens: int = 160
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer in a conversation, oldest first in any list."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """What keeps conversations apart: platform, workspace, channel and thread ("" where there is none)."""

    platform: str
    workspace: str = ""
    channel: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the core, with all that it may depend on.

    history: earlier turns, oldest first. collections: names that may be searched; None means all.
    fresh: answer it anew, whatever answer is kept.
    """

    text: str
    history: tuple[Turn, ...] = ()
    collections: tuple[str, ...] | None = None
    fresh: bool = False


# In the order in which a question goes through them. queue: at the desk, looking for a kept answer included. embed,
# search: the question's embedding, and the SQL with all that orders what it finds. prompt: packing the evidence and
# counting its tokens. first_token: waiting for the chat model, which includes reading the prompt. tokens: from the
# first to the last. check: what is left to check then. deliver: until the last message is shown.
Stage = Literal["queue", "condense", "embed", "search", "choose", "prompt", "first_token", "tokens", "check", "deliver"]


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of one answer, and token counts; None where the model gave no token.

    retrieve_ms, choose_ms: until the candidates are there, and choosing among them. first_token_ms, total_ms: since
    the answer was begun. stages: of each stage that ran; they don't overlap.
    """

    retrieve_ms: float = 0.0
    choose_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    stages: Mapping[Stage, float] = field(default_factory=dict)

    def including(self, stage: Stage, milliseconds: float) -> Timings:
        """Give the same with a stage that ran outside of the core."""
        return replace(self, stages={**self.stages, stage: milliseconds})


AnswerKind = Literal["phrased", "quoted", "refused", "chat"]
SmallTalk = Literal["greeting", "thanks", "identity", "ability", "farewell"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What people get: Markdown text with [n] markers, its citations, and what was retrieved, best first.

    kind: "phrased" (the model's sentences passed the evidence check), "quoted" (the evidence itself)
    or "refused" (nothing found; no text, no citations), or "chat" (small talk, which front ends answer in their own
    words; no text, nothing searched). small_talk: what kind of it, None unless kind is "chat".
    condensed: the question as it was searched.
    confidence: the probability, from 0 to 1, that the evidence answers the question.
    uncertain: this is the nearest that was found, and it may not be the answer.
    written: what the chat model wrote, before the check: for `--why`, never for people who asked.
    evidence, dropped, sentences: what was chosen, best first, what was not, and what became of each sentence that the
    model wrote; for `--why`, and empty in an answer that was kept.
    model_failure: why the chat model could not phrase, for the log; "" when it could or was not asked.
    made_at: when it was made, for an answer that was kept and is given again; None for a new one.
    reuse_key: under what a new one may be kept (core.answering.reuse); "" when it may not.
    """

    question: str
    text: str
    kind: AnswerKind
    citations: tuple[Citation, ...] = ()
    passages: tuple[RetrievedChunk, ...] = ()
    model: str = ""
    condensed: str = ""
    confidence: float = 0.0
    uncertain: bool = False
    written: str = ""
    evidence: tuple[Evidence, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    sentences: tuple[WrittenSentence, ...] = ()
    model_failure: str = ""
    timings: Timings = field(default_factory=Timings)
    small_talk: SmallTalk | None = None
    made_at: datetime | None = None
    reuse_key: str = ""

    @property
    def reused(self) -> bool:
        """True when it was made before."""
        return self.made_at is not None

    @property
    def refused(self) -> bool:
        """True when the documents hold no answer."""
        return self.kind == "refused"
