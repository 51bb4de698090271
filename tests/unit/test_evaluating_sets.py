"""Question sets are read from files in either format."""

import json
from pathlib import Path

import pytest

from bot.evaluating.sets import read_sets
from core.errors import ConfigurationError

LINES = [
    {
        "id": f"q{number}",
        "question": "How many days?",
        "kind": "unanswerable",
        "answers": [],
        "must_contain_any": [],
        "source": "",
        "evidence": "",
    }
    for number in range(30)
]
SQUAD = {
    "data": [
        {
            "title": "Leave",
            "paragraphs": [
                {
                    "context": "Employees get 30 days.",
                    "qas": [{"id": "s1", "question": "How many?", "answers": [{"text": "30", "answer_start": 14}]}],
                }
            ],
        }
    ]
}


def written(path: Path, *lines: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_json_lines_are_a_set_over_what_is_ingested(tmp_path: Path) -> None:
    (one,) = read_sets([written(tmp_path / "our questions.jsonl", *LINES)])
    assert (one.name, len(one.items), one.documents) == ("our-questions", 30, None)


def test_a_single_line_is_a_set_too(tmp_path: Path) -> None:
    (one,) = read_sets([written(tmp_path / "one.jsonl", LINES[0])])
    assert (len(one.items), one.documents) == (1, None)


def test_a_squad_file_brings_its_documents(tmp_path: Path) -> None:
    (one,) = read_sets([written(tmp_path / "dev-v2.0.json", SQUAD)])
    assert (one.name, [item.id for item in one.items]) == ("dev-v2.0", ["s1"])
    assert one.documents
    assert [(document.name, document.text) for document in one.documents] == [
        ("Leave/0001.txt", "Employees get 30 days.")
    ]


def test_a_sample_is_drawn_in_order_and_the_same_each_time(tmp_path: Path) -> None:
    path = written(tmp_path / "dev.jsonl", *LINES)
    (one,), (again,) = read_sets([path], 5), read_sets([path], 5)
    numbers = [int(item.id[1:]) for item in one.items]
    assert len(numbers) == 5
    assert numbers == sorted(numbers)
    assert one == again
    assert len(read_sets([path], 31)[0].items) == 30


def test_two_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [written(tmp_path / folder / "dev.jsonl", *LINES) for folder in ("a", "b")]
    with pytest.raises(ConfigurationError, match="2 of the question sets are called 'dev'; give each file a name"):
        read_sets(paths)


def test_a_squad_file_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"empty\.json holds no question\."):
        read_sets([written(tmp_path / "empty.json", {"data": []})])


def test_a_squad_file_that_has_an_id_twice_is_refused(tmp_path: Path) -> None:
    twice = {"data": SQUAD["data"] * 2}
    with pytest.raises(ConfigurationError, match="2 questions have the id 's1'; give each one of its own"):
        read_sets([written(tmp_path / "twice.json", twice)])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"The question set '.*no\.jsonl' can't be read"):
        read_sets([tmp_path / "no.jsonl"])
