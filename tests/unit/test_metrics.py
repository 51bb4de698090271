"""What is counted of a question that ended, and how it reads."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics, Outcome, Stock
from core.models import Timings
from core.storage.index_store import CollectionStatus

PHRASED = Timings(
    first_token_ms=400.0,
    total_ms=1400.0,
    prompt_tokens=180,
    completion_tokens=11,
    stages={"condense": 1, "embed": 9, "search": 30, "choose": 100, "prompt": 10, "first_token": 250}
    | {"tokens": 995, "check": 5, "queue": 100, "deliver": 500},
)


def scraped(metrics: Metrics, stock: Stock | None = None) -> dict[tuple[str, ...], float]:
    """Give the value of each sample, by its name and its labels' values."""
    text = metrics.scrape(open_questions=3, waiting=2, stock=stock).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_answer_is_counted_with_its_stages_and_tokens() -> None:
    metrics = Metrics()
    metrics.observe("slack", "phrased", PHRASED)
    samples = scraped(metrics)
    assert samples["docent_questions_total", "phrased", "slack"] == 1
    for stage, milliseconds in PHRASED.stages.items():
        assert samples["docent_stage_seconds_sum", stage] == pytest.approx(milliseconds / 1000)
        assert samples["docent_stage_seconds_count", stage] == 1
    assert (samples["docent_prompt_tokens_total",], samples["docent_completion_tokens_total",]) == (180, 11)


def test_times_run_from_the_question_to_what_people_see() -> None:
    metrics = Metrics()
    metrics.observe("slack", "phrased", PHRASED)
    samples = scraped(metrics)
    assert samples["docent_first_token_seconds_sum",] == pytest.approx(0.5), "the queue counts"
    assert samples["docent_output_token_seconds_sum",] == pytest.approx(0.0995), "ten tokens after the first"
    assert samples["docent_answer_seconds_sum",] == pytest.approx(2.0), "delivery counts"


def test_without_a_token_there_is_no_time_to_the_first_one() -> None:
    metrics = Metrics()
    metrics.observe("discord", "refused", Timings(total_ms=150.0, stages={"search": 150, "queue": 5, "deliver": 20}))
    metrics.observe("discord", "quoted", Timings(stages={"search": 150, "first_token": 30_000, "deliver": 20}))
    samples = scraped(metrics)
    assert samples["docent_first_token_seconds_count",] == 0
    assert samples["docent_output_token_seconds_count",] == 0
    assert samples["docent_answer_seconds_count",] == 2


def test_of_a_single_token_there_is_no_time_per_token() -> None:
    metrics = Metrics()
    metrics.observe("slack", "quoted", Timings(completion_tokens=1, stages={"first_token": 100, "tokens": 1}))
    samples = scraped(metrics)
    assert (samples["docent_first_token_seconds_count",], samples["docent_output_token_seconds_count",]) == (1, 0)


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_what_brought_no_answer_is_counted_but_not_timed_as_one(outcome: Outcome) -> None:
    metrics = Metrics()
    metrics.observe("slack", outcome, Timings())
    samples = scraped(metrics)
    assert samples["docent_questions_total", outcome, "slack"] == 1
    assert samples["docent_answer_seconds_count",] == 0


def test_what_is_there_now_is_told_and_what_is_gone_is_not() -> None:
    metrics = Metrics()
    handbook, hr = CollectionStatus("handbook", "/docs", 12, 150), CollectionStatus("hr", "/hr", 3, 20)
    before = scraped(metrics, Stock([handbook, hr], {"done": 4, "failed": 0}))
    assert (before["docent_questions_open",], before["docent_questions_waiting",]) == (3, 2)
    assert (before["docent_documents", "handbook"], before["docent_chunks", "hr"]) == (12, 20)
    assert (before["docent_ingest_runs", "done"], before["docent_ingest_runs", "failed"]) == (4, 0)
    assert before["docent_database_up",] == 1
    assert before["process_resident_memory_bytes",] > 1_000_000
    after = scraped(metrics, Stock([handbook], {"done": 4, "failed": 0}))
    assert ("docent_documents", "hr") not in after


def test_without_a_database_the_rest_is_told() -> None:
    metrics = Metrics()
    metrics.observe("slack", "phrased", PHRASED)
    scraped(metrics, Stock([CollectionStatus("handbook", "/docs", 12, 150)], {"done": 4}))
    samples = scraped(metrics, None)
    assert samples["docent_database_up",] == 0
    assert samples["docent_questions_total", "phrased", "slack"] == 1
    assert not {name for name, *_ in samples} & {"docent_documents", "docent_chunks", "docent_ingest_runs"}


def test_two_of_them_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.observe("slack", "phrased", PHRASED)
    assert ("docent_questions_total", "phrased", "slack") not in scraped(second)
