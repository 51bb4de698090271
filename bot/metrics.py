"""What Prometheus is told of this process: how questions ended, how long their stages took, what is there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from core.models import AnswerKind, Stage, Timings
from core.storage.index_store import CollectionStatus
from core.storage.run_store import RunStatus

# reused: an answer that was kept. failed: there was none, or it could not be shown. cancelled: stopped before its last
# message was shown, by a button, an edit, a deletion or the end of the process.
Outcome = AnswerKind | Literal["reused", "failed", "cancelled"]

CONTENT_TYPE = CONTENT_TYPE_LATEST

# Seconds. Searching takes milliseconds; a large model on a small machine takes minutes.
_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_ANSWER_BUCKETS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120)
_TOKEN_BUCKETS = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5)
_UNTIL_FIRST_TOKEN = get_args(Stage)[: get_args(Stage).index("first_token") + 1]


@dataclass(frozen=True, slots=True)
class Stock:
    """What the database holds: its collections, and how many ingest runs have each status (all statuses)."""

    collections: Sequence[CollectionStatus]
    runs: Mapping[RunStatus, int]


class Metrics:
    """The metrics of one desk, in a registry of their own; labels never say who asked what, or where."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._questions = Counter(
            "docent_questions", "Questions that ended here, and how.", ["platform", "outcome"], registry=registry
        )
        self._stages = Histogram(
            "docent_stage_seconds",
            "Seconds of a stage of an answer; together its stages are the whole of it.",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=registry,
        )
        self._first_token = Histogram(
            "docent_first_token_seconds",
            "Seconds from a question to the first token of the chat model.",
            buckets=_ANSWER_BUCKETS,
            registry=registry,
        )
        self._output_token = Histogram(
            "docent_output_token_seconds",
            "Seconds a token after the first, the mean of each answer.",
            buckets=_TOKEN_BUCKETS,
            registry=registry,
        )
        self._answer = Histogram(
            "docent_answer_seconds",
            "Seconds from a question until the last message of its answer was shown.",
            buckets=_ANSWER_BUCKETS,
            registry=registry,
        )
        self._prompt_tokens = Counter("docent_prompt_tokens", "Tokens that prompts had.", registry=registry)
        self._completion_tokens = Counter(
            "docent_completion_tokens", "Tokens that the chat model wrote.", registry=registry
        )
        self._open = Gauge("docent_questions_open", "Questions that are being answered here.", registry=registry)
        self._waiting = Gauge(
            "docent_questions_waiting",
            "Questions whose evidence is chosen and that wait for the chat model's first token.",
            registry=registry,
        )
        self._database_up = Gauge("docent_database_up", "1 when the database answered, else 0.", registry=registry)
        self._documents = Gauge("docent_documents", "Documents of a collection.", ["collection"], registry=registry)
        self._chunks = Gauge("docent_chunks", "Chunks of a collection.", ["collection"], registry=registry)
        self._runs = Gauge("docent_ingest_runs", "Ingest runs on record.", ["status"], registry=registry)
        memory = Gauge(
            "process_resident_memory_bytes", "Resident memory of this process; not the database's.", registry=registry
        )
        memory.set_function(lambda: float(psutil.Process().memory_info().rss))

    def observe(self, platform: str, outcome: Outcome, timings: Timings) -> None:
        """Count a question that ended. timings: what was timed of its answer, the stages of the desk included."""
        self._questions.labels(platform, outcome).inc()
        self._prompt_tokens.inc(timings.prompt_tokens)
        self._completion_tokens.inc(timings.completion_tokens)
        stages = timings.stages
        for stage, milliseconds in stages.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        if timings.completion_tokens:
            self._first_token.observe(sum(stages.get(stage, 0.0) for stage in _UNTIL_FIRST_TOKEN) / 1000)
        if timings.completion_tokens > 1:
            self._output_token.observe(stages["tokens"] / 1000 / (timings.completion_tokens - 1))
        if outcome not in ("failed", "cancelled"):
            self._answer.observe(sum(stages.values()) / 1000)

    def scrape(self, *, open_questions: int, waiting: int, stock: Stock | None) -> bytes:
        """Give all metrics in Prometheus' text format (CONTENT_TYPE).

        open_questions, waiting: of this process. stock: None when the database can't be reached.
        """
        self._open.set(open_questions)
        self._waiting.set(waiting)
        self._database_up.set(stock is not None)
        # What is gone must not stand there for ever.
        for gauge in (self._documents, self._chunks, self._runs):
            gauge.clear()
        if stock is not None:
            for collection in stock.collections:
                self._documents.labels(collection.name).set(collection.documents)
                self._chunks.labels(collection.name).set(collection.chunks)
            for status, count in stock.runs.items():
                self._runs.labels(status).set(count)
        return generate_latest(self._registry)
