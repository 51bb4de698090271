"""The page of a footnote: the whole document, what was cited and the evidence in it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bot import wording
from bot.links import parse_links
from tests.page_builders import ASKED
from tests.platforms.web.browser import browser
from tests.platforms.web.conftest import Serve
from tests.platforms.web.test_page_conversation import asked, question_of, thread_of


async def test_a_footnote_opens_its_document_with_the_evidence_marked(serve: Serve) -> None:
    process = await serve(links=parse_links("https://wiki.example/{path}#L{first_line}"))
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor)
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert page.status == 200
    assert page.xpath("//h1")[0].text == "Vacation"
    (cited,) = page.xpath("//section[@id='cited']")
    assert [mark.text for mark in cited.iter("mark")] == ["Employees get 30 vacation days a year."]
    assert "Contractors get no paid vacation" in page.words
    assert "vacation.md, Vacation › Employees, line 5" in page.words
    assert page.xpath("//a[@class='back']/@href") == [f"/c/{thread_of(answer)}#q{question_of(answer)}"]
    assert page.xpath("//p/a/@href") == ["https://wiki.example/vacation.md#L5"]


async def test_a_row_of_a_table_is_marked_in_its_table(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor, "What is the limit for a taxi?")
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert [mark.text for mark in page.xpath("//table//mark")][:2] == ["Taxi", "40 EUR"]
    assert not page.xpath("//*[@style]")


async def test_a_document_that_is_no_markdown_is_shown_as_it_is(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor, "When does the garage open in the morning?")
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert page.xpath("//div[contains(@class, 'plain')]")
    assert any("garage opens at 7" in mark.text for mark in page.xpath("//section[@id='cited']//mark"))


async def test_a_passage_that_has_changed_says_so_and_shows_what_was_quoted(serve: Serve, handbook: Path) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor)
        file = handbook / "vacation.md"
        file.write_text(file.read_text().replace("30 vacation days", "28 vacation days"))
        await process.core.ingester.ingest(handbook, collection="handbook")
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert page.status == 200
    assert wording.WEB_PASSAGE_CHANGED in page.words
    assert "Employees get 30 vacation days a year." in page.xpath("//aside//blockquote")[0].text
    assert "28 vacation days" in page.words
    assert not page.xpath("//section[@id='cited']")


async def test_a_document_that_has_moved_is_found(serve: Serve, handbook: Path) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor)
        (handbook / "vacation.md").rename(handbook / "leave.md")
        await process.core.ingester.ingest(handbook, collection="handbook")
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert page.xpath("//section[@id='cited']//mark")
    assert "leave.md, Vacation › Employees" in page.words


async def test_a_document_that_is_gone_says_so_and_shows_what_was_quoted(serve: Serve, handbook: Path) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor)
        (handbook / "vacation.md").unlink()
        await process.core.ingester.ingest(handbook, collection="handbook", confirmed=True)
        page = await visitor.get(f"/documents/{question_of(answer)}/1")
    assert page.status == 410
    assert wording.WEB_DOCUMENT_GONE in page.words
    assert "Employees get 30 vacation days a year." in page.words


async def test_only_who_asked_and_admins_open_a_footnote(serve: Serve) -> None:
    process = await serve(settings={"web_password": "open sesame", "web_admin_password": "the other one"})
    async with (
        browser(process.address) as visitor,
        browser(process.address) as other,
        browser(process.address) as admin,
    ):
        for one, password in ((visitor, "open sesame"), (other, "open sesame"), (admin, "the other one")):
            await one.send("/sign-in", {"password": password}, at="/sign-in")
        answer = await asked(process, visitor)
        path = f"/documents/{question_of(answer)}/1"
        assert [(await one.get(path)).status for one in (visitor, other, admin)] == [200, 404, 200]
        page = await admin.get(path)
    assert ASKED not in page.words
    assert not page.xpath("//a[@class='back']")


async def test_there_is_no_page_for_a_footnote_that_is_none(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answer = await asked(process, visitor)
        number = question_of(answer)
        for path in (f"/documents/{number}/9", "/documents/999999/1", "/documents/1/x", f"/documents/{number}"):
            assert (await visitor.get(path)).status == 404, path
        async with process.core.database.begin() as connection:
            await connection.execute(text("DELETE FROM turns"))
        assert (await visitor.get(f"/documents/{number}/1")).status == 404
