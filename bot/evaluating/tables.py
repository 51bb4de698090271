"""Shows runs and comparisons as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table
from rich.text import Text

from bot.evaluating.labels import LABELS, VERDICTS, amount, signed
from core.evaluation.comparison import Compared, Comparison, Verdict
from core.evaluation.report import Report, Share

_STYLES: dict[Verdict, str] = {"better": "green", "worse": "red"}


def report_table(reports: Mapping[str, Report]) -> Table:
    """Give a column for each named report, a row for each figure."""
    table = Table("")
    for name in reports:
        table.add_column(Text(name), justify="right")
    rows = {name: dict(_rows(report)) for name, report in reports.items()}
    keys = list(dict.fromkeys(key for told in rows.values() for key in told))
    for section in dict.fromkeys(section for section, _ in keys):
        table.add_section()
        table.add_row(Text(section, style="bold"))
        for key in keys:
            if key[0] == section:
                table.add_row(f"  {key[1]}", *(told.get(key, "-") for told in rows.values()))
    return table


def comparison_table(comparison: Comparison) -> Table:
    """Give both runs side by side, a row for each figure."""
    table = Table("", "champion", "challenger", "difference", "95 % interval", "items", "verdict")
    for column in table.columns[1:6]:
        column.justify = "right"
    for one in comparison.figures:
        table.add_row(LABELS[one.name], *_compared(one))
    table.add_section()
    for one in comparison.right_by_kind:
        table.add_row(f"right: {one.name}", *_compared(one))
    return table


def comparison_lines(comparison: Comparison) -> list[str]:
    """Give what stands around the table of a comparison: who is who, what they differ in, and the verdict."""
    overall = next(one for one in comparison.figures if one.name == "overall")
    differences = [f"  {name}: {first} -> {second}" for name, (first, second) in comparison.differences.items()]
    return [
        f"champion:   {comparison.champion}",
        f"challenger: {comparison.challenger}",
        *(differences or ["  made with the same settings, versions and documents"]),
        verdict_line(overall),
    ]


def verdict_line(overall: Compared) -> str:
    """Give the verdict over everything as a sentence."""
    if overall.gap is None:
        return f"Overall: {overall.pairs} items are too few to tell the runs apart."
    interval = (
        f"{signed(overall.gap.difference, 'share')}, 95 % interval [{_bounds(overall)}], over {overall.pairs} items"
    )
    if overall.verdict == "no difference shown":
        return f"Overall: no difference shown ({interval})."
    return f"Overall: the challenger is {VERDICTS[overall.verdict]} ({interval})."


def _compared(one: Compared) -> tuple[str | Text, ...]:
    return (
        amount(one.champion, one.unit),
        amount(one.challenger, one.unit),
        signed(one.gap.difference, one.unit) if one.gap else "-",
        _bounds(one),
        str(one.pairs),
        Text(VERDICTS[one.verdict], style=_STYLES.get(one.verdict, "")),
    )


def _bounds(one: Compared) -> str:
    return f"{signed(one.gap.low, one.unit)}, {signed(one.gap.high, one.unit)}" if one.gap else "-"


def _rows(report: Report) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each figure as ((section, label), text)."""
    figures = report.figures
    answerable, unanswerable = figures.answerable, figures.unanswerable
    yield ("Questions", "answerable, unanswerable"), f"{answerable}, {unanswerable}"
    for section, names in (
        ("Retrieval", ("recall_at_1", "recall_at_5", "recall_at_10", "mean_reciprocal_rank")),
        ("Answers", ("overall", "right", "wanted_refusals", "unwanted_refusals", "rouge_l", "token_f1")),
        ("Citations", ("citation_precision", "citation_recall")),
    ):
        for name in names:
            yield (section, LABELS[name]), amount(getattr(figures, name), "share")
    yield ("Citations", "unsupported sentences"), f"{report.unsupported_sentences} of {report.sentences}"
    for kind, share in report.by_kind.items():
        yield ("Right by kind of question", kind), _of(share)
    for made, share in report.by_answer.items():
        if share.items:
            yield ("Right by kind of answer", made), _of(share)
    if report.uncertain.items:
        yield ("Right by kind of answer", "called uncertain"), _of(report.uncertain)
    yield ("Right by kind of answer", "words (median)"), amount(figures.median_words, "words")
    if report.model_failures:
        yield ("Right by kind of answer", "the model failed"), str(report.model_failures)
    speed = report.speed
    yield ("Speed", "searching (median)"), amount(speed.retrieve_ms, "ms")
    yield ("Speed", "choosing evidence (median)"), amount(speed.choose_ms, "ms")
    yield ("Speed", "first token (median)"), amount(speed.first_token_ms, "ms")
    yield ("Speed", "first token (95 %)"), amount(speed.first_token_p95_ms, "ms")
    yield ("Speed", "in all (median)"), amount(speed.total_ms, "ms")
    yield ("Speed", "in all (95 %)"), amount(speed.total_p95_ms, "ms")
    yield ("Speed", "tokens a second (median)"), amount(speed.tokens_per_second, "tokens/s")
    yield ("Probability", LABELS["brier_score"]), amount(report.brier_score, "share")
    yield ("Probability", LABELS["confidence_area_under_curve"]), amount(report.confidence_area_under_curve, "share")


def _of(share: Share) -> str:
    return f"{amount(share.right, 'share')} of {share.items}"
