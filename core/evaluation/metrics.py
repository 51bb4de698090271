"""Owns the figures of an evaluation: what makes an answer right, a chunk a hit, and one system better than another."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from core.errors import ConfigurationError
from core.evaluation.answers import GivenAnswer, GivenChunk
from core.evaluation.questions import EvaluationItem

EVIDENCE_SHARE = 0.7  # of the evidence's distinct words that a chunk must hold to count as a hit
RECIPROCAL_RANKS = 10  # a hit further down counts as none, so that systems giving longer lists gain nothing
_BLOCK = 1_000_000  # numbers that a bootstrap draws at once


@dataclass(frozen=True, slots=True)
class ItemScore:
    """How one answer did on one item.

    right: holds the gold, or refuses an unanswerable question. hit_rank: 1-based rank of the first passage that
    holds the evidence, None without one. citation_precision: share of the citations that hold the evidence, None
    without citations. citation_recall: 1 when a citation holds the evidence, else 0, None for a refusal.
    rouge_l and token_f1: 0 to 1 against the nearest gold answer, None without one. words: length of the answer,
    None for a refusal. An unanswerable item has no hit, no citation figure and no overlap.
    """

    id: str
    answerable: bool
    refused: bool
    right: bool
    hit_rank: int | None = None
    citation_precision: float | None = None
    citation_recall: float | None = None
    rouge_l: float | None = None
    token_f1: float | None = None
    words: int | None = None

    def hit_within(self, count: int) -> bool:
        """Tell whether one of the first passages, `count` of them, holds the evidence."""
        return self.hit_rank is not None and self.hit_rank <= count

    @property
    def reciprocal_rank(self) -> float:
        """1 / hit_rank, or 0 without a hit among the first 10."""
        return 1 / self.hit_rank if self.hit_rank is not None and self.hit_rank <= RECIPROCAL_RANKS else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of scores comes to; shares are 0 to 1, None where nothing can be counted.

    recall_at_*, mean_reciprocal_rank, right, unwanted_refusals: of the answerable items. wanted_refusals: of the
    unanswerable ones. overall: of all. citation_*: of the answerable items that were answered.
    """

    answerable: int
    unanswerable: int
    recall_at_1: float | None
    recall_at_5: float | None
    recall_at_10: float | None
    mean_reciprocal_rank: float | None
    right: float | None
    unwanted_refusals: float | None
    wanted_refusals: float | None
    overall: float | None
    citation_precision: float | None
    citation_recall: float | None
    rouge_l: float | None
    token_f1: float | None
    median_words: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference of two means with the bounds of its confidence interval."""

    difference: float
    low: float
    high: float


_MARKER = re.compile(r"\s?\[\d+\](?!\()")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', **dict.fromkeys("‐‑‒–—−", "-")})
_ARTICLES = frozenset({"a", "an", "the"})


def holds_phrase(text: str, phrase: str) -> bool:
    """Tell whether a text holds a phrase as whole words.

    Case, white space, Markdown emphasis, curly quotes and the kind of dash don't matter. A number is a whole word
    with its separators: "500" is not in "1,500", nor "5k" in "2.5k". Where the phrase begins or ends with a sign
    ("$1k", "#channel", "no,") that end matches anywhere.
    """
    wanted = _plain(phrase)
    if not wanted:
        return False
    before = r"(?<!\w)" if _is_word(wanted[0]) else ""
    after = r"(?!\w)" if _is_word(wanted[-1]) else ""
    # A separator between two digits belongs to the number.
    before += r"(?<!\d[.,])" if wanted[0].isdigit() else ""
    after += r"(?![.,]\d)" if wanted[-1].isdigit() else ""
    pattern = re.compile(before + re.escape(wanted) + after)
    plain = _plain(text)
    return bool(pattern.search(plain) or pattern.search(_plain(_EMPHASIS.sub("", text))))


def answers_right(item: EvaluationItem, answer: GivenAnswer) -> bool:
    """Tell whether an answer is right: it holds a key phrase and is no refusal, or refuses what has no answer."""
    if not item.answerable:
        return answer.refused
    text = without_markers(answer.answer)
    return not answer.refused and any(holds_phrase(text, phrase) for phrase in item.must_contain_any)


def holds_evidence(item: EvaluationItem, chunk: GivenChunk) -> bool:
    """Tell whether a chunk is of a document that answers and holds at least 70 % of the evidence's distinct words."""
    if not item.answerable or chunk.document not in item.sources:
        return False
    evidence = set(_words(item.evidence))
    return len(evidence & set(_words(chunk.text))) >= EVIDENCE_SHARE * len(evidence)


def hit_rank(item: EvaluationItem, passages: Iterable[GivenChunk]) -> int | None:
    """Give the 1-based rank of the first passage that holds the evidence, or None."""
    return next((rank for rank, passage in enumerate(passages, start=1) if holds_evidence(item, passage)), None)


def rouge_l(answer: str, gold: str) -> float:
    """Give ROUGE-L: the F-measure of the longest common subsequence of words."""
    given_words, gold_words = _words(answer), _words(gold)
    return _f_measure(_longest_common_subsequence(given_words, gold_words), len(given_words), len(gold_words))


