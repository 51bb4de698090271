"""Real questions over the sample handbook, through the command line, with the bundled models."""

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Docent

pytestmark = pytest.mark.models


def test_a_question_gets_an_answer_with_footnotes(sample: Docent) -> None:
    done = sample.run("ask", "How many vacation days do employees get?")
    assert done.returncode == 0, done.stderr
    assert "[1] people/vacation-and-leave.md" in done.stdout


def test_a_follow_up_is_answered_from_its_own_chunk_also_in_another_process(sample: Docent) -> None:
    first = sample.json("ask", "How many vacation days do employees get?", "--conversation", "ana")
    second = sample.json("ask", "and for contractors?", "--conversation", "ana")
    assert first["citations"][0]["document"] == "people/vacation-and-leave.md"
    cited = second["citations"][0]
    assert cited["document"] == "people/vacation-and-leave.md"
    assert "contractor" in cited["evidence"].lower()
    assert cited["heading"] != first["citations"][0]["heading"]


def test_a_forgotten_conversation_is_gone(sample: Docent) -> None:
    sample.json("ask", "How many vacation days do employees get?", "--conversation", "bo")
    assert sample.run("forget", "--conversation", "bo").stdout.strip() == "Forgotten: 1 turn."
    assert sample.run("forget", "--conversation", "bo").stdout.strip() == "There was no such conversation."


def test_the_json_of_an_answer_keeps_its_contract(sample: Docent) -> None:
    answer = sample.json("ask", "How many vacation days do employees get?", "--fresh")
    assert {"question", "answer", "refused", "citations", "passages", "model", "timings"} <= set(answer)
    assert answer["refused"] is False
    assert len(answer["passages"]) == 10
    assert [passage["rank"] for passage in answer["passages"]] == list(range(1, 11))
    assert {"rank", "document", "heading", "text", "cosine_distance", "score"} <= set(answer["passages"][0])
    citation = answer["citations"][0]
    assert {"number", "document", "title", "heading", "lines", "text", "evidence"} <= set(citation)
    assert f"[{citation['number']}]" in answer["answer"]
    for line in citation["evidence"].splitlines():
        assert line.strip() in citation["text"]
    assert {"retrieve_ms", "first_token_ms", "total_ms", "prompt_tokens", "completion_tokens"} <= set(answer["timings"])
    assert answer["timings"]["prompt_tokens"] > 0


def test_an_answer_is_given_again_at_once_and_says_so(sample: Docent) -> None:
    question = "How many vacation days do employees get?"
    made = sample.json("ask", question, "--fresh")
    again = sample.json("ask", f"  {question.lower()} ")
    assert (made["reused"], again["reused"]) == (False, True)
    assert (again["answer"], again["citations"]) == (made["answer"], made["citations"])
    assert again["made_at"] is not None
    assert again["timings"]["prompt_tokens"] == 0


def test_a_page_of_a_pdf_is_cited_by_its_number(sample: Docent) -> None:
    passages = sample.json("search", "Which hotel price is allowed on business travel?")["passages"]
    pages = [passage["page"] for passage in passages if passage["document"].endswith(".pdf")]
    assert pages
    assert all(page >= 1 for page in pages)


def test_a_batch_answers_line_by_line_in_order(sample: Docent, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"id": "b", "question": "How many vacation days do employees get?"}\n\n'
        '{"id": "a", "question": "and for contractors?", '
        '"history": [{"question": "How many vacation days do employees get?", "answer": "As many as they like."}]}\n'
        '{"id": "c", "question": " "}\n'
    )
    out = tmp_path / "answers.jsonl"
    done = sample.run("ask", "--batch", str(questions), "--out", str(out))
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert done.returncode == 1, "the empty question could not be asked"
    assert [answer["id"] for answer in answers] == ["b", "a", "c"]
    assert "contractor" in answers[1]["answer"].lower()
    assert "empty" in answers[2]["error"]
