"""Draws a table where there are none: aligned in a code block, or as a list when it is too wide for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from bot.platforms.discord.escape import code_block, literal

# A wider line wraps in Discord's code blocks, and a table that wraps can't be read.
_WIDEST = 72


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """Give the Discord markup of a table of plain text; the first row is its header, all rows are equally long."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 3 * (len(widths) - 1) > _WIDEST:
        return _as_list(rows)
    lines = [" | ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    ruler = "-+-".join("-" * width for width in widths)
    return code_block("\n".join(line.rstrip() for line in [lines[0], ruler, *lines[1:]]))


def _as_list(rows: Sequence[Sequence[str]]) -> str:
    header, *rest = rows
    if not rest:
        return "- " + "; ".join(map(literal, header))
    return "\n".join(
        f"- {'; '.join(_named(name, cell) for name, cell in zip(header, row, strict=True))}" for row in rest
    )


def _named(name: str, cell: str) -> str:
    return f"**{literal(name)}**: {literal(cell)}" if name else literal(cell)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Give the columns that a text takes: wide signs take two, marks over other signs none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )
