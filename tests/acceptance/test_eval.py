"""`docent eval` over the sample handbook and over a set that brings its documents, with the bundled models."""

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Docent

pytestmark = pytest.mark.models

QUESTIONS = str(ROOT / "examples" / "questions.jsonl")
PARAGRAPHS = {
    "Otters": "Sea otters sleep on their backs in rafts. They wrap themselves in kelp to keep from drifting away.",
    "Lighthouse": "The lighthouse at Fern Point was built in 1874. Its lamp burned whale oil until 1903.",
}
ASKED = {
    "Otters": ("What do sea otters wrap themselves in?", "kelp"),
    "Lighthouse": ("When was the lighthouse at Fern Point built?", "1874"),
}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    """A file in SQuAD's format with a question for each paragraph."""
    articles = []
    for title, text in PARAGRAPHS.items():
        question, gold = ASKED[title]
        asked = {"id": title, "question": question, "answers": [{"text": gold, "answer_start": text.index(gold)}]}
        articles.append({"title": title, "paragraphs": [{"context": text, "qas": [asked]}]})
    file = tmp_path / "animals.json"
    file.write_text(json.dumps({"data": articles}))
    return file


def test_the_sample_questions_keep_their_figures_without_a_chat_model(sample: Docent) -> None:
    figures = sample.json("eval", QUESTIONS, CHAT_MODEL="none")
    assert figures["recall_at_1"] >= 0.7
    assert figures["recall_at_5"] >= 0.85
    assert figures["overall"] >= 0.6
    assert figures["right"] >= 0.6
    assert figures["citation_recall"] >= 0.7
    assert figures["wanted_refusals"] >= 0.4
    assert figures["unwanted_refusals"] <= 0.25
    assert figures["confidence_area_under_curve"] >= 0.7
    assert (figures["phrased"], figures["unsupported_sentences"], figures["model_failures"]) == (0, 0, 0)
    assert figures["median_words"] <= 80


def test_a_run_is_saved_and_compared_with_a_challenger_and_with_a_later_run(sample: Docent, tmp_path: Path) -> None:
    saved, picture, reliability = tmp_path / "run.json", tmp_path / "comparison.svg", tmp_path / "reliability.svg"
    few = ("eval", QUESTIONS, "--sample", "10")
    told = sample.json(
        *few,
        *("--challenger", "CHAT_MODEL=none", "--challenger", "TOP_K=5", "--save", str(saved)),
        *("--picture", str(picture), "--reliability", str(reliability)),
    )
    assert told["challenger"]["phrased"] == 0
    assert told["challenger"]["saved"] == str(tmp_path / "run-challenger.json")
    assert told["comparison"]["differences"] == {
        "CHAT_MODEL": {"champion": "bundled", "challenger": "none"},
        "TOP_K": {"champion": "40", "challenger": "5"},
    }
    assert told["comparison"]["figures"]["overall"]["pairs"] == 10
    assert told["first_token_ms"] > 0
    assert told["tokens_per_second"] > 0
    assert "over 10 questions" in picture.read_text()
    assert "CHAT_MODEL=none TOP_K=5" in reliability.read_text()

    later = sample.run(*few, "--against", str(saved), CHAT_MODEL="none")
    assert later.returncode == 0, later.stderr
    assert "CHAT_MODEL: bundled -> none" in later.stdout
    kept = list((sample.home / "evaluations").glob("*-questions-none*.json"))
    assert kept, "a run without --save is kept under DOCENT_HOME"


def test_a_squad_file_brings_its_documents_and_leaves_the_index_alone(sample: Docent, squad: Path) -> None:
    before = sample.json("status")["collections"]
    told = sample.json("eval", str(squad), QUESTIONS, "--sample", "3", CHAT_MODEL="none")
    assert set(told["sets"]) == {"animals", "questions"}
    assert told["sets"]["animals"]["recall_at_1"] == 1.0
    assert told["sets"]["animals"]["right"] == 1.0
    run = json.loads(Path(told["saved"]).read_text())
    assert [(one["name"], one["documents"]) for one in run["sets"]] == [("animals", 2), ("questions", 16)]

    again = sample.run("eval", str(squad), CHAT_MODEL="none")
    assert again.returncode == 0, again.stderr
    assert "ingesting" not in again.stderr, "nothing had changed"
    assert sample.json("status")["collections"] == before
