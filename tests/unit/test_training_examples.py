import json
import random
from pathlib import Path

import pytest

from core.evaluation.questions import EvaluationItem
from core.training.corpus import Corpus, load_folder, load_texts
from core.training.examples import Group, groups, label, parse_fairytale
from core.training.reader import sampled
from tests.fakes.embedder import FakeEmbedder

LEAVE = "# Leave\n\nEmployees get 28 vacation days a year. Ask your lead first.\n\n## Parents\n\n- Form P1\n- Form P2\n"
TRAVEL = "# Travel\n\nA refund is paid within ten days.\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text(LEAVE, encoding="utf-8")
    (docs / "travel.md").write_text(TRAVEL, encoding="utf-8")
    (docs / "empty.md").write_text("", encoding="utf-8")
    return Corpus.build(load_folder(docs), FakeEmbedder(), tmp_path / "cache")


def item(question: str, evidence: str, *keys: str, source: str = "leave.md") -> EvaluationItem:
    return EvaluationItem("1", question, "fact" if evidence else "unanswerable", keys, keys, source, evidence)


def test_a_corpus_finds_what_shares_words_and_keeps_its_embeddings(corpus: Corpus, tmp_path: Path) -> None:
    (group,) = groups([item("When is a refund paid?", "")], corpus, FakeEmbedder())
    assert group.right == ()
    assert group.wrong[0].passage.pieces[0][1] == "A refund is paid within ten days."
    (kept,) = (tmp_path / "cache").iterdir()
    changed = kept.stat().st_mtime_ns
    Corpus.build(load_folder(tmp_path / "docs"), FakeEmbedder(), tmp_path / "cache")
    assert kept.stat().st_mtime_ns == changed


def test_the_piece_with_the_key_phrase_is_the_answer(corpus: Corpus) -> None:
    chunk = corpus.of_document("leave.md")[0]
    found = label(item("days?", "Employees get 28 vacation days a year. Ask your lead first.", "28"), chunk)
    assert found.answers == {0: ("28",)}


def test_without_a_key_phrase_all_of_the_evidence_is_the_answer(corpus: Corpus) -> None:
    chunk = corpus.of_document("leave.md")[1]
    found = label(item("forms?", "- Form P1\n- Form P2", "both forms"), chunk)
    assert found.answers == {0: (), 1: ()}


def test_no_negative_holds_a_key_phrase_and_lost_evidence_leaves_the_question_out(corpus: Corpus) -> None:
    made = list(
        groups([item("How many days?", "Employees get 28 vacation days a year.", "28")], corpus, FakeEmbedder())
    )
    assert len(made[0].right) == 1
    assert all("28" not in words for one in made[0].wrong for _, words in one.passage.pieces)
    assert list(groups([item("Yachts?", "We own a yacht.", "yacht")], corpus, FakeEmbedder())) == []


def test_a_step_shows_one_right_passage_at_most_and_sometimes_none(corpus: Corpus) -> None:
    (made,) = groups([item("How many days?", "Employees get 28 vacation days a year.", "28")], corpus, FakeEmbedder())
    many = Group(made.question, made.right, made.wrong * 9)
    steps = [sampled(many, random.Random(seed)) for seed in range(200)]
    right = [sum(bool(one.answers) for one in step) for step in steps]
    assert set(right) == {0, 1}
    assert 0.05 < right.count(0) / len(right) < 0.3
    assert {len(step) for step in steps} == {3}


def test_a_story_becomes_documents_and_questions_with_evidence() -> None:
    story = {
        "title": "Snow-man",
        "sections": ["The sun was setting. The moon rose.", "He melted in spring."],
        "questions": [
            {"question": "What rose?", "answers": ["the moon"], "sections": [0], "explicit": True},
            {"question": "Why?", "answers": ["because of an unhappy love"], "sections": [1], "explicit": False},
        ],
    }
    documents, items = parse_fairytale(json.dumps([story]))
    assert [path for path, _ in documents] == ["Snow_man/000.txt", "Snow_man/001.txt"]
    assert [(one.question, one.source, one.evidence) for one in items] == [
        ("What rose?", "Snow_man/000.txt", "The moon rose.")
    ]
    assert len(list(load_texts(documents))) == 2
