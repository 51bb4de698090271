import random
from pathlib import Path

import pytest

from core.answering.choosing import EvidenceChooser
from core.evaluation.questions import EvaluationItem
from core.models import Turn
from core.training.corpus import Corpus, load_folder
from core.training.phrasing import Tokens, batches
from core.training.phrasing_examples import Example, examples
from core.training.schedule import share_of_rate
from core.training.sets import weighted
from tests.fakes.embedder import FakeEmbedder

LEAVE = "# Leave\n\nFull-time employees get 28 vacation days a year. Ask your lead before you book.\n"
TRAVEL = "# Travel\n\nA refund is paid within ten days. Keep the receipts of your travel.\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text(LEAVE, encoding="utf-8")
    (tmp_path / "docs" / "travel.md").write_text(TRAVEL, encoding="utf-8")
    return Corpus.build(load_folder(tmp_path / "docs"), FakeEmbedder(), tmp_path / "cache")


def asked(question: str, answer: str, evidence: str, *keys: str, history: tuple[Turn, ...] = ()) -> EvaluationItem:
    kind = "fact" if evidence else "unanswerable"
    return EvaluationItem("1", question, kind, (answer,), keys, "leave.md", evidence, history=history)


async def made(corpus: Corpus, item: EvaluationItem, seed: int = 1) -> list[Example]:
    embedder = FakeEmbedder()
    chooser = EvidenceChooser(embedder, None, "english")
    return [one async for one in examples([item], corpus, embedder, chooser, random.Random(seed))]


EVIDENCE = "Full-time employees get 28 vacation days a year."


async def test_an_answer_that_the_evidence_carries_is_the_target_with_the_number_of_its_note(corpus: Corpus) -> None:
    (example,) = await made(
        corpus, asked("How many days off?", "In a year full-time employees get 28 vacation days.", EVIDENCE, "28")
    )
    notes = example.messages[-1].content.splitlines()
    number = next(line[1] for line in notes if EVIDENCE in line)
    assert example.answer == f"In a year full-time employees get 28 vacation days [{number}]."
    assert example.messages[0].role == "system"
    assert not example.is_copy


async def test_yes_and_no_are_not_learnt(corpus: Corpus) -> None:
    (example,) = await made(corpus, asked("Is it 28?", "Yes, you get 28 vacation days a year.", EVIDENCE, "28"))
    assert example.answer.startswith("You get 28 vacation days a year")


async def test_what_the_evidence_does_not_carry_is_not_learnt_but_the_evidence(corpus: Corpus) -> None:
    (example,) = await made(corpus, asked("How many?", "You get 31 days and a company car.", EVIDENCE, "28"))
    assert example.answer.startswith("Full-time employees get 28 vacation days a year [")
    assert example.is_copy


async def test_evidence_that_was_not_chosen_is_put_among_the_notes(corpus: Corpus) -> None:
    (example,) = await made(corpus, asked("receipts of travel", "You get 28 vacation days.", EVIDENCE, "28"))
    assert EVIDENCE in example.messages[-1].content


async def test_a_follow_up_brings_its_turns(corpus: Corpus) -> None:
    turns = (Turn("And part-time?", "In proportion."),)
    (example,) = await made(corpus, asked("and full-time?", "You get 28 days.", EVIDENCE, "28", history=turns))
    assert [message.content for message in example.messages[1:3]] == ["And part-time?", "In proportion."]


async def test_questions_without_an_answer_or_with_lost_evidence_are_left_out(corpus: Corpus) -> None:
    assert await made(corpus, asked("Yachts?", "", "")) == []
    assert await made(corpus, asked("Yachts?", "We own a yacht.", "We own a yacht.", "yacht")) == []


def test_a_round_holds_each_example_once_in_batches_of_like_lengths() -> None:
    every = [Tokens(tuple(range(length)), (1,)) for length in range(40)]
    made = batches(every, random.Random(2))
    assert sorted(len(one.prompt) for batch in made for one in batch) == list(range(40))
    assert all(max(len(one.prompt) for one in batch) - min(len(one.prompt) for one in batch) <= 7 for batch in made)


def test_a_round_takes_a_set_as_often_as_its_weight_says_and_a_random_part_once_more() -> None:
    made = list(range(10))
    assert weighted(made, 2, random.Random(1)) == made * 2
    assert weighted(made, 0, random.Random(1)) == []
    taken = weighted(made, 1.5, random.Random(1))
    assert taken[:10] == made
    assert len(set(taken[10:])) == 5


def test_the_rate_rises_to_the_full_and_falls_to_nothing() -> None:
    shares = [share_of_rate(step, steps=10, warm_up=0.2) for step in range(11)]
    assert shares[:3] == [0.5, 1.0, 1.0]
    assert shares[2:] == [left / 8 for left in range(8, -1, -1)]
    assert share_of_rate(0, steps=1, warm_up=0.05) == 1.0
