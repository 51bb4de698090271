"""The page around the drawings, and the film of what changed."""

from __future__ import annotations

import pytest

from bot import wording
from bot.simulate.page import Drawn, Scene, Step, avatar, link, page
from bot.simulate.page_film import Film, changes
from tests.platforms.drawn_page import assert_harmless, parsed, seen, tags


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_a_page_is_one_file_that_asks_nothing_of_any_machine(platform: str) -> None:
    drawn = page(
        platform, "A <title>", "<p>window</p>", [Scene("Ada asks", [Step(1.234, "Docent writes", "<p>x</p>")])]
    )
    assert_harmless(drawn)
    assert "default-src 'none'" in drawn.replace("&#x27;", "'")
    assert "url(" not in drawn
    assert "@import" not in drawn
    assert tags(drawn, "title") == ["A <title>"]
    assert "prefers-color-scheme: dark" in drawn


def test_a_page_tells_the_steps_of_each_scene_with_their_seconds() -> None:
    steps = [Step(0.0, "Ada writes", "<p>Why?</p>"), Step(1.236, "Docent writes", "<p>So.</p>")]
    drawn = page("slack", "t", "", [Scene("Ada <asks>", steps), Scene("Ada presses", steps[:1])])
    assert tags(drawn, "h3") == ["Ada <asks>", "Ada presses"]
    assert tags(drawn, "li") == ["0.00 s Ada writesWhy?", "1.24 s Docent writesSo.", "0.00 s Ada writesWhy?"]


def test_a_page_without_steps_has_no_heading_for_them() -> None:
    assert wording.PAGE_STEPS not in page("discord", "t", "<p>window</p>", [])


@pytest.mark.parametrize("address", ["https://docs.example/a?b=1&c=<2>", "http://x", "mailto:hr@acme.example"])
def test_addresses_of_the_web_can_be_followed(address: str) -> None:
    (element,) = parsed(link(address, "there")).iter("a")
    assert (element.get("href"), element.text) == (address, "there")
    assert "noreferrer" in element.get("rel")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", "//evil"])
def test_other_addresses_are_only_shown(address: str) -> None:
    assert "href" not in link(address, "there")
    assert seen(link(address, "there"), "link") == ["there"]


def test_docent_has_its_own_sign_and_people_have_a_letter() -> None:
    assert "<svg" in avatar("Docent", is_ours=True)
    assert seen(avatar("<ada>", is_ours=False), "avatar") == ["<"]


class Screen:
    """A screen that a test draws on, and a clock that it turns."""

    def __init__(self) -> None:
        self.messages: list[Drawn] = []
        self.now = 100.0
        self.film = Film(lambda: self.messages, lambda: self.now)

    def shows(self, *messages: Drawn) -> None:
        self.messages = list(messages)
        self.film.look()

    @property
    def told(self) -> list[tuple[str, list[tuple[float, str]]]]:
        return [(scene.title, [(step.seconds, step.caption) for step in scene.steps]) for scene in self.film.scenes]


QUESTION = Drawn("1", "Ada", "<p>Why?</p>")
ANSWER = Drawn("2", "Docent", "<p>Searching</p>")


def test_a_film_keeps_each_change_with_the_seconds_since_the_scene_began() -> None:
    screen = Screen()
    screen.film.begin("Ada asks")
    screen.shows(QUESTION)
    screen.now += 0.5
    screen.shows(QUESTION, ANSWER)
    screen.shows(QUESTION, ANSWER)
    screen.now += 1.0
    screen.shows(QUESTION, Drawn("2", "Docent", "<p>So.</p>"))
    screen.film.begin("Ada presses")
    screen.now += 0.25
    screen.shows(QUESTION)
    assert screen.told == [
        (
            "Ada asks",
            [
                (0.0, wording.page_written("Ada")),
                (0.5, wording.page_written("Docent")),
                (1.5, wording.page_changed("Docent")),
            ],
        ),
        ("Ada presses", [(0.25, wording.page_gone("Docent"))]),
    ]


def test_what_stands_there_before_the_first_scene_is_no_change() -> None:
    screen = Screen()
    screen.shows(QUESTION)
    screen.film.begin("Ada asks")
    screen.shows(QUESTION, ANSWER)
    assert screen.told == [("Ada asks", [(0.0, wording.page_written("Docent"))])]


def test_a_reaction_names_who_put_it_and_who_took_it_back() -> None:
    plain = {"1": QUESTION}
    eyed = {"1": Drawn("1", "Ada", "<p>Why?</p>👀", frozenset({("eyes", "Docent")}))}
    assert [caption for caption, _ in changes(plain, eyed)] == [wording.page_reacted(["Docent"])]
    assert [caption for caption, _ in changes(eyed, plain)] == [wording.page_unreacted(["Docent"])]


def test_what_passes_by_itself_is_not_told_as_a_deletion() -> None:
    looking = Drawn("status:1", "Docent", "<p>is looking</p>", passes=True)
    assert [caption for caption, _ in changes({}, {"status:1": looking})] == [wording.page_written("Docent")]
    assert list(changes({"status:1": looking}, {})) == []
