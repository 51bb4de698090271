"""The way of an answer for people at a terminal, as `docent ask --why` prints it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import wording
from bot.why import Way, way_of_answer
from core.models import Answer


def show_why(answer: Answer, console: Console | None = None) -> None:
    """Print how an answer came about: what was searched, found, chosen, dropped, written and decided, and the times."""
    console = console or Console(highlight=False, stderr=True)
    way = way_of_answer(answer)
    for note in way.notes:
        console.print(Text(note, style="yellow"))
    if way.searched:
        console.print(_line("searched: ", way.searched))
    if way.passages:
        console.print(_passages(way))
    if any(passage.evidence for passage in way.passages):
        console.print(_evidence(way))
    if way.dropped:
        console.print(_dropped(way))
    _show_written(console, way)
    if answer.model_failure:
        console.print(_line("the model did not phrase: ", answer.model_failure, "yellow"))
    if way.decision:
        console.print(Text(way.decision))
    if answer.small_talk is None:
        _show_times(console, way)


def _passages(way: Way) -> Table:
    table = _table("found", "#", "by meaning", "by words", "distance", "score", "chunk")
    for row in way.passages:
        table.add_row(
            str(row.rank),
            str(row.by_meaning or "-"),
            str(row.by_words or "-"),
            f"{row.distance:.3f}",
            f"{row.score:.3f}",
            _text(row.place),
        )
    return table


def _evidence(way: Way) -> Table:
    table = _table("chosen as evidence", "#", "score", "piece")
    chosen = [(score, row.rank, text) for row in way.passages for text, score in row.evidence]
    for score, rank, text in sorted(chosen, reverse=True):
        table.add_row(str(rank), f"{score:.2f}", _text(text))
    return table


def _dropped(way: Way) -> Table:
    table = _table("dropped", "score", "why", "what")
    for row in way.dropped:
        score = "-" if row.score is None else f"{row.score:.2f}"
        table.add_row(score, row.why, _text(f"{row.place}: {row.text}" if row.text else row.place))
    if way.dropped_more:
        table.caption = wording.why_more_dropped(way.dropped_more)
    return table


def _show_written(console: Console, way: Way) -> None:
    if way.sentences:
        table = _table("the model's sentences", "what became of it", "sentence")
        for row in way.sentences:
            table.add_row(row.fate, _text(row.text))
        console.print(table)
    elif way.written:
        console.print(_line("the model wrote, before the check: ", way.written, "dim"))


def _show_times(console: Console, way: Way) -> None:
    speed = f", {way.speed:.1f} tokens a second" if way.speed is not None else ""
    first = f"first token after {way.first_token_ms:.0f} ms, " if way.first_token_ms is not None else ""
    console.print(
        _text(
            f"{way.kind}; {first}total {way.total_ms:.0f} ms, {way.prompt_tokens} prompt and "
            f"{way.completion_tokens} completion tokens{speed}, model {way.model}"
        )
    )
    if way.stages:
        console.print(", ".join(f"{row.stage.replace('_', ' ')} {row.milliseconds:.0f} ms" for row in way.stages))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _line(label: str, text: str, style: str = "") -> Text:
    return Text(f"{label}{wording.printable(' '.join(text.split()))}", style=style)


def _text(words: str) -> Text:
    """Give words of a document or a model as a line that does nothing to a terminal."""
    return Text(wording.printable(" ".join(words.split())))
