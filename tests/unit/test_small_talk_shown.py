"""How each front end answers small talk: a sentence, and nothing that looks like a searched answer."""

import io
from typing import get_args

import pytest
from rich.console import Console

from bot import wording
from bot.answer_json import answer_json
from bot.delivery import final_reply
from bot.messages import Reply
from bot.terminal import rendered
from bot.terminal_why import show_why
from core.models import Answer, SmallTalk

KINDS = get_args(SmallTalk)


def said(kind: SmallTalk) -> Answer:
    return Answer("hi", "", "chat", model="bundled", small_talk=kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_short_sentence_that_invites_a_question(kind: SmallTalk) -> None:
    sentence = wording.answer_text(said(kind))
    assert len(sentence.split()) <= 50
    assert "ask me" in sentence.lower()
    assert "[" not in sentence, "nothing is cited"


def test_what_docent_can_do_is_told_when_asked() -> None:
    sentence = wording.answer_text(said("ability"))
    for what in ("documents", "footnotes", "could not find", "and for contractors?"):
        assert what in sentence


def test_a_chat_gets_the_sentence_without_footnotes_or_buttons() -> None:
    assert final_reply(said("thanks"), 7) == Reply("final", wording.SMALL_TALK["thanks"])


def test_the_json_says_that_it_is_neither_a_refusal_nor_a_found_answer() -> None:
    line = answer_json(said("greeting"), "a")
    assert (line["answer"], line["kind"], line["refused"]) == (wording.SMALL_TALK["greeting"], "chat", False)
    assert (line["id"], line["citations"], line["passages"]) == ("a", [], [])


def printed(kind: SmallTalk, *, why: bool) -> str:
    console = Console(file=io.StringIO(), width=400)
    if why:
        show_why(said(kind), console)
    else:
        console.print(rendered(said(kind)))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().strip()


def test_a_terminal_shows_the_sentence_alone() -> None:
    assert printed("identity", why=False) == wording.SMALL_TALK["identity"]


def test_why_says_that_nothing_was_searched() -> None:
    assert printed("farewell", why=True) == wording.WHY_SMALL_TALK