def token_f1(answer: str, gold: str) -> float:
    """Give the F-measure of the words that both hold, in any order, articles left out (as SQuAD counts)."""
    given_words, gold_words = (
        Counter(word for word in _words(text) if word not in _ARTICLES) for text in (answer, gold)
    )
    return _f_measure((given_words & gold_words).total(), given_words.total(), gold_words.total())


def without_markers(text: str) -> str:
    """Give an answer without its citation markers such as [1]."""
    return _MARKER.sub("", text)


def score(item: EvaluationItem, answer: GivenAnswer) -> ItemScore:
    """Score one answer against its item."""
    text = without_markers(answer.answer)
    answered = item.answerable and not answer.refused
    cited = [holds_evidence(item, chunk) for chunk in answer.citations]
    golds = item.answers if item.answerable else ()
    return ItemScore(
        id=item.id,
        answerable=item.answerable,
        refused=answer.refused,
        right=answers_right(item, answer),
        hit_rank=hit_rank(item, answer.passages),
        citation_precision=sum(cited) / len(cited) if answered and cited else None,
        citation_recall=float(any(cited)) if answered else None,
        rouge_l=max((rouge_l(text, gold) if answered else 0.0 for gold in golds), default=None),
        token_f1=max((token_f1(text, gold) if answered else 0.0 for gold in golds), default=None),
        words=None if answer.refused else len(text.split()),
    )


def score_set(items: Sequence[EvaluationItem], answers: Mapping[str, GivenAnswer]) -> tuple[ItemScore, ...]:
    """Score every item, in order. Raises ConfigurationError when one has no answer: leaving it out would flatter."""
    missing = [item.id for item in items if item.id not in answers]
    if missing:
        raise ConfigurationError(
            f"{len(missing)} of {len(items)} questions have no answer (first: {missing[0]!r}); answer the whole set."
        )
    return tuple(score(item, answers[item.id]) for item in items)


def figures(scores: Iterable[ItemScore]) -> Figures:
    """Sum up the scores of a set, or of a part of one."""
    every = list(scores)
    answerable = [one for one in every if one.answerable]
    unanswerable = [one for one in every if not one.answerable]
    lengths = [one.words for one in every if one.words is not None]
    return Figures(
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        recall_at_1=_mean(one.hit_within(1) for one in answerable),
        recall_at_5=_mean(one.hit_within(5) for one in answerable),
        recall_at_10=_mean(one.hit_within(10) for one in answerable),
        mean_reciprocal_rank=_mean(one.reciprocal_rank for one in answerable),
        right=_mean(one.right for one in answerable),
        unwanted_refusals=_mean(one.refused for one in answerable),
        wanted_refusals=_mean(one.refused for one in unanswerable),
        overall=_mean(one.right for one in every),
        citation_precision=_mean(one.citation_precision for one in answerable),
        citation_recall=_mean(one.citation_recall for one in answerable),
        rouge_l=_mean(one.rouge_l for one in answerable),
        token_f1=_mean(one.token_f1 for one in answerable),
        median_words=median(lengths) if lengths else None,
    )


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], *, confidence: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Give the difference of two systems' means, first minus second, with its bootstrap confidence interval.

    Both hold one value an item, the same items in the same order: resampling items, not answers, keeps the
    pairs together [1]. Raises ValueError when the lengths differ or are zero.

    [1] Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: the percentile interval.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"A paired bootstrap needs as many values on both sides; got {len(first)} and {len(second)}.")
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    generator = np.random.default_rng(seed)
    items = len(differences)
    # In blocks: all at once would take resamples x items numbers of memory.
    block = max(1, _BLOCK // items)
    counts = [min(block, resamples - done) for done in range(0, resamples, block)]
    means = np.concatenate([differences[generator.integers(0, items, (count, items))].mean(axis=1) for count in counts])
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(differences.mean()), float(low), float(high))


def area_under_curve(scored: Iterable[tuple[float, bool]]) -> float:
    """Give the chance that a random true item scores above a random false one (ties count half); NaN without both.

    This is the Mann-Whitney U statistic over the number of pairs (Hanley, McNeil 1982).
    """
    scored = list(scored)
    scores = np.array([score for score, _ in scored], dtype=np.float64)
    is_true = np.array([truth for _, truth in scored], dtype=bool)
    trues, falses = np.sort(scores[is_true]), np.sort(scores[~is_true])
    if not trues.size or not falses.size:
        return math.nan
    below = np.searchsorted(falses, trues, side="left") + np.searchsorted(falses, trues, side="right")
    return float(below.sum() / 2 / (trues.size * falses.size))


def _mean(values: Iterable[float | None]) -> float | None:
    """Give the mean of the values that are there, or None."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _f_measure(common: int, given: int, gold: int) -> float:
    """Give the harmonic mean of common / given and common / gold."""
    return 2 * common / (given + gold) if common else 0.0


def _longest_common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Give the length of the longest common subsequence, keeping one row of the table."""
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _plain(text: str) -> str:
    return " ".join(text.translate(_TYPOGRAPHY).casefold().split())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _plain(text))
