"""Lays out what ingests cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

DOCENT, LANGCHAIN = "docent", "langchain"


@dataclass(frozen=True)
class Figures:
    """One ingest. seconds: of the whole command; work: without its start. kept: chunks that were there before."""

    seconds: float
    work: float
    embedded: int
    kept: int


@dataclass(frozen=True)
class Growth:
    """The first ingest of so many documents, and another with nothing changed; seconds, and bytes at the highest."""

    documents: int
    bytes: int
    chunks: int
    seconds: float
    memory: int
    postgres: int
    again: float
    again_memory: int


Results = Mapping[str, Mapping[str, list[Figures]]]


def steps_table(results: Results) -> str:
    """Give a row for each step: the medians of both sides, and by how much Docent is quicker."""
    sides = [side for side in (DOCENT, LANGCHAIN) if any(side in found for found in results.values())]
    rows = [["", *(name for side in sides for name in (f"{side}: s", "of that work", "embedded", "kept"))]]
    if LANGCHAIN in sides:
        rows[0] += ["ratio", "of work"]
    for step, found in results.items():
        row = [step if len(found[DOCENT]) == 1 else f"{step} (median of {len(found[DOCENT])})"]
        for side in sides:
            row += [f"{command(found[side]):.2f}", f"{work(found[side]):.2f}"]
            row += [_range(one.embedded for one in found[side]), _range(one.kept for one in found[side])]
        if LANGCHAIN in sides:
            row += [_ratio(found, command), _ratio(found, work)]
        rows.append(row)
    return columns(rows)


def growth_table(rows: Sequence[Growth]) -> str:
    """Give a row for each number of documents, then what the largest takes of what the smallest took."""
    heads = ("documents", "MB", "chunks", "seconds", "chunks/s", "memory MB", "Postgres MB", "again s", "again MB")
    lines = [heads, *(_growth(row) for row in rows)]
    first, last = rows[0], rows[-1]
    lines.append(
        (
            f"x{last.documents / first.documents:.1f}",
            f"x{last.bytes / first.bytes:.1f}",
            f"x{last.chunks / first.chunks:.1f}",
            f"x{last.seconds / first.seconds:.1f}",
            f"x{(last.chunks / last.seconds) / (first.chunks / first.seconds):.2f}",
            f"x{last.memory / first.memory:.2f}",
            f"x{last.postgres / first.postgres:.2f}",
            f"x{last.again / first.again:.2f}",
            f"x{last.again_memory / first.again_memory:.2f}",
        )
    )
    return columns(lines)


def _growth(row: Growth) -> tuple[str, ...]:
    return (
        f"{row.documents:,}",
        f"{row.bytes / 1e6:.1f}",
        f"{row.chunks:,}",
        f"{row.seconds:.1f}",
        f"{row.chunks / row.seconds:.1f}",
        f"{row.memory / 1e6:.0f}",
        f"{row.postgres / 1e6:.0f}",
        f"{row.again:.1f}",
        f"{row.again_memory / 1e6:.0f}",
    )


def command(some: Sequence[Figures]) -> float:
    """Give the median of the seconds of whole commands."""
    return median(one.seconds for one in some)


def work(some: Sequence[Figures]) -> float:
    """Give the median of the seconds without the start."""
    return median(one.work for one in some)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Put rows under each other, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _ratio(found: Mapping[str, list[Figures]], of: Callable[[Sequence[Figures]], float]) -> str:
    return f"x{of(found[LANGCHAIN]) / of(found[DOCENT]):.1f}"


def _range(values: Iterable[int]) -> str:
    some = sorted(set(values))
    return f"{some[0]:,}" if len(some) == 1 else f"{some[0]:,}-{some[-1]:,}"
