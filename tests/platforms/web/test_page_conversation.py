"""Asking on the page with forms alone, as a browser without scripts does, and the events that scripts listen to."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bot import wording
from bot.links import parse_links
from bot.people import person_named
from bot.platforms.web.conversation import AUDIENCE
from core.storage.person_store import PersonStore
from tests.fakes.chat_model import FakeChatModel
from tests.page_builders import ASKED, Served
from tests.platforms.web.browser import Browser, Seen, browser
from tests.platforms.web.conftest import Serve

QUOTED = "Employees get 30 vacation days a year."


def thread_of(page: Seen) -> str:
    match = re.match(r"/c/([\w-]+)", page.address)
    assert match, page.address
    return match[1]


def question_of(page: Seen, place: int = 0) -> str:
    return str(page.xpath("//article/@id")[place]).removeprefix("q")


async def asked(process: Served, visitor: Browser, question: str = ASKED, thread: str = "") -> Seen:
    """Ask, and give the conversation with the answer."""
    page = await visitor.ask(question, thread)
    assert page.status == 200, page.words
    await process.settle()
    return await visitor.get(f"/c/{thread_of(page)}")


async def press(visitor: Browser, page: Seen, action: str, **fields: str) -> Seen:
    """Press a button under the last answer of a conversation."""
    path = f"/c/{thread_of(page)}"
    return await visitor.send(path, {"question": question_of(page, -1), "action": action, **fields}, at=path)


async def events(process: Served, visitor: Browser, page: Seen, *, release_at: str = "") -> list[tuple[str, str]]:
    """Listen to an answer until its stream ends; gives name and HTML of each event.

    release_at: the held model may speak when this is in what was heard.
    """
    address = f"{process.address}/c/{thread_of(page)}/{question_of(page, -1)}/events"
    heard: list[tuple[str, str]] = []
    async with ClientSession(cookies=visitor.cookies) as session, session.get(address) as response:
        assert response.status == 200
        name = ""
        async for line in response.content:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            elif line.startswith(b"data: "):
                heard.append((name, json.loads(line[6:])))
                if release_at in heard[-1][1]:
                    process.model.release()
    return heard


async def test_an_answer_has_its_footnotes_as_links(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
    assert QUOTED in page.words
    note = page.xpath("//a[@class='note']")[0]
    assert note.text == "1"
    assert note.get("href") == f"/documents/{question_of(page)}/1#cited"
    assert "vacation.md" in note.get("aria-label")


async def test_what_to_ask_is_taken_from_the_documents(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await visitor.get("/")
        assert {button.get("value") for button in page.xpath("//button[@name='example']")} == {
            wording.question_about(title) for title in ("Expenses", "Vacation", "Parking")
        }
        page = await visitor.send("/ask", {"example": wording.question_about("Parking"), "question": ""})
        assert page.xpath("//article//h2")[0].text == wording.question_about("Parking")
    await process.settle()


async def test_without_documents_the_page_says_what_to_do(serve: Serve) -> None:
    process = await serve()
    async with process.core.database.begin() as connection:
        await connection.execute(text("DELETE FROM collections"))
    async with browser(process.address) as visitor:
        assert wording.NOTHING_INGESTED in (await visitor.get("/")).words


async def test_a_follow_up_is_asked_in_its_conversation(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        page = await asked(process, visitor, "and for contractors?", thread_of(page))
    assert [heading.text for heading in page.xpath("//article//h2")] == [ASKED, "and for contractors?"]
    assert "Contractors get no paid vacation" in page.words


async def test_conversations_are_found_again_on_the_first_page(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor, browser(process.address) as other:
        page = await asked(process, visitor)
        entries = (await visitor.get("/")).xpath("//section[@class='earlier']//a")
        assert [(entry.get("href"), entry[0].text) for entry in entries] == [(f"/c/{thread_of(page)}", ASKED)]
        assert not (await other.get("/")).xpath("//section[@class='earlier']")


async def test_a_browser_is_told_the_name_under_which_its_questions_are_kept(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        await asked(process, visitor)
        (name,) = (await visitor.get("/")).xpath("//section[@class='earlier']//code/text()")
    stored = await PersonStore(process.core.database).export(person_named(name))
    assert [entry["text"] for entry in stored["questions"]] == [ASKED]


async def test_nobody_else_reads_or_presses_anything_in_a_conversation(serve: Serve) -> None:
    process = await serve(settings={"web_password": "open sesame", "web_admin_password": "the other one"})
    async with browser(process.address) as visitor, browser(process.address) as other:
        for one in (visitor, other):
            await one.send("/sign-in", {"password": "open sesame"}, at="/sign-in")
        page = await asked(process, visitor)
        thread, number = thread_of(page), question_of(page)
        for path in (f"/c/{thread}", f"/c/{thread}/{number}/events", f"/c/{thread}/{number}/answer.md"):
            assert (await other.get(path)).status == 404, path
        assert (await other.get(f"/documents/{number}/1")).status == 404
        for action in ("up", "anew", "evidence", "cancel"):
            refused = await other.send(f"/c/{thread}", {"question": number, "action": action})
            assert refused.status == 404
        await other.send(f"/c/{thread}/forget", {})
        # Nor with a conversation of the same name.
        await asked(process, other, "Where do visitors park?", thread)
        assert (await other.send(f"/c/{thread}", {"question": number, "action": "up"})).status == 404
        page = await visitor.get(f"/c/{thread}")
    assert [heading.text for heading in page.xpath("//article//h2")] == [ASKED]
    assert not page.xpath("//button[@aria-pressed='true']")


async def test_a_conversation_is_there_after_a_restart_as_it_was(serve: Serve) -> None:
    first = await serve()
    async with browser(first.address) as visitor:
        page = await asked(first, visitor)
        await asked(first, visitor, "Who feeds the office cat?", thread_of(page))
        await asked(first, visitor, "thanks!", thread_of(page))
        before = await asked(first, visitor, ASKED, thread_of(page))
        second = await serve()
        session = ClientSession(cookies=visitor.cookies)
        async with session, session.get(f"{second.address}/c/{thread_of(page)}") as response:
            after = Seen(response.status, await response.text(), "", {})
    assert after.words == before.words
    assert wording.NOT_FOUND in after.words
    assert wording.SMALL_TALK["thanks"] in after.words
    assert "Answered before, on" in after.words
    assert len(after.xpath("//ol[@class='notes']/li/a")) == 2


async def test_a_question_that_a_process_left_open_is_answered_by_the_next(serve: Serve) -> None:
    first = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.2))
    async with browser(first.address) as visitor:
        page = await visitor.ask(ASKED)
        assert page.xpath("//article/@data-events")
        await first.desk.drain(0)
        second = await serve(takes_over=True)
        heard = await events(second, visitor, page)
    assert heard[-1][0] == "done"
    assert QUOTED in heard[-1][1]


async def test_the_events_tell_how_an_answer_grows_and_how_it_ended(serve: Serve) -> None:
    process = await serve(model=FakeChatModel("Staff may take 30 vacation days [1].", is_held=True))
    async with browser(process.address) as visitor:
        page = await visitor.ask(ASKED)
        heard = await events(process, visitor, page, release_at="Writing from the evidence")
        assert [name for name, _ in heard[:-1]] == ["grow"] * (len(heard) - 1)
        grown = "".join(html for _, html in heard[:-1])
        assert "Writing from the evidence" in grown
        assert "/documents/" in grown, "the evidence's footnotes show before the answer does"
        assert heard[-1][0] == "done"
        assert "data-events" not in heard[-1][1]
        assert 'aria-busy="false"' in heard[-1][1]
        # Whoever comes back later gets the stored answer at once.
        ((name, html),) = await events(process, visitor, page)
    assert name == "done"
    assert QUOTED in html


async def test_the_place_in_the_queue_is_told(serve: Serve) -> None:
    process = await serve(model=FakeChatModel("word " * 30, is_held=True))
    async with browser(process.address) as visitor:
        pages = [await visitor.ask(f"{ASKED} ({number})") for number in range(6)]
        async with asyncio.timeout(20):
            while "ahead of you" not in (await visitor.get(f"/c/{thread_of(pages[-1])}")).words:
                await asyncio.sleep(0.05)
        process.model.release()
        await process.settle()


async def test_an_answer_on_its_way_can_be_stopped(serve: Serve) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.1))
    async with browser(process.address) as visitor:
        page = await visitor.ask(ASKED)
        page = await press(visitor, page, "cancel")
        assert wording.CANCELLED in page.words
        assert not page.xpath("//article/@data-events")
        ((name, html),) = await events(process, visitor, page)
    assert (name, wording.CANCELLED in html) == ("done", True)


async def test_without_scripts_the_page_looks_again_while_an_answer_grows(serve: Serve) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.1))
    async with browser(process.address) as visitor:
        page = await visitor.ask(ASKED)
        refresh = page.xpath("//noscript//meta[@http-equiv='refresh']/@content")
        assert refresh == [f"2;url=/c/{thread_of(page)}"]
        page = await press(visitor, page, "cancel")
        assert not page.xpath("//noscript")


async def votes(process: Served) -> list[tuple[str, str]]:
    async with process.core.database.begin() as connection:
        rows = (await connection.execute(text("SELECT value, reason FROM feedback"))).all()
    return [(row.value, row.reason) for row in rows]


async def test_a_thumb_counts_at_once_its_reason_later_and_the_last_word_stays(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        page = await press(visitor, page, "up")
        assert page.xpath("//button[@value='up']/@aria-pressed") == ["true"]
        assert await votes(process) == [("up", "")]
        page = await press(visitor, page, "down")
        assert page.xpath("//button[@value='up']/@aria-pressed") == ["false"]
        assert await votes(process) == [("down", "")]
        assert page.xpath("//input[@name='kind']/@value") == list(wording.DOWN_REASONS)
        page = await press(visitor, page, "down", kind="outdated", words="  It is 28\nsince May. ")
        assert await votes(process) == [("down", "outdated: It is 28 since May.")]
        page = await visitor.get(f"/c/{thread_of(page)}")
        assert "You said: It is outdated: It is 28 since May." in page.words
        await press(visitor, page, "down", kind="wrong")
        assert await votes(process) == [("down", "wrong")]
        await press(visitor, page, "up")
        assert await votes(process) == [("up", "")]


async def test_a_reason_is_one_of_ours_and_not_endless(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        await press(visitor, page, "down", kind="<b>", words="x" * 5000)
    assert await votes(process) == [("down", "x" * 1000)]


async def test_the_evidence_is_shown(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await press(visitor, await asked(process, visitor), "evidence")
    (said,) = page.xpath("//div[@class='said']")
    assert QUOTED in said.text_content()


async def test_an_answer_can_be_asked_for_anew(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        assert len(process.model.prompts) == 1
        await press(visitor, page, "anew")
        await process.settle()
        page = await visitor.get(f"/c/{thread_of(page)}")
    assert len(process.model.prompts) == 2
    assert len(page.xpath("//article")) == 1


@pytest.mark.parametrize("action", ["confirm", "nonsense", ""])
async def test_no_other_button_does_anything(serve: Serve, action: str) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await press(visitor, await asked(process, visitor), action)
    assert page.status in (200, 400)
    assert await votes(process) == []


@pytest.mark.parametrize("number", ["", "-1", "1e3", "٣", "9" * 19, "9" * 400, "1".zfill(20) + "7"])
async def test_a_press_that_names_no_question_finds_none(serve: Serve, number: str) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        path = f"/c/{thread_of(page)}"
        assert (await visitor.send(path, {"question": number, "action": "up"}, at=path)).status == 404
    assert await votes(process) == []


async def test_an_answer_can_be_taken_along_as_markdown(serve: Serve) -> None:
    process = await serve(links=parse_links("https://wiki.example/{path}"))
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        taken = await visitor.get(f"/c/{thread_of(page)}/{question_of(page)}/answer.md")
    assert taken.headers["Content-Type"].startswith("text/markdown")
    assert f"> {QUOTED} [1]" in taken.text
    assert "[1] vacation.md, Vacation › Employees, line 5 <https://wiki.example/vacation.md>" in taken.text
    assert page.xpath("//a[@data-copy]/@data-copy") == [taken.text]
    assert page.xpath("//a[@class='source']/@href") == ["https://wiki.example/vacation.md"]


async def test_the_same_form_sent_twice_is_one_question(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await visitor.get("/")
        fields = {"csrf": page.csrf, "once": page.xpath("//input[@name='once']/@value")[0], "question": ASKED}
        pages = [await visitor.post("/ask", {**fields, "thread": "abcdefgh"}) for _ in range(2)]
    await process.settle()
    assert [len(page.xpath("//article")) for page in pages] == [1, 1]


async def test_a_question_without_words_or_with_too_many_is_refused_with_a_sentence(serve: Serve) -> None:
    process = await serve()
    limit = process.core.settings.question_characters
    async with browser(process.address) as visitor:
        page = await visitor.ask("  \n ")
        assert (page.status, wording.EMPTY_QUESTION in page.words) == (400, True)
        page = await visitor.ask("x" * (limit + 1))
        assert (page.status, wording.too_long(limit) in page.words) == (400, True)


async def test_a_conversation_can_be_deleted_with_all_that_belongs_to_it(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await press(visitor, await asked(process, visitor), "up")
        path = f"/c/{thread_of(page)}"
        page = await visitor.send(f"{path}/forget", {}, at=path)
        assert page.address == "/"
        assert not page.xpath("//section[@class='earlier']")
        assert (await visitor.get(path)).status == 404
    async with process.core.database.begin() as connection:
        for table in ("questions", "turns", "conversations", "feedback", "kept_answers"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


async def test_private_collections_are_never_shown(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        number = question_of(page)
        await process.core.access.set_private(["handbook"], private=True)
        assert await process.core.access.visible(AUDIENCE) == ()
        first = await visitor.get("/")
        assert not first.xpath("//button[@name='example']")
        again = await visitor.get(f"/c/{thread_of(page)}")
        assert QUOTED not in again.text
        assert wording.WEB_KEPT_BACK in again.words
        assert (await visitor.get(f"/documents/{number}/1")).status == 404
        refused = await asked(process, visitor, "Where do visitors park?", thread_of(page))
        assert "level 2" not in refused.text


async def test_an_answer_whose_passage_has_changed_says_so(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await asked(process, visitor)
        async with process.core.database.begin() as connection:
            await connection.execute(text("UPDATE turns SET outdated_at = now()"))
        page = await visitor.get(f"/c/{thread_of(page)}")
    assert "has changed since" in page.words


async def test_what_people_and_documents_write_is_text(serve: Serve) -> None:
    process = await serve()
    attack = "<img src=x onerror=alert(1)> <script>alert(2)</script> vacation days?"
    async with browser(process.address) as visitor:
        page = await asked(process, visitor, attack)
        assert page.xpath("//article//h2")[0].text == attack
        page = await press(visitor, page, "down", words=attack)
        for seen in (page, await visitor.get("/"), await visitor.get(f"/c/{thread_of(page)}")):
            assert not seen.xpath("//img | //*[@onerror] | //script[not(@src)]")
