"""Draws examples/page.png and examples/page-document.png: the page over the sample handbook, in a real Chromium.

    REUSE_ANSWERS=off .venv/bin/docent serve &              # with the sample handbook ingested
    .venv/bin/python examples/make_page_screenshots.py http://127.0.0.1:8080

Needs Playwright (in the dev extra) and a Chromium.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

FOLDER = Path(__file__).parent
QUESTIONS = ("How many vacation days do employees get?", "and for contractors?")
ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()


async def draw(address: str) -> None:
    """Ask, open a footnote, and keep what is to be seen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        size = {"width": 1000, "height": 720}
        page = await browser.new_page(viewport=size, device_scale_factor=1.5)
        await page.goto(address)
        for number, question in enumerate(QUESTIONS, start=1):
            await page.fill("#question", question)
            await page.press("#question", "Enter")
            await page.wait_for_selector(f"article:nth-of-type({number}):not([data-events])", timeout=120_000)
        await page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
        await page.screenshot(path=FOLDER / "page.png")
        await page.emulate_media(color_scheme="dark")
        await page.click("article a.note")
        await page.wait_for_selector("#cited")
        await page.screenshot(path=FOLDER / "page-document.png")
        await browser.close()


asyncio.run(draw(sys.argv[1]))
