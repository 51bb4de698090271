import pytest

from core.answering.support import broken_rule, nearest_rule, split_markers, supports, tells, without_verdict
from core.models import Rule

EVIDENCE = "Employees get 30 vacation days a year. Dana Okafor approves them."
QUESTION = "How many vacation days do I get, and who approves them?"


@pytest.mark.parametrize(
    "sentence",
    ["Employees get 30 vacation days a year.", "You get 30 vacation days.", "It is Dana Okafor who approves them."],
)
def test_what_the_evidence_says_is_carried(sentence: str) -> None:
    assert supports(sentence, EVIDENCE, QUESTION)


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Employees get 31 vacation days a year.", "another number"),
        ("Employees get no vacation days.", "negation"),
        ("They are approved by Dana Miller.", "another name"),
        ("Employees get 30 days and a company car with free fuel.", "words from nowhere"),
        ("How many vacation days do I get?", "nothing but the question"),
        ("", "nothing at all"),
        ("Employees get 30 vacation days a", "it is cut off"),
        ("A: Employees get 30 vacation days a year.", "a label"),
        ("Employees get vacation days.", "nothing that the question did not hold"),
    ],
)
def test_what_the_evidence_does_not_say_is_not(sentence: str, fault: str) -> None:
    assert not supports(sentence, EVIDENCE, "How many vacation days?"), fault


def test_a_dropped_negation_is_noticed() -> None:
    assert not supports("We reimburse lounge access.", "We do not reimburse lounge access.", "lounge access?")


def test_markers_are_taken_off() -> None:
    assert split_markers("You get 30 days [1][12].") == ("You get 30 days.", (1, 12))


def test_a_word_of_the_question_that_the_evidence_lacks_is_not_asserted() -> None:
    told = "The team that worked with the facilitator should plan next steps after the hackathon."
    written = "The team that won the last hackathon is the team that worked with the facilitator."
    assert not supports(written, told, "which team won the last hackathon")


TRAVEL = "Ask your lead first, then book the flight and the hotel with the travel desk."
CARDS = "We do not have printed cards, but your provider can check your name."


def test_a_sentence_keeps_the_order_of_the_evidence() -> None:
    asked = "how do I travel?"
    assert supports("Ask your lead, then book the flight with the travel desk.", TRAVEL, asked)
    assert tells("The travel desk books your lead first, then the flight.", TRAVEL, asked)
    assert not supports("The travel desk books your lead first, then the flight.", TRAVEL, asked)


@pytest.mark.parametrize(
    ("sentence", "carried"),
    [
        ("We do not have printed cards.", True),
        ("Your provider can't check your name.", False),
        ("We have printed cards, but not your name.", False),
    ],
)
def test_a_negation_denies_what_it_denies_in_the_evidence(sentence: str, carried: bool) -> None:
    assert tells(sentence, CARDS, "plastic?")
    assert supports(sentence, CARDS, "plastic?") is carried


def test_a_word_is_repeated_no_more_often_than_in_the_evidence() -> None:
    told = "Access is requested using the portal for privileged accounts."
    assert supports("Access is requested using the portal.", told, "how?")
    assert not supports("Access is requested using the portal for access.", told, "how?")


def test_yes_and_no_are_taken_off_a_fact() -> None:
    assert without_verdict("No, it is Jamf.") == "It is Jamf."
    assert without_verdict("No vacation is lost.") == "No vacation is lost."
    assert without_verdict("Yes, ") == "Yes, "


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Employees get 30 vacation days a year.", None),
        ("Employees get 30 vacation days a", "statement"),
        ("Employees get 31 vacation days a year.", "numbers"),
        ("They are approved by Dana Miller.", "names"),
        ("Employees get no vacation days.", "denial"),
        ("Employees get vacation days.", "news"),
        ("Employees get 30 days and a company car with free fuel.", "words"),
        ("Days vacation 30 get employees.", "order"),
        ("Employees employees get 30 vacation days.", "repetition"),
    ],
)
def test_the_rule_that_a_sentence_broke_is_named(sentence: str, rule: Rule | None) -> None:
    assert broken_rule(sentence, EVIDENCE, "How many vacation days?") == rule


def test_denying_something_else_is_named() -> None:
    told = "We do not have printed cards, but your provider can check your name."
    assert broken_rule("We have printed cards, but your provider can not check your name.", told, "cards?") == "denied"


def test_of_several_pieces_the_one_that_came_nearest_names_the_rule() -> None:
    written = "Employees get 30 days and a company car with free fuel."
    assert nearest_rule(written, ["The yacht is blue.", EVIDENCE], "How many?", "english") == "words"
