"""Rows of cells as one Markdown pipe table, the shape in which every format's tables are stored."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

REPEATED_CHARACTERS = 200
"""Text of merged cells is repeated in each row that they cover only up to this length."""


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """Render rows, the first being the header; rows and columns without any text are left out; "" when none is left.

    Only the header is padded to the full width: Markdown allows short rows, and padding would let one wide row
    multiply the size of the table.
    """
    filled = [cells for row in rows if any(cells := [_cell(cell) for cell in row])]
    columns = sorted({index for row in filled for index, cell in enumerate(row) if cell})
    if not columns:
        return ""
    lines = [[row[index] for index in columns[: bisect_left(columns, len(row))]] for row in filled]
    lines[0] += [""] * (len(columns) - len(lines[0]))
    lines.insert(1, ["---"] * len(columns))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
