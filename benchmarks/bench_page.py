"""How much the page weighs and how soon it can be used, in a real Chromium: cold, warm, and as on a phone.

    .venv/bin/python -m benchmarks.bench_page                 # over whatever is ingested (DOCENT_HOME, DATABASE_URL)

Needs Playwright (in the dev extra) and a Chromium. No chat model writes: the page is what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from benchmarks.machine import busy, machine
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.links import NO_LINKS
from bot.platforms.web.site import add_asking, open_site
from bot.platforms.web.surface import WebSurface
from bot.settings import BotSettings
from core.bootstrap import open_core
from core.settings import CoreSettings

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# What Lighthouse calls mobile: a slow 4G line and a quarter of this processor.
PHONE_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_638_400 / 8,
    "uploadThroughput": 750_000 / 8,
}
PHONE_SLOWDOWN = 4
# Scripts are deferred: when the document's content is loaded, they have run and everything reacts.
READ = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const all = [page, ...performance.getEntriesByType("resource")].filter((entry) => !entry.name.startsWith("data:"));
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    requests: all.filter((entry) => entry.transferSize > 0).length,
    kilobytes: all.reduce((sum, entry) => sum + entry.transferSize, 0) / 1000,
    first_byte: page.responseStart,
    painted: paint ? paint.startTime : NaN,
    interactive: page.domContentLoadedEventEnd,
    loaded: page.loadEventEnd,
  };
}"""
COLUMNS = ("requests", "kilobytes", "first_byte", "painted", "interactive", "loaded")


async def measured(page: Any, address: str) -> Mapping[str, float]:
    """Load an address and give its figures; times in milliseconds since the click."""
    await page.goto(address, wait_until="load")
    await page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    figures: Mapping[str, float] = await page.evaluate(READ)
    return figures


async def loads(browser: Any, address: str, state: Any, times: int, *, phone: bool, warm: bool) -> list[Any]:
    """Load an address several times, each in a browser of its own; warm: it has been there before."""
    results = []
    for _ in range(times):
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 800}
        context = await browser.new_context(viewport=size, storage_state=state)
        page = await context.new_page()
        if phone:
            session = await context.new_cdp_session(page)
            await session.send("Network.enable")
            await session.send("Network.emulateNetworkConditions", PHONE_NETWORK)
            await session.send("Emulation.setCPUThrottlingRate", {"rate": PHONE_SLOWDOWN})
        if warm:
            await measured(page, address)
        results.append(await measured(page, address))
        await context.close()
    return results


def shown(name: str, results: list[Any]) -> str:
    """Give one row: the median of each figure."""
    cells = [statistics.median(result[column] for result in results) for column in COLUMNS]
    return f"| {name} | " + " | ".join(f"{cell:.1f}" if cell < 100 else f"{cell:.0f}" for cell in cells) + " |"


async def asked(browser: Any, address: str, question: str) -> tuple[dict[str, str], Any, float]:
    """Ask in a browser; gives its pages by name, its cookies, and the seconds until the answer stood there."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(address)
    await page.fill("#question", question)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await page.press("#question", "Enter")
    await page.wait_for_selector("article:not([data-events])", timeout=120_000)
    seconds = loop.time() - started
    pages = {"first page": address + "/", "conversation": page.url.partition("#")[0]}
    note = await page.query_selector("a.note")
    if note is not None:
        pages["document of a footnote"] = address + (await note.get_attribute("href")).partition("#")[0]
    state = await context.storage_state()
    await context.close()
    return pages, state, seconds


async def run(arguments: argparse.Namespace) -> None:
    """Serve, load, print."""
    from playwright.async_api import async_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("There is no Chromium; install one, such as with apt-get install chromium.")
    async with open_core(CoreSettings(chat_model="none")) as core, async_playwright() as playwright:
        desk, surface, application = Dispatcher(core, Admins("")), WebSurface(), web.Application()
        add_asking(application, open_site(application, core.database, BotSettings()), core, desk, surface, NO_LINKS)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        desk.attach(surface)
        await desk.begin()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        print(f"{machine()}, {busy()}; Chromium {browser.version}; median of {arguments.times}\n")
        print("| page | requests | kB over the line | first byte ms | painted ms | interactive ms | loaded ms |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        await asked(browser, address, arguments.question)  # models are loaded by the first question
        pages, state, seconds = await asked(browser, address, f"{arguments.question} Please.")
        for name, page in pages.items():
            for how, phone, warm in (("cold", False, False), ("warm", False, True), ("phone, cold", True, False)):
                results = await loads(browser, page, state, arguments.times, phone=phone, warm=warm)
                print(shown(f"{name}, {how}", results), flush=True)
        print(f"\nFrom Enter until the quoted answer stands there: {seconds:.2f} s")
        await browser.close()
        await desk.drain(0)
        await runner.cleanup()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="loads a row (default 5)")
    parser.add_argument("--question", default="How many vacation days do employees get?")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
