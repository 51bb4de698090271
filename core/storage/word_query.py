"""Chooses which chunks are scored for a question's words, so that common words cost no more than rare ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# A term in more than this share of all chunks tells nothing about one of them, so it brings no candidates.
_COMMON_SHARE = 0.25
# About so many chunks are scored, and so many entries of the index of words are read for them. See
# benchmarks/README.md, "Search at size".
_SCORED = 1_000
_READ = 50_000
# More terms would make more combinations than they are worth: each is weighed for every entry that is read.
_COMBINED = 6
_ROUNDING = 1e-9


def word_query(weights: Mapping[str, float], frequencies: Mapping[str, int], total: int) -> str:
    """Give the tsquery that chunks have to match to be scored by BM25; "" when there is no term.

    weights: the question's side of BM25 by term; frequencies: in how many chunks each stands, out of `total`.
    Where all that hold a term are too many, only those come that hold a heavy enough combination: those whose terms
    weigh together as much as the best `_SCORED` chunks would, were terms independent of each other.
    """
    telling = [term for term in weights if frequencies[term] <= _COMMON_SHARE * total]
    telling = telling or sorted(weights, key=lambda term: frequencies[term])[:2]
    if sum(frequencies[term] for term in telling) <= _SCORED:
        return " | ".join(map(_quoted, telling))
    heavy = sorted(telling, key=lambda term: -weights[term])[:_COMBINED]
    heavy.sort(key=lambda term: frequencies[term])
    leading = _leading(heavy, frequencies)
    return _weighing(_needed(heavy, leading, weights, frequencies, total), heavy, leading, weights)


def _leading(terms: Sequence[str], frequencies: Mapping[str, int]) -> int:
    """Give how many of the terms, rarest first, can be looked up; of the others no combination is made alone."""
    read = 0
    for place, term in enumerate(terms):
        read += frequencies[term]
        if read > _READ:
            return max(place, 1)
    return len(terms)


def _needed(
    terms: Sequence[str], leading: int, weights: Mapping[str, float], frequencies: Mapping[str, int], total: int
) -> float:
    """Give what the terms of a chunk have to weigh together for about `_SCORED` chunks to be expected."""
    expected = [(0.0, float(total))]
    for place, term in enumerate(terms):
        share = frequencies[term] / total
        expected = [
            *((weight, chunks * (1 - share)) for weight, chunks in expected),
            *((weight + weights[term], chunks * share) for weight, chunks in expected),
        ]
        if place == leading - 1:
            expected = expected[1:]  # the first has none of the leading terms
    expected.sort(reverse=True)
    needed, chunks = expected[0]
    for weight, more in expected[1:]:
        chunks += more
        if chunks > _SCORED:
            break
        needed = weight
    return needed


def _weighing(needed: float, terms: Sequence[str], leading: int, weights: Mapping[str, float]) -> str:
    """Give the tsquery for terms that weigh together what is needed, one of the leading ones among them."""
    ways = []
    for place, term in enumerate(terms[:leading]):
        rest = terms[place + 1 :]
        missing = needed - weights[term]
        if missing <= _ROUNDING:
            ways.append(_quoted(term))
        elif missing <= sum(weights[other] for other in rest) + _ROUNDING:
            ways.append(f"({_quoted(term)} & ({_weighing(missing, rest, len(rest), weights)}))")
    return " | ".join(ways)


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
