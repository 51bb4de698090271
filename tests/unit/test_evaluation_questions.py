"""Question sets become items, and what is wrong with a set is said with its line."""

import json
from collections.abc import Mapping

import pytest

from core.errors import ConfigurationError
from core.evaluation.questions import parse_questions, parse_squad
from core.models import Turn

ITEM = {
    "id": "hb-1",
    "question": "how many days off do I get?",
    "kind": "numeric",
    "answers": ["25 days"],
    "must_contain_any": ["25"],
    "source": "people/leave.md",
    "evidence": "Everyone has 25 days of leave a year.",
}
UNANSWERABLE = {
    "id": "hb-2",
    "question": "is there a sabbatical?",
    "kind": "unanswerable",
    "answers": [],
    "must_contain_any": [],
    "source": "",
    "evidence": "",
}


def lines(*items: object) -> str:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n"


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in ITEM.items() if name != key}


def test_a_set_is_read_in_order() -> None:
    items = parse_questions(lines(ITEM, UNANSWERABLE), "set.jsonl")
    assert [(item.id, item.answerable) for item in items] == [("hb-1", True), ("hb-2", False)]
    assert items[0].must_contain_any == ("25",)
    assert items[0].history == ()


def test_history_and_further_sources_are_read() -> None:
    followup = {
        **ITEM,
        "kind": "followup",
        "also": ["people/faq.md"],
        "history": [{"question": "who approves leave?", "answer": "Your lead."}],
    }
    (item,) = parse_questions(lines(followup), "set.jsonl")
    assert item.sources == ("people/leave.md", "people/faq.md")
    assert item.history == (Turn("who approves leave?", "Your lead."),)


def test_a_single_gold_answer_may_be_called_answer() -> None:
    one = {**without("answers"), "answer": "25 days"}
    none = {**UNANSWERABLE, "answer": ""}
    del none["answers"]
    assert [item.answers for item in parse_questions(lines(one, none), "set.jsonl")] == [("25 days",), ()]


def test_blank_lines_and_line_separators_inside_strings_do_not_split_items() -> None:
    odd = {**ITEM, "evidence": "25 days\u2028of leave"}
    (item,) = parse_questions("\n" + lines(odd) + "\n\n", "set.jsonl")
    assert item.evidence == "25 days\u2028of leave"


@pytest.mark.parametrize("key", ["id", "question", "kind", "must_contain_any", "source", "evidence"])
def test_a_missing_key_is_named_with_its_line(key: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"set\.jsonl line 2: {key}: Field required"):
        parse_questions(lines(UNANSWERABLE, without(key)), "set.jsonl")


def test_a_line_with_many_faults_names_three_and_counts_the_rest() -> None:
    with pytest.raises(ConfigurationError, match=r"id: .*; question: .*; kind: [^;]*; and 3 more\.$"):
        parse_questions(lines({"answers": []}), "set.jsonl")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="line 1: kind: Input should be 'fact'"):
        parse_questions(lines({**ITEM, "kind": "riddle"}), "set.jsonl")


@pytest.mark.parametrize("gap", [{"must_contain_any": []}, {"must_contain_any": ["25", " "]}, {"evidence": " "}])
def test_an_answerable_item_without_its_gold_is_refused(gap: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="'hb-1' is answerable but lacks a key phrase or evidence"):
        parse_questions(lines({**ITEM, **gap}), "set.jsonl")


def test_an_id_that_comes_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="line 2: id 'hb-1' came before"):
        parse_questions(lines(ITEM, ITEM), "set.jsonl")


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{oops", "line 1 is not JSON"), ("[1]", "line 1 holds no JSON object"), ("\n\n", "holds no question")],
)
def test_a_file_that_is_no_set_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        parse_questions(text, "set.jsonl")


def squad(*paragraphs: Mapping[str, object], title: str = "Steam engine/s") -> str:
    return json.dumps({"version": "v2.0", "data": [{"title": title, "paragraphs": paragraphs}]})


WATT = {
    "context": "Engines pump water. James Watt (1736–1819) patented one in 1769. It saved coal.",
    "qas": [
        {
            "id": "q1",
            "question": " Who patented one? ",
            "is_impossible": False,
            "answers": [{"text": "James Watt", "answer_start": 20}, {"text": "Watt", "answer_start": 26}] * 2,
        },
        {"id": "q2", "question": "Who sold it?", "is_impossible": True, "answers": []},
    ],
}


def test_every_squad_paragraph_is_a_document_of_its_own() -> None:
    documents = parse_squad(squad(WATT, {"context": "Coal burns.", "qas": []}), "squad.json").documents
    assert [(document.name, document.text) for document in documents] == [
        ("Steam_engine_s/0001.txt", WATT["context"]),
        ("Steam_engine_s/0002.txt", "Coal burns."),
    ]


def test_articles_of_one_title_keep_their_documents_apart() -> None:
    article = {"title": "..", "paragraphs": [{"context": "One.", "qas": []}]}
    documents = parse_squad(json.dumps({"data": [article, article]}), "squad.json").documents
    assert [document.name for document in documents] == ["untitled/0001.txt", "untitled/0002.txt"]


def test_a_squad_question_has_its_sentence_as_evidence_and_each_gold_answer_once() -> None:
    item, unanswerable = parse_squad(squad(WATT), "squad.json").items
    assert item.question == "Who patented one?"
    assert item.answers == item.must_contain_any == ("James Watt", "Watt")
    assert item.evidence == "James Watt (1736–1819) patented one in 1769."
    assert item.source == "Steam_engine_s/0001.txt"
    assert (unanswerable.answerable, unanswerable.answers, unanswerable.evidence) == (False, (), "")


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [("pump", "Engines pump water."), ("saved coal", "It saved coal."), ("1769. It", "James Watt (1736–1819)")],
)
def test_evidence_covers_the_whole_answer_wherever_it_stands(answer: str, evidence: str) -> None:
    context = str(WATT["context"])
    question = {"id": "q", "question": "?", "answers": [{"text": answer, "answer_start": context.index(answer)}]}
    (item,) = parse_squad(squad({"context": context, "qas": [question]}), "squad.json").items
    assert item.evidence.startswith(evidence)
    assert answer in item.evidence


def test_a_question_marked_impossible_is_unanswerable_whatever_answers_it_lists() -> None:
    question = {"id": "q", "question": "?", "is_impossible": True, "answers": [{"text": "Coal", "answer_start": 0}]}
    (item,) = parse_squad(squad({"context": "Coal burns.", "qas": [question]}), "squad.json").items
    assert (item.kind, item.answers, item.evidence) == ("unanswerable", (), "")


def test_a_file_that_is_not_in_squad_format_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigurationError, match=r"^squad\.json is not in SQuAD's format: data: Field required\.$"):
        parse_squad("{}", "squad.json")
