"""Words as search terms and their BM25 weights.

BM25 is a sum over the terms that query and chunk share [1]:
    idf(term) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / avg))
The right factor depends on the chunk alone once `avg` is fixed, so it is stored with the chunk as a sparse
vector; the left one is the query's vector. Their inner product is BM25, and Postgres computes it.

[1] Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009), equations 3.15 and 3.16.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

import snowballstemmer

K1 = 1.2
B = 0.75
# Chunks are cut to the same size everywhere, so a fixed length serves for the average one.
AVERAGE_TERMS = 90

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Tried from the start of a word only, and giving nothing back: a word of any length costs one look at it.
_IDENTIFIER = re.compile(r"(?<![^\W_])[^\W_]++(?:[_\-./@][^\W_]++)++")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A longer word is a key or a picture in letters, and the index of terms has a limit.
_TERM_CHARACTERS = 200
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


# Words that colleagues wrap around what they ask. A question is searched without them.
FUNCTION_WORDS = frozenset(
    """
    a an the and or but if of to in on at by for with from as is are was were be been being am it its this that these
    those there here you your yours we our us they them their he she his her i my me mine do does did doing done have
    has had having will would can could should may might must shall not no so than then also any some about just get
    got getting need want like know tell please many much how what when where which who whom whose why into out up per
    i'm i've i'd i'll we're we've it's that's what's where's who's how's there's let's don't doesn't can't
    """.split()
)


def question_terms(question: str, language: str = "english") -> list[str]:
    """Give the terms of a question that tell what it is about, in order."""
    return tokenize(question, language, without=FUNCTION_WORDS)


def tokenize(text: str, language: str = "english", *, without: frozenset[str] = frozenset()) -> list[str]:
    """Give the terms of a text: its words stemmed, the parts of camel-case words, then identifiers as a whole.

    language: a Snowball stemmer's name; an unknown one leaves words unstemmed. without: lower-case words to leave out.
    """
    text = unicodedata.normalize("NFKC", text)
    terms: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if _CJK.search(word):
            terms.extend(word[i : i + 2] for i in range(max(1, len(word) - 1)))
            continue
        lowered = word.lower().replace("’", "'")
        if lowered in without:
            continue
        terms.append(_stem(lowered.removesuffix("'s"), language))
        parts = _CAMEL.split(word)
        if len(parts) > 1:
            terms.extend(_stem(part.lower(), language) for part in parts)
    terms.extend(match.group().lower() for match in _IDENTIFIER.finditer(text))
    return [term[:_TERM_CHARACTERS] for term in terms]


@lru_cache(maxsize=65536)
def _stem(word: str, language: str) -> str:
    if len(word) < 3 or not word.isalpha():
        return word
    stemmer = _stemmer(language)
    return str(stemmer.stemWord(word)) if stemmer else word


@lru_cache(maxsize=8)
def _stemmer(language: str) -> snowballstemmer.stemmer | None:
    return snowballstemmer.stemmer(language) if language in snowballstemmer.algorithms() else None


def chunk_weights(terms: Iterable[str]) -> dict[str, float]:
    """Give the chunk's side of BM25 for each of its terms (equation 3.15 of [1] without idf)."""
    counts = Counter(terms)
    length = sum(counts.values())
    norm = K1 * (1 - B + B * length / AVERAGE_TERMS)
    return {term: count * (K1 + 1) / (count + norm) for term, count in counts.items()}


def query_weights(terms: Mapping[str, float], chunks_with: Mapping[str, int], total: int) -> dict[str, float]:
    """Give the query's side of BM25: the inverse document frequency of each known term, times its weight.

    chunks_with: in how many chunks each term stands; terms that stand in none are left out.
    """
    return {
        term: weight * math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        for term, weight in terms.items()
        if (frequency := min(chunks_with.get(term, 0), total)) > 0
    }


def dimension(term: str, dimensions: int) -> int:
    """Give the 0-based place of a term in the sparse vector; two terms rarely share one."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest()) % dimensions


def sparse(weights: Mapping[str, float], dimensions: int) -> dict[int, float]:
    """Place weights into a sparse vector: dimension -> summed weight."""
    placed: dict[int, float] = {}
    for term, weight in weights.items():
        place = dimension(term, dimensions)
        placed[place] = placed.get(place, 0.0) + weight
    return placed
