"""Owns what is kept of each answered item: its score, how the answer was made and what it took."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from core.evaluation.answers import given
from core.evaluation.metrics import ItemScore, score
from core.evaluation.questions import EvaluationItem, ItemKind
from core.evaluation.unsupported import phrased_sentences, unsupported_sentences
from core.models import Answer, AnswerKind


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one item of a set went.

    set: name of the question set. item: fingerprint of question and gold. answer_kind: how the answer was made.
    uncertain: the answer says of itself that it may be none.
    confidence: probability from 0 to 1 that the documents answer. cited: documents of the citations in order.
    sentences: count of phrased ones; unsupported: those of them that the evidence check does not carry.
    *_ms: milliseconds; first_token_ms None where no model wrote. model_failure: why it could not, or "".
    """

    set: str
    item: str
    question: str
    kind: ItemKind
    answer: str
    answer_kind: AnswerKind
    uncertain: bool
    confidence: float
    cited: tuple[str, ...]
    sentences: int
    unsupported: tuple[str, ...]
    retrieve_ms: float
    choose_ms: float
    first_token_ms: float | None
    total_ms: float
    prompt_tokens: int
    completion_tokens: int
    model_failure: str
    score: ItemScore

    @property
    def key(self) -> tuple[str, str]:
        """What tells the items of one run apart: set and id."""
        return self.set, self.score.id

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens after the first over the time after the first, None where there are none."""
        if self.first_token_ms is None or self.completion_tokens < 2 or self.total_ms <= self.first_token_ms:
            return None
        return 1000 * (self.completion_tokens - 1) / (self.total_ms - self.first_token_ms)


def item_result(set_name: str, item: EvaluationItem, answer: Answer, language: str) -> ItemResult:
    """Keep what an evaluation needs of an answer; language: SEARCH_LANGUAGE, for the evidence check."""
    return ItemResult(
        set=set_name,
        item=fingerprint(item),
        question=item.question,
        kind=item.kind,
        answer=answer.text,
        answer_kind=answer.kind,
        uncertain=answer.uncertain,
        confidence=answer.confidence,
        cited=tuple(citation.chunk.document for citation in answer.citations),
        sentences=len(phrased_sentences(answer)),
        unsupported=unsupported_sentences(answer, language),
        retrieve_ms=answer.timings.retrieve_ms,
        choose_ms=answer.timings.choose_ms,
        first_token_ms=answer.timings.first_token_ms,
        total_ms=answer.timings.total_ms,
        prompt_tokens=answer.timings.prompt_tokens,
        completion_tokens=answer.timings.completion_tokens,
        model_failure=answer.model_failure,
        score=score(item, given(item.id, answer)),
    )


def fingerprint(item: EvaluationItem) -> str:
    """Give 16 hexadecimal digits that change with the item's question, history or gold."""
    written = json.dumps(asdict(item), sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
