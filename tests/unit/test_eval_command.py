"""`docent eval`: what it refuses before it asks anything, and comparing saved runs, for which it needs no database."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.evaluating.places import save_run
from core.evaluation.results import fingerprint
from tests.unit.evaluation_builders import ITEM, result, run_of

SET = {
    "id": ITEM.id,
    "question": ITEM.question,
    "kind": ITEM.kind,
    "answers": ITEM.answers,
    "must_contain_any": ITEM.must_contain_any,
    "source": ITEM.source,
    "evidence": ITEM.evidence,
}


@pytest.fixture
def questions(tmp_path: Path) -> str:
    path = tmp_path / "dev.jsonl"
    path.write_text(json.dumps(SET))
    return str(path)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[str, str]:
    champion, challenger = tmp_path / "before.json", tmp_path / "after.json"
    save_run(run_of([result(number, right=False) for number in range(20)]), champion)
    save_run(run_of([result(number) for number in range(20)], "after"), challenger)
    return str(champion), str(challenger)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["eval", *arguments]) == 2
    return capsys.readouterr().err


def test_saved_runs_are_compared_and_drawn(
    saved: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, reliability = tmp_path / "new" / "comparison.svg", tmp_path / "reliability.svg"
    assert main(["eval", "compare", *saved, "--picture", str(picture), "--reliability", str(reliability)]) == 0
    assert "Overall: the challenger is better (+1.000" in capsys.readouterr().out
    assert "Champion and challenger over 20 questions" in picture.read_text()
    assert ">challenger</text>" in reliability.read_text()


def test_a_comparison_is_json_where_wanted(saved: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "compare", *saved, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["overall"]["verdict"] == "better"


@pytest.mark.parametrize("extra", [["--sample", "3"], ["--save", "x.json"], ["third.json"], ["--challenger", "SEED=1"]])
def test_comparing_saved_runs_takes_two_files_and_nothing_that_asks(
    saved: tuple[str, str], extra: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Write: docent eval compare CHAMPION.json CHALLENGER.json" in refusal(capsys, "compare", *saved, *extra)


def test_a_picture_needs_two_runs(questions: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--picture draws a comparison; give --against" in refusal(capsys, questions, "--picture", "x.svg")


def test_there_is_one_challenger(questions: str, saved: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    told = refusal(capsys, questions, "--against", saved[0], "--challenger", "SEED=1")
    assert "Give either --against SAVED.json or --challenger NAME=VALUE, not both." in told


def test_an_earlier_run_over_other_items_is_refused_before_any_is_asked(
    questions: str, saved: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(capsys, questions, "--against", saved[0])
    assert "not over the same items: 20 only in before (first: 'q0' of dev); 1 only in what is asked now" in told


def test_an_earlier_run_over_another_gold_is_refused(
    questions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_run(run_of([result(id=ITEM.id, item="0" * 16)]), tmp_path / "run.json")
    assert fingerprint(ITEM) != "0" * 16
    told = refusal(capsys, questions, "--against", str(tmp_path / "run.json"))
    assert "1 with another question or gold (first: 'hb-1' of dev)" in told


def test_what_can_not_be_written_is_said_before_the_work(
    questions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "can't be written; name a file" in refusal(capsys, questions, "--save", str(tmp_path))
    assert "can't be written; name a file" in refusal(capsys, questions, "--reliability", f"{questions}/x.svg")


def test_a_collection_is_of_no_use_to_a_file_that_brings_its_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = {"id": "s1", "question": "How many?", "answers": [{"text": "30", "answer_start": 0}]}
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps({"data": [{"title": "A", "paragraphs": [{"context": "30.", "qas": [question]}]}]}))
    assert "a SQuAD file brings its own documents" in refusal(capsys, str(squad), "--collection", "default")


def test_a_wrong_challenger_is_refused(questions: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--challenger takes NAME=VALUE" in refusal(capsys, questions, "--challenger", "MODEL=none")


@pytest.mark.parametrize("number", ["0", "-1", "ten"])
def test_a_sample_is_at_least_one(questions: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eval", questions, f"--sample={number}"])
    assert f"{number!r} is no number of at least 1" in capsys.readouterr().err
