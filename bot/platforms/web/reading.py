"""A document made ready for reading: its chunks in order under their headings, the cited one with its evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from markupsafe import Markup

from bot.platforms.web.highlighting import highlight
from bot.platforms.web.markdown import markdown_tokens, plain_tokens, tokens_html
from core.ingestion.chunking import HEADING_SEPARATOR
from core.models import RetrievedChunk

_MARKDOWN_SUFFIXES = {".md", ".markdown", ".mdx", ".csv", ".tsv"}
_FENCES = ("```", "~~~")


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk as it is shown. headings: those that begin with it, with their depths from 1. page: 0 for none."""

    headings: tuple[tuple[int, str], ...]
    html: Markup
    is_cited: bool
    page: int
    begins_page: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as it is shown. is_plain: its words are no Markdown. is_marked: the evidence was found in it."""

    passages: tuple[Passage, ...]
    is_plain: bool
    is_marked: bool


def reading(chunks: Sequence[RetrievedChunk], content_hash: str, evidence: str) -> Reading:
    """Make a document ready. content_hash: of the cited chunk, which may not be there any more."""
    is_plain = PurePosixPath(chunks[0].document).suffix.lower() not in _MARKDOWN_SUFFIXES
    passages: list[Passage] = []
    path: list[str] = []
    is_marked, is_cited_before, fence, page = False, False, "", 0
    before = ""
    for retrieved in chunks:
        chunk = retrieved.chunk
        own_path = chunk.heading.split(HEADING_SEPARATOR) if chunk.heading else []
        same = _common(path, own_path)
        is_begun = own_path != path
        is_cited = chunk.content_hash == content_hash and not is_cited_before
        text = chunk.text if is_begun or is_cited else _without_overlap(before, chunk.text)
        fence = "" if is_begun or is_plain else fence
        whole = f"{fence}\n{text}" if fence else text
        fence = "" if is_plain else _open_fence(whole)
        tokens = (plain_tokens if is_plain else markdown_tokens)(textwrap.dedent(whole))
        if is_cited:
            is_marked = highlight(tokens, evidence)
            is_cited_before = True
        passages.append(
            Passage(
                headings=tuple((depth + 1, own_path[depth]) for depth in range(same, len(own_path))),
                html=tokens_html(tokens),
                is_cited=is_cited,
                page=chunk.page or 0,
                begins_page=chunk.page is not None and chunk.page != page,
            )
        )
        path, before, page = own_path, chunk.text, chunk.page or page
    return Reading(tuple(passages), is_plain, is_marked)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    for depth, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return depth
    return min(len(one), len(other))


def _without_overlap(before: str, text: str) -> str:
    """Leave out what a chunk repeats of the one before it, so that it can be read after that one."""
    first, parted, rest = text.partition("\n\n")
    return rest if parted and first in before.split("\n\n") else text


def _open_fence(text: str) -> str:
    """Give the line that opens code which is still open at a chunk's end, "" where none is."""
    opened = ""
    for line in text.splitlines():
        bare = line.strip()
        if not opened and bare.startswith(_FENCES):
            opened = bare
        elif opened and bare.startswith(opened[:3]) and not bare.strip(opened[0]):
            opened = ""
    return opened
