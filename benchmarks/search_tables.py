"""Lays out and draws what search costs as the number of chunks grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.ingest_tables import columns
from benchmarks.search_database import Built
from benchmarks.search_exact import quantiles
from benchmarks.search_ways import Times
from bot.evaluating.svg import Page, Scale, round_up

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 420, 80, 860, 100, 340


@dataclass
class Size:
    """What was measured at one number of chunks; loading in seconds, table in bytes.

    indexes: how each was built; alone: by (index, ef_search, collection); product: the whole search, by what was asked.
    words: every matching chunk scored, then those that the product chooses; written: chunks a second while searching.
    """

    chunks: int
    loading: float = 0.0
    table: int = 0
    ef: int = 0
    indexes: dict[str, Built] = field(default_factory=dict)
    alone: dict[tuple[str, int, str], Times] = field(default_factory=dict)
    product: dict[str, Times] = field(default_factory=dict)
    words: dict[str, Times] = field(default_factory=dict)
    written: float = 0.0


def neighbours_table(found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """Give a row for each set of chunks: how far the nearest and the tenth are, from chunks and from questions."""
    heads = ["10 %, median, 90 %", "a chunk's nearest", "its tenth", "a question's nearest", "its tenth"]
    rows = [heads]
    for name, (from_chunks, from_questions) in found.items():
        spreads = (quantiles(some, place) for some in (from_chunks, from_questions) for place in (0, 9))
        rows.append([name, *(" ".join(f"{value:.3f}" for value in spread) for spread in spreads)])
    return columns(rows)


def build_table(sizes: Sequence[Size]) -> str:
    """Give a row for each index at each size."""
    rows = [["index", "chunks", "build s", "index MB", "memory MB", "of the table's MB"]]
    rows += [
        [name, f"{size.chunks:,}", f"{one.seconds:.1f}", _mb(one.bytes), _mb(one.memory), _mb(size.table)]
        for size in sizes
        for name, one in size.indexes.items()
    ]
    return columns(rows)


def alone_table(sizes: Sequence[Size]) -> str:
    """Give a row for each index, ef_search and collection at each size."""
    rows = [["index alone", "chunks", "ef_search", "seen", "recall@10", "p50 ms", "p95 ms"]]
    rows += [
        [name, f"{size.chunks:,}", str(ef), collection, *_times(times)]
        for size in sizes
        for (name, ef, collection), times in size.alone.items()
    ]
    return columns(rows)


def words_table(sizes: Sequence[Size]) -> str:
    """Give a row for each way to search by words at each size."""
    rows = [["words alone", "chunks", "of the best 10", "p50 ms", "p95 ms"]]
    rows += [[name, f"{size.chunks:,}", *_times(times)] for size in sizes for name, times in size.words.items()]
    return columns(rows)


def product_table(sizes: Sequence[Size]) -> str:
    """Give a row for each thing that was asked of the whole search at each size."""
    rows = [["whole search", "chunks", "ef_search", "recall@10", "p50 ms", "p95 ms"]]
    rows += [
        [name, f"{size.chunks:,}", str(size.ef), *_times(times)]
        for size in sizes
        for name, times in size.product.items()
    ]
    return columns(rows)


def _times(times: Times) -> list[str]:
    return [f"{times.recall:.3f}", f"{times.p50:.1f}", f"{times.p95:.1f}"]


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def cost_picture(sizes: Sequence[Size], asked: str, conditions: Mapping[str, str]) -> str:
    """Give an SVG: milliseconds of the whole search over the number of chunks, each step ten times the last."""
    title = f"Searching {sizes[0].chunks:,} to {sizes[-1].chunks:,} chunks"
    last = sizes[-1].product[asked]
    page = Page(WIDTH, HEIGHT, title, f"p50 {last.p50:.0f} ms, p95 {last.p95:.0f} ms, recall@10 {last.recall:.3f}")
    page.text(20, 32, f"{title}: milliseconds by meaning and by words", "title")
    page.text(20, 54, f"recall@10 of {', '.join(f'{size.product[asked].recall:.3f}' for size in sizes)}")
    highest = round_up(max(size.product[asked].p95 for size in sizes))
    low, high = np.log10(sizes[0].chunks), np.log10(sizes[-1].chunks)
    across, up = Scale(low, max(high, low + 1), LEFT, RIGHT - 40), Scale(0, highest, BOTTOM, TOP)
    for share in (0, 0.25, 0.5, 0.75, 1):
        page.line(LEFT, up(share * highest), RIGHT, up(share * highest), "grid")
        page.text(LEFT - 10, up(share * highest) + 4, f"{share * highest:,.4g}", "small number", "end")
    for style, name, figure in (
        ("second", "median", [size.product[asked].p50 for size in sizes]),
        ("first", "95th percentile", [size.product[asked].p95 for size in sizes]),
    ):
        points = [(across(np.log10(size.chunks)), up(value)) for size, value in zip(sizes, figure, strict=True)]
        page.polyline(points, style)
        for x, y in points:
            page.dot(x, y, style, 4)
        page.text(points[-1][0] - 8, points[-1][1] - 10, name, "small", "end")
    for size in sizes:
        page.text(across(np.log10(size.chunks)), BOTTOM + 20, f"{size.chunks:,}", "small number", "middle")
    page.text(20, HEIGHT - 24, conditions["machine"], "small")
    return page.svg()
