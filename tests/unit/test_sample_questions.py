"""The example questions must be answerable from the documents as they are loaded, or not at all."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.ingestion.loaders import load

EXAMPLES = Path(__file__).parents[2] / "examples"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["kind"] != "unanswerable"]
KINDS = {"fact", "procedure", "list", "policy", "numeric", "person", "followup", "unanswerable"}


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def loaded_text(source: str) -> str:
    return "\n".join(block.text for block in load(EXAMPLES / "handbook" / source, source).blocks)


def named(question: dict[str, Any]) -> str:
    return str(question["id"])


def test_there_are_sixty_questions_with_ids_of_their_own() -> None:
    assert len(QUESTIONS) == len({question["id"] for question in QUESTIONS}) == 60
    assert len(ANSWERABLE) == 45
    assert {question["kind"] for question in QUESTIONS} == KINDS


@pytest.mark.parametrize("question", ANSWERABLE, ids=named)
def test_the_evidence_stands_in_the_loaded_document(question: dict[str, Any]) -> None:
    evidence = words(question["evidence"])
    found = evidence & words(loaded_text(question["source"]))
    assert sum(found.values()) >= 0.95 * sum(evidence.values()) > 0


@pytest.mark.parametrize("question", ANSWERABLE, ids=named)
def test_a_key_phrase_stands_in_the_evidence_and_in_the_model_answer(question: dict[str, Any]) -> None:
    def holds(text: str) -> bool:
        return any(
            re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE)
            for phrase in question["must_contain_any"]
        )

    assert holds(question["evidence"])
    assert any(holds(answer) for answer in question["answers"])


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["kind"] == "followup"], ids=named)
def test_follow_ups_bring_their_history(question: dict[str, Any]) -> None:
    assert question["history"]
    assert all(set(turn) == {"question", "answer"} for turn in question["history"])


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["kind"] == "unanswerable"], ids=named)
def test_unanswerable_questions_name_no_evidence(question: dict[str, Any]) -> None:
    assert (question["answers"], question["must_contain_any"]) == ([], [])
    assert (question["source"], question["evidence"]) == ("", "")
