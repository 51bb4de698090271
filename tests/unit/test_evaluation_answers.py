"""Given answers are read from a file of the command line's shape or taken from an Answer."""

import json

import pytest

from core.errors import ConfigurationError
from core.evaluation.answers import GivenAnswer, GivenChunk, given, parse_answers
from core.models import Answer, Chunk, Citation, RetrievedChunk

LINE = {
    "id": "hb-1",
    "question": "how many days off?",
    "answer": "25 days [1].",
    "refused": False,
    "citations": [
        {"number": 1, "document": "leave.md", "title": "Leave", "heading": "", "text": "25 days.", "evidence": "25"}
    ],
    "passages": [
        {"rank": 1, "document": "leave.md", "heading": "", "text": "25 days.", "cosine_distance": 0.2, "score": 0.8}
    ],
    "model": "none",
    "timings": {"retrieve_ms": 1.0, "first_token_ms": None, "total_ms": 2.0},
}
GIVEN = GivenAnswer(
    "hb-1", "25 days [1].", False, (GivenChunk("leave.md", "25 days."),), (GivenChunk("leave.md", "25 days."),)
)


def test_answers_are_read_by_id() -> None:
    assert parse_answers(json.dumps(LINE), "answers.jsonl") == {"hb-1": GIVEN}


def test_an_answer_of_the_core_gives_the_same() -> None:
    chunk = Chunk(ordinal=0, text="25 days.", heading="", search_text="Leave\n25 days.", content_hash="0" * 64)
    found = RetrievedChunk(1, 1, "default", "leave.md", "Leave", chunk, cosine_distance=0.2, score=0.8)
    answer = Answer("how many days off?", "25 days [1].", "phrased", (Citation(1, found, "25 days."),), (found,))
    assert given("hb-1", answer) == GIVEN


def test_a_line_without_passages_is_refused() -> None:
    line = {name: value for name, value in LINE.items() if name != "passages"}
    with pytest.raises(ConfigurationError, match=r"answers\.jsonl line 1: passages: Field required"):
        parse_answers(json.dumps(line), "answers.jsonl")


def test_two_answers_to_one_item_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="line 2: id 'hb-1' came before"):
        parse_answers(f"{json.dumps(LINE)}\n{json.dumps(LINE)}", "answers.jsonl")
