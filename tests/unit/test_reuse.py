"""When two questions are one, which answers are worth keeping, and what a kept answer depends on."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot import wording
from bot.answer_json import answer_json
from bot.delivery import final_reply
from bot.terminal import rendered
from core.answering.configuration import configuration_of
from core.answering.reuse import is_worth_keeping, normalised, reuse_key
from core.models import Answer, Citation
from tests.conftest import settings_for
from tests.unit.builders import retrieved

MADE_AT = datetime.fromisoformat("2026-05-03T12:00:00+00:00")
ANSWER = Answer("How?", "So [1].", "quoted", citations=(Citation(1, retrieved(), "So."),), confidence=0.9)
URL = "postgresql:///docent"


@pytest.mark.parametrize(
    "asked", ["How do I book leave?", "how do i BOOK leave", "  How do\n I  book leave ?!", "How do I book leave…"]
)
def test_case_white_space_and_signs_at_the_end_make_no_other_question(asked: str) -> None:
    assert normalised(asked) == "how do i book leave"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who pays for C++?", "Who pays for C#?"),
        ("May I not go?", "May I go?"),
        ("Do we have leave?", "Have we do leave?"),
        ("What is a re-sit?", "What is a resit?"),
        ("Wie viele Maße?", "Wie viele Masse?"),
    ],
)
def test_any_other_difference_makes_another_question(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_nothing_but_signs_is_no_question() -> None:
    assert normalised(" ?! ") == ""


def test_a_key_depends_on_question_collections_and_configuration_and_not_on_their_order() -> None:
    key = reuse_key("how", ["a", "b"], "1")
    assert reuse_key("how", ["b", "a", "a"], "1") == key
    others = [reuse_key("why", ["a", "b"], "1"), reuse_key("how", ["a"], "1"), reuse_key("how", ["a", "b"], "2")]
    assert len({key, *others, reuse_key("how", ["a,b"], "1")}) == 5
    assert "how" not in key


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "refused", "citations": ()},
        {"kind": "chat", "citations": (), "small_talk": "thanks"},
        {"uncertain": True},
        {"model_failure": "32 questions wait for the chat model already; ask again later."},
        {"citations": ()},
    ],
)
def test_what_is_no_sure_answer_of_the_documents_is_not_worth_keeping(changes: dict[str, object]) -> None:
    assert is_worth_keeping(ANSWER)
    assert is_worth_keeping(replace(ANSWER, kind="phrased"))
    assert not is_worth_keeping(replace(ANSWER, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0.5},
        {"max_tokens": 60},
        {"chat_model": "openai:http://localhost:1#other"},
        {"chat_adapter": "none"},
        {"reranker": "bundled"},
        {"embedder": "other"},
        {"context_tokens": 300},
    ],
)
def test_what_an_answer_depends_on_makes_another_configuration(changes: dict[str, object]) -> None:
    assert configuration_of(settings_for(URL, **changes), []) != configuration_of(settings_for(URL), [])


def test_names_of_models_make_another_configuration_and_places_and_keys_do_not(tmp_path: Path) -> None:
    ours = configuration_of(settings_for(URL), ["one"])
    assert configuration_of(settings_for(URL), ["two"]) != ours
    moved = settings_for("postgresql:///other", home=tmp_path, openai_api_key="sk-secret", retention_days=3)
    assert configuration_of(moved, ["one"]) == ours


@pytest.mark.parametrize("name", ["chat_model", "chat_adapter", "embedder", "reranker"])
def test_other_weights_in_the_same_place_make_another_configuration(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    weights = folder / "weights.gguf"
    for place in (weights, folder):
        weights.write_bytes(b"one")
        before = configuration_of(settings_for(URL, **{name: str(place)}), [])
        weights.write_bytes(b"other")
        assert configuration_of(settings_for(URL, **{name: str(place)}), []) != before


def test_another_prompt_makes_another_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "__init__.py").touch()
    prompt = tmp_path / "system.txt"
    prompt.write_text("Answer.")
    monkeypatch.setattr("core.__file__", str(tmp_path / "__init__.py"))
    before = configuration_of(settings_for(URL), [])
    prompt.write_text("Answer in rhyme.")
    assert configuration_of(settings_for(URL), []) != before


def test_an_answer_that_is_given_again_says_so_and_can_be_asked_anew() -> None:
    reply = final_reply(replace(ANSWER, made_at=MADE_AT), 7)
    assert reply.text == "So [1].\n\n_Answered before, on 3 May 2026; what it cites has not changed since._"
    assert reply.actions == ("up", "down", "evidence", "anew")
    new = final_reply(ANSWER, 7)
    assert (new.text, new.actions) == ("So [1].", ("up", "down", "evidence"))


def test_the_terminal_says_so_too_and_how_to_ask_anew() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(rendered(ANSWER))
    assert "before" not in console.file.getvalue()
    console.print(rendered(replace(ANSWER, made_at=MADE_AT)))
    assert f"{wording.answered_before(MADE_AT)} {wording.HOW_TO_ASK_ANEW}" in console.file.getvalue()


def test_json_says_so_beside_the_answer() -> None:
    told = answer_json(replace(ANSWER, made_at=MADE_AT))
    assert (told["answer"], told["reused"], told["made_at"]) == ("So [1].", True, "2026-05-03T12:00:00+00:00")
    new = answer_json(ANSWER)
    assert new["reused"] is False
    assert "made_at" not in new
