"""Cuts prose into sentences without breaking abbreviations, numbers, links or list markers."""

from __future__ import annotations

import re

# A stop ends a sentence when white space and something that can begin a sentence follow.
_BOUNDARY = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_`<]*[A-Z0-9À-ÞА-Я\u4e00-\u9fff])|(?<=[。！？])")
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|nos|fig|mr|mrs|ms|dr|prof|st|sr|jr|inc|ltd|co|corp|dept|est|min|max|p|pp"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|a\.m|p\.m|u\.s|u\.k)|\b[A-Za-z]|^\s*\d{1,3})\.$",
    re.IGNORECASE,
)


def split_sentences(text: str) -> list[str]:
    """Give the sentences of a paragraph in order, each verbatim and stripped; joined they hold every word."""
    sentences: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        piece = text[start : match.end()].strip()
        if not piece or _NO_END.search(piece):
            continue
        sentences.append(piece)
        start = match.end()
    rest = text[start:].strip()
    if rest:
        sentences.append(rest)
    return sentences
